# Completion of wgctl(8) for fish.

function __wgctl_command
    # The first word that is neither an option nor the argument of one
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
        else if contains -- $word -i --interface -C --directory --wait --color
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
            return
        end
    end
end

function __wgctl_is
    contains -- (__wgctl_command) $argv
end

function __wgctl_has_no_command
    test -z (__wgctl_command)
end

# The value of a global option
function __wgctl_given
    set -l words (commandline -opc)
    for i in (seq (count $words))
        if contains -- $words[$i] $argv
            echo $words[(math $i + 1)]
        end
    end
end

function __wgctl_interfaces
    set -l folder (__wgctl_given -C --directory)[-1]
    test -n "$folder"; or set folder /etc/wireguard
    for file in $folder/*.conf
        basename $file .conf
    end
end

# The first column of the list: names, and beginnings of keys
function __wgctl_peers
    set -l words (commandline -opc)
    set -l tunnel
    set -l interface (__wgctl_given -i --interface)[-1]
    set -l folder (__wgctl_given -C --directory)[-1]
    command -q $words[1]; or return
    test -n "$interface"; and set -a tunnel -i $interface
    test -n "$folder"; and set -a tunnel -C $folder
    for peer in ($words[1] $tunnel list 2>/dev/null | string replace -r '…?  .*' '')
        contains -- $peer $words; or echo $peer
    end
end

complete -c wgctl -f

complete -c wgctl -s i -l interface -x -a '(__wgctl_interfaces)' -d 'The tunnel to use (default: $WGCTL_INTERFACE, the only one there is, or wg0)'
complete -c wgctl -s C -l directory -x -a '(__fish_complete_directories)' -d 'The folder with its files (default: /etc/wireguard)'
complete -c wgctl -s n -l dry-run -d 'Show what would change, but change nothing'
complete -c wgctl -l json -d 'Print results and errors as JSON'
complete -c wgctl -s q -l quiet -d 'Print only results and errors'
complete -c wgctl -s y -l yes -d 'Do not ask for confirmation'
complete -c wgctl -l wait -x -d 'How long to wait for another wgctl (default: 60)'
complete -c wgctl -l color -x -a 'auto always never' -d 'Auto, always or never'
complete -c wgctl -s h -l help -d 'Print this help'
complete -c wgctl -n __wgctl_has_no_command -l version -d 'Print the version'

for condition in __wgctl_has_no_command '__wgctl_is help'
    complete -c wgctl -n $condition -a init -d 'Set up this host as a WireGuard server'
    complete -c wgctl -n $condition -a add-peer -d 'Add a device: creates its keys, addresses and configuration'
    complete -c wgctl -n $condition -a 'revoke remove' -d 'Remove a device, immediately and permanently'
    complete -c wgctl -n $condition -a qr -d "Show a device's QR code again"
    complete -c wgctl -n $condition -a list -d 'List the peers'
    complete -c wgctl -n $condition -a show -d "Print a device's configuration"
    complete -c wgctl -n $condition -a apply -d 'Make the running interface match its file'
    complete -c wgctl -n $condition -a up -d 'Bring the interface up'
    complete -c wgctl -n $condition -a down -d 'Take the interface down'
    complete -c wgctl -n $condition -a edit-server -d 'Change the server, and the device files to match'
    complete -c wgctl -n $condition -a adopt -d 'Take over a server that another tool set up'
end
complete -c wgctl -n __wgctl_has_no_command -a help -d 'Print help'

complete -c wgctl -n '__wgctl_is init edit-server adopt' -l endpoint -x -d "This server's public hostname or address"
complete -c wgctl -n '__wgctl_is init' -l listen-port -x -d 'UDP port (default: 51820)'
complete -c wgctl -n '__wgctl_is init' -l address -x -d 'Its tunnel address (default: random)'
complete -c wgctl -n '__wgctl_is init' -l no-ipv6 -d 'No IPv6 in the tunnel'
complete -c wgctl -n '__wgctl_is init' -l dns -x -a none -d 'DNS servers for devices (default: 1.1.1.1)'
complete -c wgctl -n '__wgctl_is init' -l allowed-ips -x -a 'full split lan full-except-lan' -d 'The traffic devices send here: full (the default), split, lan, full-except-lan or a list'
complete -c wgctl -n '__wgctl_is init' -l mtu -x -a auto -d 'MTU (default: that of the internet connection less 80)'
complete -c wgctl -n '__wgctl_is init' -l firewall -x -a 'auto nftables iptables none' -d 'Auto, nftables, iptables or none'
complete -c wgctl -n '__wgctl_is init' -l egress -x -a '(__fish_print_interfaces)' -d 'Let devices out through this interface only'
complete -c wgctl -n '__wgctl_is init' -l no-boot -d 'Do not start it at boot'

complete -c wgctl -n '__wgctl_is add-peer' -l qr -d 'Show its QR code'
complete -c wgctl -n '__wgctl_is add-peer' -l address -x -d 'Its tunnel address (default: the next free one)'
complete -c wgctl -n '__wgctl_is add-peer' -l allowed-ips -x -a 'full split lan full-except-lan' -d 'The traffic it sends here: full, split, lan, full-except-lan or a list'
complete -c wgctl -n '__wgctl_is add-peer' -l dns -x -a none -d 'Its DNS servers'
complete -c wgctl -n '__wgctl_is add-peer' -l mtu -x -a auto -d 'Its MTU'
complete -c wgctl -n '__wgctl_is add-peer' -l keepalive -x -a off -d 'Keepalive interval (default: 25)'
complete -c wgctl -n '__wgctl_is add-peer' -l lan -x -d 'LANs behind this device that others can reach'
complete -c wgctl -n '__wgctl_is add-peer' -l public-key -x -d 'Its public key, if it keeps its own private key'
complete -c wgctl -n '__wgctl_is add-peer' -l no-psk -d 'Create no preshared key'
complete -c wgctl -n '__wgctl_is add-peer' -l no-store -d 'Do not keep its configuration on this server'
complete -c wgctl -n '__wgctl_is add-peer' -l expires -x -d 'Note when to revoke it: 12h, 7d, 2w, 2026-12-24'
complete -c wgctl -n '__wgctl_is add-peer' -l note -x -d 'A note about it'

complete -c wgctl -n '__wgctl_is add-peer qr' -l png -r -F -d 'Write the QR code to a PNG file'
complete -c wgctl -n '__wgctl_is add-peer qr' -l svg -r -F -d 'Write the QR code to an SVG file'
complete -c wgctl -n '__wgctl_is adopt' -k -a '(__fish_complete_suffix .json)'
complete -c wgctl -n '__wgctl_is init add-peer revoke remove' -l no-apply -d 'Write only the files'

complete -c wgctl -n '__wgctl_is revoke remove qr show' -a '(__wgctl_peers)' -d Peer
