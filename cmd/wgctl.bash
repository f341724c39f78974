# Completion of wgctl(8) for bash.
# shellcheck shell=bash

# The first column of `wgctl list`: names, and beginnings of keys. Names that would need quotes are left out.
_wgctl_peers() { # OPTION_OF_LIST...
    "${COMP_WORDS[0]}" "$@" list 2>/dev/null |
        sed -n -e 's/^\([A-Za-z0-9+/]*\)…/\1/' -e 's/^\([A-Za-z0-9+/][A-Za-z0-9_=+./-]*\)  .*/\1/p'
}

# Only names that an interface can have: bash would run a $(...) in one.
_wgctl_interfaces() { # FILE...
    printf '%s\n' "${@##*/}" | sed -n -e 's/\.conf$//' -e '/^[A-Za-z0-9_=+.-]*$/p'
}

_wgctl_options() { # COMMAND
    echo --interface --directory --dry-run --json --quiet --yes --wait --color --help
    case $1 in
    "") echo --version ;;
    init)
        echo --endpoint --listen-port --address --no-ipv6 --dns --allowed-ips --mtu
        echo --firewall --egress --no-apply --no-boot
        ;;
    add-peer)
        echo --qr --png --svg --address --allowed-ips --dns --mtu --keepalive --lan
        echo --public-key --no-psk --no-store --expires --note --no-apply
        ;;
    revoke | remove) echo --no-apply ;;
    qr) echo --png --svg ;;
    edit-server | adopt) echo --endpoint ;;
    esac
}

_wgctl_takes_argument() { # OPTION
    case $1 in
    -i | --interface | -C | --directory | --wait | --color) ;;
    --address | --allowed-ips | --dns | --egress | --endpoint | --expires | --firewall | --keepalive) ;;
    --lan | --listen-port | --mtu | --note | --png | --public-key | --svg) ;;
    *) return 1 ;;
    esac
}

_wgctl_arguments() { # COMMAND OPTION FOLDER
    case $1/$2 in
    */-i | */--interface) _wgctl_interfaces "$3"/*.conf ;;
    */--color) echo auto always never ;;
    */--firewall) echo auto nftables iptables none ;;
    */--egress) _wgctl_interfaces /sys/class/net/* ;;
    */--allowed-ips) echo full split lan full-except-lan ;;
    */--dns) echo none ;;
    */--mtu) echo auto ;;
    */--keepalive) echo off ;;
    esac
}

_wgctl() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command="" folder=/etc/wireguard offered i
    local tunnel=() names=()

    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -i | --interface) tunnel+=(-i "${COMP_WORDS[i + 1]}") ;;
        -C | --directory) tunnel+=(-C "${COMP_WORDS[i + 1]}") folder=${COMP_WORDS[i + 1]} ;;
        -*) ;;
        *) if [[ -z $command ]]; then command=${COMP_WORDS[i]}; else names+=("${COMP_WORDS[i]}"); fi ;;
        esac
        ! _wgctl_takes_argument "${COMP_WORDS[i]}" || ((++i))
    done

    if ((COMP_CWORD > 1)) && _wgctl_takes_argument "$before"; then
        offered=$(_wgctl_arguments "$command" "$before" "$folder")
    elif [[ $word == -* ]]; then
        offered=$(_wgctl_options "$command")
    else
        case $command/${#names[@]} in
        /0 | help/0) offered="init add-peer revoke remove qr list show apply up down edit-server adopt help" ;;
        adopt/0)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            compopt -o filenames 2>/dev/null
            return
            ;;
        qr/0 | show/0) offered=$(_wgctl_peers "${tunnel[@]}") ;;
        revoke/* | remove/*) offered=$(_wgctl_peers "${tunnel[@]}" | grep -vxF -f <(printf '%s\n' "${names[@]}")) ;;
        esac
    fi

    case $before in
    -C | --directory) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --png | --svg) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    *)
        mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")
        return
        ;;
    esac
    compopt -o filenames 2>/dev/null
}

complete -F _wgctl wgctl
