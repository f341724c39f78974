# Completion of wgctl(8) for fish.

function __wgctl_command
    # The first word that is neither an option nor the argument of one
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
        else if contains -- $word -i --interface -C --directory --color
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

# The value of an option of every command
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

complete -c wgctl -s i -l interface -x -a '(__wgctl_interfaces)' -d 'The tunnel that is meant'
complete -c wgctl -s C -l directory -x -a '(__fish_complete_directories)' -d 'Where its files are'
complete -c wgctl -s n -l dry-run -d 'Show what would change, and change nothing'
complete -c wgctl -l json -d 'Print results and errors as JSON'
complete -c wgctl -s q -l quiet -d 'Print results and errors only'
complete -c wgctl -s y -l yes -d 'Do not ask'
complete -c wgctl -l color -x -a 'auto always never' -d 'Use colours'
complete -c wgctl -s h -l help -d 'Print help'
complete -c wgctl -n __wgctl_has_no_command -l version -d 'Print the version'

for where in __wgctl_has_no_command '__wgctl_is help'
    complete -c wgctl -n $where -a init -d 'Set up this host as a WireGuard server'
    complete -c wgctl -n $where -a add-peer -d 'Let a new device in'
    complete -c wgctl -n $where -a revoke -d 'Lock a device out, at once and for good'
    complete -c wgctl -n $where -a remove -d 'Another name for revoke'
    complete -c wgctl -n $where -a qr -d 'Show the QR code of a device again'
    complete -c wgctl -n $where -a list -d 'List the peers'
    complete -c wgctl -n $where -a show -d 'Print the configuration of a device'
    complete -c wgctl -n $where -a apply -d 'Make the running interface match its file'
    complete -c wgctl -n $where -a up -d 'Bring the interface up'
    complete -c wgctl -n $where -a down -d 'Take the interface down'
    complete -c wgctl -n $where -a edit-server -d 'Change the server, and the device files that follow'
    complete -c wgctl -n $where -a adopt -d 'Take over a server that another program has set up'
end
complete -c wgctl -n __wgctl_has_no_command -a help -d 'Print help'

complete -c wgctl -n '__wgctl_is init edit-server adopt' -l endpoint -x -d 'Where devices find this server'
complete -c wgctl -n '__wgctl_is init' -l listen-port -x -d 'UDP port'
complete -c wgctl -n '__wgctl_is init' -l address -x -d 'The server in the tunnel'
complete -c wgctl -n '__wgctl_is init' -l no-ipv6 -d 'No IPv6 in the tunnel'
complete -c wgctl -n '__wgctl_is init' -l dns -x -a none -d 'DNS servers for devices'
complete -c wgctl -n '__wgctl_is init' -l allowed-ips -x -a 'full split' -d 'What devices send through it'
complete -c wgctl -n '__wgctl_is init' -l mtu -x -a auto -d 'Largest packet'
complete -c wgctl -n '__wgctl_is init' -l firewall -x -a 'auto nftables iptables none' -d 'Which firewall lets packets through'
complete -c wgctl -n '__wgctl_is init' -l egress -x -a '(__fish_print_interfaces)' -d 'Let devices out through this interface only'
complete -c wgctl -n '__wgctl_is init' -l no-boot -d 'Do not start it at boot'

complete -c wgctl -n '__wgctl_is add-peer' -l qr -d 'Show its QR code'
complete -c wgctl -n '__wgctl_is add-peer' -l address -x -d 'Its addresses in the tunnel'
complete -c wgctl -n '__wgctl_is add-peer' -l allowed-ips -x -a 'full split lan' -d 'What it sends through the tunnel'
complete -c wgctl -n '__wgctl_is add-peer' -l dns -x -a none -d 'Its DNS servers'
complete -c wgctl -n '__wgctl_is add-peer' -l mtu -x -a auto -d 'Its largest packet'
complete -c wgctl -n '__wgctl_is add-peer' -l keepalive -x -a off -d 'How often it shows that it is there'
complete -c wgctl -n '__wgctl_is add-peer' -l lan -x -d 'Networks behind it that others shall reach'
complete -c wgctl -n '__wgctl_is add-peer' -l public-key -x -d 'It keeps its own private key'
complete -c wgctl -n '__wgctl_is add-peer' -l no-psk -d 'No preshared key'
complete -c wgctl -n '__wgctl_is add-peer' -l no-store -d 'Do not keep its configuration here'
complete -c wgctl -n '__wgctl_is add-peer' -l expires -x -d '12h, 7d, 2w, or a day'
complete -c wgctl -n '__wgctl_is add-peer' -l note -x -d 'A note of yours about it'

complete -c wgctl -n '__wgctl_is add-peer qr' -l png -r -F -d 'Write the QR code as a picture'
complete -c wgctl -n '__wgctl_is add-peer qr' -l svg -r -F -d 'Write the QR code as SVG'
complete -c wgctl -n '__wgctl_is adopt' -k -a '(__fish_complete_suffix .json)'
complete -c wgctl -n '__wgctl_is init add-peer revoke remove' -l no-apply -d 'Change the files only'

complete -c wgctl -n '__wgctl_is revoke remove qr show' -a '(__wgctl_peers)' -d Peer
