#!/bin/bash
# Changes disturb nobody: three devices exchange numbered datagrams with the server, one per millisecond and direction,
# while hundreds of changes to wg0.conf are applied. No datagram is lost, no send fails, and no session restarts.
#
# usage: undisturbed.sh [WGCTL [TRAFFIC]]
#
# The changes follow from a seed, which is printed. To choose it, set WGCTL_SEED=SEED.
#
#   client1   is the gateway to many networks; some are added, removed and moved while its own address is in use
#   client2   has an address between and inside networks of other peers
#   client3   has roamed: the endpoint in the file is its previous one
#
# Two more addresses move between the three clients while the server sends to them as well. Each of these datagrams must
# arrive at one client or another.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

wgctl() { server "$wgctl" "$@"; }

readonly most_changes=500 # in total
readonly interval=1000    # microseconds
readonly message=80       # size of an encrypted datagram in bytes

readonly server_address=10.72.0.1
# A /32 each. Most of client1's networks sort before its own address, which comes last when a list is rewritten.
declare -rA used=([1]=10.75.0.11 [2]=10.75.0.12 [3]=10.75.0.13)
readonly wanderers=(10.75.1.1/32 10.75.1.2/32)
readonly many=300 # networks that always stay behind client1

# ---- the state of wg0.conf ----

# Peers are numbers; 1, 2 and 3 are the clients.
declare -A key=() psk=() keepalive=() endpoint=() owner=()
networks=() # the ones that are moved around; `owner` maps each to its current peer
next_peer=4
many_networks=

# Sets `random` to a number below LIMIT.
draw() { # LIMIT
    random=$(((RANDOM << 15 | RANDOM) % $1))
}

# Sets `new_key` to 32 bytes in base64, a valid public key for a device that never connects.
make_key() {
    local digits=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ i
    new_key=
    for ((i = 0; i < 42; i++)); do
        draw 64
        new_key+=${digits:random:1}
    done
    draw 16
    new_key+=${digits:random*4:1}= # the last two bits are padding
}

# Clamps a private key: clears its first three bits and sets the last but one.
make_private_key() {
    make_key
    new_key=QA${new_key:2:39}E${new_key:42}
}

list_networks() {
    local i
    # Around the clients' own addresses, some of them inside.
    networks=(10.75.0.0/24 10.75.0.0/28 10.75.0.8/29 10.75.0.8/30 10.75.0.10/31 10.75.0.10/32 10.75.0.12/30 10.75.0.12/31
        10.75.0.14/31 10.75.0.14/32 10.75.1.0/24 10.75.1.0/30)
    for ((i = 1; i <= 60; i++)); do
        networks+=("10.73.$i.0/24")
    done
    # Outside the interface's own network, so these need routes.
    for ((i = 1; i <= 20; i++)); do
        networks+=("10.99.$i.0/24")
    done
    for ((i = 0; i < many; i++)); do
        many_networks+=", 10.74.$((i / 200)).$((i % 200 + 1))/32"
    done
}

write_peer() { # PEER
    printf '\n[Peer]\nPublicKey = %s\n' "${key[$1]}"
    [[ ! ${psk[$1]-} ]] || echo "PresharedKey = ${psk[$1]}"
    [[ ! ${endpoint[$1]-} ]] || echo "Endpoint = ${endpoint[$1]}"
    [[ ! ${keepalive[$1]-} ]] || echo "PersistentKeepalive = ${keepalive[$1]}"
    [[ ! ${used[$1]-} ]] || echo "AllowedIPs = ${used[$1]}/32"
    [[ $1 != 1 ]] || echo "AllowedIPs = ${many_networks#, }"
    [[ ! ${ips[$1]-} ]] || echo "AllowedIPs = ${ips[$1]#, }"
}

# Sets the caller's `ips` to the movable networks of each peer.
collect_networks() {
    local network
    for network in "${networks[@]}" "${wanderers[@]}"; do
        [[ ! ${owner[$network]-} ]] || ips[${owner[$network]}]+=", $network"
    done
}

# Keeps the peers that add-peer has appended.
write_conf() {
    local -A ips=()
    local peer behind=''
    collect_networks
    [[ ! -e $conf ]] || behind=$(sed -n '/^# By command$/,$p' "$conf")
    {
        printf '[Interface]\nPrivateKey = %s\nListenPort = 51820\nAddress = %s/14\n' "$server_key" "$server_address"
        for peer in "${!key[@]}"; do
            write_peer "$peer"
        done
        printf '\n%s\n' "${behind:-# By command}"
    } >"$work/wg0.conf"
    cat "$work/wg0.conf" >"$conf"
}

# ---- the changes ----

# Sets `peer` to one that is not a client.
pick_peer() {
    local candidates=() one
    for one in "${!key[@]}"; do
        ((one <= 3)) || candidates+=("$one")
    done
    draw ${#candidates[@]}
    peer=${candidates[random]}
}

# Sets `network` to one that is free, or to one that a peer has. Fails if there is none.
pick_network() { # free|owned
    local candidates=() one
    for one in "${networks[@]}"; do
        [[ $1 == owned && ! ${owner[$one]-} || $1 == free && ${owner[$one]-} ]] || candidates+=("$one")
    done
    ((${#candidates[@]})) || return 1
    draw ${#candidates[@]}
    network=${candidates[random]}
}

# Sets `peer` to the receiver of a network. Every second one is a client, so that clients change often.
pick_owner() {
    draw 6
    if ((random < 3)); then
        peer=$((random + 1))
    else
        pick_peer
    fi
}

change_add() {
    local count network
    peer=$((next_peer++))
    make_key
    key[$peer]=$new_key
    make_key
    psk[$peer]=$new_key
    draw 4
    for ((count = random; count > 0; count--)); do
        pick_network free || break
        owner[$network]=$peer
    done
}

change_remove() {
    local network
    pick_peer
    unset "key[$peer]" "psk[$peer]" "keepalive[$peer]" "endpoint[$peer]"
    for network in "${networks[@]}"; do
        [[ ${owner[$network]-} != "$peer" ]] || unset "owner[$network]"
    done
}

change_psk() {
    pick_peer
    draw 3
    if ((random == 0)) && [[ ${psk[$peer]-} ]]; then
        unset "psk[$peer]"
    else
        make_key
        psk[$peer]=$new_key
    fi
}

change_keepalive() {
    pick_peer
    draw 100
    keepalive[$peer]=$(((${keepalive[$peer]-0} + random) % 1000 + 1))
}

# Includes clients, for which this means little.
change_client_keepalive() {
    draw 3
    keepalive[$((random + 1))]=$((${keepalive[$((random + 1))]-20} + 1))
}

change_endpoint() {
    pick_peer
    draw 60000
    endpoint[$peer]=192.0.2.$((random % 250 + 1)):$((random + 1000))
}

change_new_key() {
    pick_peer
    make_key
    key[$peer]=$new_key
}

change_add_ip() {
    pick_network free || { change_remove_ip && pick_network free; }
    pick_owner
    owner[$network]=$peer
}

change_remove_ip() {
    pick_network owned
    unset "owner[$network]"
}

# Removes networks of clients as often as those of others.
change_move() {
    pick_network owned
    pick_owner
    ((peer != owner[$network])) || pick_peer
    owner[$network]=$peer
}

change_swap() {
    local first
    pick_network owned
    first=$network
    pick_network owned
    peer=${owner[$network]}
    owner[$network]=${owner[$first]}
    owner[$first]=$peer
}

change_wander() {
    draw 2
    network=${wanderers[random]}
    draw 2
    owner[$network]=$(((owner[$network] + random) % 3 + 1))
}

change_wander_swap() {
    peer=${owner[${wanderers[0]}]}
    owner[${wanderers[0]}]=${owner[${wanderers[1]}]}
    owner[${wanderers[1]}]=$peer
}

readonly kinds=(add remove psk keepalive client_keepalive endpoint new_key add_ip remove_ip move swap wander wander_swap)
changes=0 applies=0
device= # the peer that add-peer has added

apply() {
    applies=$((applies + 1))
    wgctl apply >"$work/output" 2>&1 </dev/null || not_ok "apply takes change $changes" "apply failed:"
}

# Makes a single change or several at once, as an owner would. The kinds take turns, so that each is equally frequent.
edit_and_apply() {
    draw 12
    local last=$((changes + random + 1)) network peer
    for (( ; changes < last; changes++)); do
        "change_${kinds[changes % ${#kinds[@]}]}"
    done
    write_conf
    apply
}

# Prints the plan only, which must not disturb anybody either.
edit_and_look() {
    local before
    before=$(server wg showconf wg0 | sort)
    change_move
    changes=$((changes + 1))
    write_conf
    wgctl -n apply >"$work/output" 2>&1 </dev/null || not_ok "apply -n shows a plan" "it failed:"
    [[ $(server wg showconf wg0 | sort) == "$before" ]] || not_ok "apply -n changes nothing" "the device is another one; it said:"
    apply
}

# Adds a peer and revokes it by turns.
change_by_command() {
    changes=$((changes + 1))
    if [[ $device ]]; then
        wgctl -y revoke "$device" >"$work/output" 2>&1 </dev/null || not_ok "revoke takes change $changes" "it failed:"
        device=
    else
        device=device$changes
        wgctl add-peer "$device" >"$work/output" 2>&1 </dev/null || not_ok "add-peer takes change $changes" "it failed:"
    fi
}

make_changes() {
    local round
    for ((round = 0; changes < most_changes; round++)); do
        edit_and_apply
        ((round % 4 != 1)) || change_by_command
        ((round % 8 != 3)) || edit_and_look
        kill -0 "$traffic_pid" || not_ok "the datagrams go on" "traffic has ended: $(<"$work/traffic")"
    done
    echo "ok - $changes changes were made, in $applies runs of apply and others of add-peer, revoke and apply -n"
}

# ---- server and clients ----

build_hosts() {
    local host number
    ip link add bridge type bridge
    ip link set bridge up
    for number in 1 11 12 13; do
        host=client$((number - 10))
        ((number > 1)) || host=server
        make_host "$host"
        join_road "$host" "$number"
    done
    for host in "${!host_pid[@]}"; do
        wait_for is_settled "$host" road
    done
    # Written from outside the namespace, which is much faster.
    conf=/proc/${host_pid[server]}/root/etc/wireguard/wg0.conf
}

start_server() {
    local number i
    make_private_key
    server_key=$new_key
    for number in 1 2 3; do
        make_private_key
        client_key[number]=$new_key
        key[$number]=$(wg pubkey <<<"$new_key")
        make_key
        psk[$number]=$new_key
    done
    endpoint[3]=$road4.13:51000
    list_networks
    owner[${wanderers[0]}]=1
    owner[${wanderers[1]}]=2
    owner[10.73.1.0/24]=1
    owner[10.73.2.0/24]=1
    for ((i = 0; i < 30; i++)); do
        change_add
    done
    (umask 077 && : >"$conf" && printf '[server]\nendpoint = %s:51820\n' "$server_road4" >"${conf%.conf}.ini")
    write_conf
    check "up brings up the server" wgctl up
    check_wireguard server wg0
}

start_client() { # NUMBER
    local file=$work/client$1/wgc.conf wanderer
    mkdir -p "${file%/*}/bin"
    {
        printf '[Interface]\nPrivateKey = %s\nListenPort = 51000\nAddress = %s/32\n' "${client_key[$1]}" "${used[$1]}"
        for wanderer in "${wanderers[@]}"; do
            echo "Address = $wanderer"
        done
        printf '[Peer]\nPublicKey = %s\nPresharedKey = %s\n' "$(wg pubkey <<<"$server_key")" "${psk[$1]}"
        printf 'Endpoint = %s:51820\nAllowedIPs = %s/14\n' "$server_road4" "$server_address"
    } >"$file"
    chmod 600 "$file"
    check "wg-quick connects client$1" wg_quick "client$1" up "$file"
    check "client$1 reaches the server" reaches "client$1" "$server_address"
    check "the server reaches client$1" reaches server "${used[$1]}"
}

# Prints a client's session as the server sees it: endpoint, latest handshake, bytes received and sent.
session() { # NUMBER
    server wg show wg0 dump | awk -v key="${key[$1]}" '$1 == key { print $3, $5, $6, $7 }'
}

is_seen_at() { # ENDPOINT
    on client3 ping -c 1 -W 1 "$server_address" && [[ $(session 3) == "$1 "* ]]
}

roam() {
    check "the server sees client3 where the file says" wait_for is_seen_at "$road4.13:51000"
    on client3 wg set wgc listen-port 52000
    check "client3 roams, and the server follows" wait_for is_seen_at "$road4.13:52000"
}

# ---- traffic ----

is_running() {
    grep -qx running "$work/traffic"
}

start_traffic() {
    local number flows=() clients='' wanderer
    for number in 1 2 3; do
        local client=/proc/${host_pid[client$number]}/ns/net server=/proc/${host_pid[server]}/ns/net
        clients+=${clients:+,}$client
        flows+=("up$number" "$client" "${used[$number]}" "$server_address" "$server")
        flows+=("down$number" "$server" "$server_address" "${used[$number]}" "$client")
    done
    for wanderer in 0 1; do
        flows+=("wander$wanderer" "$server" "$server_address" "${wanderers[wanderer]%/*}" "$clients")
    done
    "$traffic" "$interval" "${flows[@]}" >"$work/traffic" 2>&1 &
    traffic_pid=$!
    check "datagrams go both ways between each client and the server" wait_for is_running
}

stop_traffic() {
    local status=0
    kill -TERM "$traffic_pid"
    wait "$traffic_pid" || status=$?
    sed 's/^/# /' "$work/traffic"
    ((status == 0)) || not_ok "every datagram arrived, and no send failed" "exit status $status of traffic, with WGCTL_SEED=$seed"
    echo "ok - every datagram arrived, and no send failed"
}

# Prints the number of datagrams that arrived in a flow, from the report.
arrived() { # FLOW
    awk -v flow="$1" '$1 == flow { print $5 }' "$work/traffic"
}

# True if the counters have grown by what was sent plus at most handshakes and keepalives. A peer that was removed and
# added again would count from zero. Traffic to the moving addresses is checked for all three clients together.
is_same_session() { # NUMBER BEFORE AFTER
    echo "before: $2, after: $3 (endpoint, handshake, received, sent)"
    awk -v up="$(arrived "up$1")" -v down="$(arrived "down$1")" -v size=$message '{
            received = $7 - $3 - up * size
            sent = $8 - $4 - down * size
            print received, "bytes more than its datagrams received,", sent, "sent"
            exit !($5 == $1 && $2 > 0 && $6 >= $2 && received >= 0 && received < 65536 && sent >= 0)
        }' <<<"$2 $3"
}

is_all_sent() { # BYTES
    local wandered=$(($(arrived wander0) + $(arrived wander1))) number more
    for number in 1 2 3; do
        wandered=$((wandered + $(arrived "down$number")))
    done
    more=$(($1 - wandered * message))
    echo "$wandered datagrams, and $more bytes more"
    ((more >= 0 && more < 196608))
}

check_sessions() { # takes `before`
    local number after all=0
    for number in 1 2 3; do
        after=$(session "$number")
        check "client$number's session, endpoint and counters are the same" is_same_session "$number" "${before[number]}" "$after"
        all=$((all + ${after##* } - ${before[number]##* }))
    done
    check "the server has counted all that it sent" is_all_sent "$all"
    check "client3 is where it roamed to" test "${after%% *}" = "$road4.13:52000"
}

# ---- the end ----

# Lists the expected peers with keys and keepalive, and each of their networks.
list_wanted() {
    local -A ips=()
    local peer
    collect_networks
    for peer in "${!key[@]}"; do
        list_peer "${key[$peer]}" "${psk[$peer]-(none)}" "${keepalive[$peer]-off}" \
            "${used[$peer]+${used[$peer]}/32}${ips[$peer]-}$( ((peer != 1)) || echo "$many_networks")"
    done
}

list_peer() { # KEY PSK KEEPALIVE NETWORKS
    local network
    echo "$1 $2 $3"
    for network in ${4//,/ }; do
        echo "$1 $network"
    done
}

list_running() {
    server wg show wg0 dump | awk '
        NR > 1 {
            print $1, $2, $8
            count = $4 == "(none)" ? 0 : split($4, networks, ",")
            for (i = 1; i <= count; i++)
                print $1, networks[i]
        }'
}

is_as_wanted() {
    diff <(list_wanted | sort) <(list_running | sort)
}

main() {
    local before=() number
    wgctl=$(find_wgctl "${1-}")
    traffic=$(realpath -e "${2:-$(type -P traffic || echo "$here/../../build/release/tests/traffic")}")
    seed=${WGCTL_SEED:-1}
    RANDOM=$seed
    echo "# the changes follow from WGCTL_SEED=$seed"
    build_hosts
    start_server
    for number in 1 2 3; do
        start_client "$number"
    done
    roam
    for number in 1 2 3; do
        before[number]=$(session "$number")
    done
    start_traffic
    make_changes
    stop_traffic
    check_sessions
    [[ ! $device ]] || check "revoke takes the last device" wgctl -y revoke "$device"
    check "the device is what all the changes have made of it" is_as_wanted
    check "apply --json works" wgctl --json apply
    check_said "apply --json has no changes" '"changes": *\[ *\]'
    echo "all passed, on $(kind_of_wireguard)"
}

client_key=()
isolate "$@"
main "$@"
