#!/usr/bin/env bash
# Tests adopt with the files of other programs. tests/adopt has a folder for each program:
#
#     tests/adopt/PROGRAM/given       the host's files: etc, root, home; of NAME.sql, NAME.db is made
#     tests/adopt/PROGRAM/modes       the modes that the program leaves, "MODE PATH" per line; else 755, 644, and 700
#                                     for etc/wireguard
#     tests/adopt/PROGRAM/expected    the configuration folder afterwards, and the output with --json
#     tests/adopt/PROGRAM/arguments   arguments for adopt, if any
#
# usage: adopt.sh WGCTL
#
# Needs root, and works in its own namespaces. If WGCTL_ADOPT_WRITE is set, it rewrites the expected files; review them
# before you commit them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/checks.sh"
takes_wgctl "$@"
needs_root
if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    exec unshare --net --mount --pid --fork --kill-child --mount-proc env WGCTL_TEST_INSIDE=1 "$BASH" "$0" "$@"
fi

PATH=$PATH:/usr/sbin:/sbin
CC=${CC:-gcc}
need "$CC" diff ip jq mount nft perl script sqlite3 strace wg wireguard-go

work=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
clean_up() {
    cd /
    umount -lR "$work" 2>/dev/null || true
    rm -rf "$work"
    report_early_end
}
trap clean_up EXIT

install -m 755 "$1" "$work/wgctl"
"$CC" -std=gnu17 -O1 -Wall -o "$work/recorder" "$here/recorder.c"
# A sample's /root or /home may hide the repository.
cp -r "$here/../adopt" "$work/samples"
samples=$here/../adopt
mount -t tmpfs -o mode=755 none /run
mkdir -m 755 /run/wireguard
cd "$work"

# ---- the sample's host ----

made=() # the folders that replace this host's
set_up() { # PROGRAM
    local folder mode path
    put_back
    rm -rf host
    mkdir -p host/etc host/root host/home
    cp -r "samples/$1/given/." host
    find host -name '*.sql' -exec sh -c 'sqlite3 "${1%.sql}.db" <"$1" >/dev/null && rm "$1"' - {} \;
    cp -a /etc/alternatives host/etc # awk is in there
    find host -type d -exec chmod 755 {} +
    find host -type f -exec chmod 644 {} +
    [[ ! -d host/etc/wireguard ]] || chmod 700 host/etc/wireguard
    while read -r mode path; do chmod "$mode" "host/$path"; done <"samples/$1/modes"
    # A user's files belong to the user.
    for folder in host/home/*; do
        [[ ! -d $folder ]] || chown -R 1000:1000 "$folder"
    done
    for folder in etc root home; do
        mount --bind "host/$folder" "/$folder"
        made+=("/$folder")
    done
    arguments=()
    [[ ! -f samples/$1/arguments ]] || read -ra arguments <"samples/$1/arguments"
}

put_back() {
    local folder
    for folder in "${made[@]}"; do
        umount -l "$folder"
    done
    made=()
}

status_of() { # COMMAND...
    local status=0
    "$@" >out 2>err </dev/null || status=$?
    echo "$status"
}

# Lists the files that adopt has written.
result() {
    (cd /etc/wireguard && find . -type f ! -path './.wgctl/*' ! -path './configs/*' ! -path './peer*/*' ! -name params ! -name '*.json' ! -name '*.db*' | sort)
}

write_expected() { # PROGRAM
    local file
    rm -rf "$samples/$1/expected" "samples/$1/expected"
    for file in $(result); do
        install -D -m 644 "/etc/wireguard/$file" "samples/$1/expected/$file"
    done
    cp out "samples/$1/expected/adopt.json"
}

same_result() { # PROGRAM
    local file
    diff <(result) <(cd "samples/$1/expected" && find . -type f ! -name adopt.json | sort) || return 1
    for file in $(result); do
        cmp "/etc/wireguard/$file" "samples/$1/expected/$file" || return 1
        [[ $(stat -c %a "/etc/wireguard/$file") == 600 ]] || { echo "$file has the wrong mode" && return 1; }
    done
    for file in /etc/wireguard/*.peers; do
        [[ ! -d $file || $(stat -c %a "$file") == 700 ]] || { echo "$file has the wrong mode" && return 1; }
    done
}

# Prints the file without the added lines.
as_before() { # FILE
    awk '
        /^(#- )?# (friendly_name|note|expires) = [^\r]*\r?$/ { next }
        { print }' "$1"
}

# Prints the file as PiVPN had it, because wgctl marks disabled peers differently.
with_pivpns_mark() {
    awk '
        { line[NR] = $0 }
        END {
            for (i = 1; i <= NR; i++) {
                if (line[i] ~ /^#- /) {
                    sub(/^#- /, "#[disabled] ", line[i])
                    if (line[i - 1] ~ /^### begin /) line[i - 1] = "#[disabled] " line[i - 1]
                    if (line[i + 1] ~ /^### end /) line[i + 1] = "#[disabled] " line[i + 1]
                }
            }
            for (i = 1; i <= NR; i++) print line[i]
        }'
}

# True if adopt only added lines, with three exceptions: a SaveConfig = true line is removed, peers that only wg-easy knew
# are appended, and an exporter's names that are not valid for wgctl are changed in place.
lost_nothing() { # PROGRAM BEFORE AFTER
    case $1 in
    pivpn) diff <(as_before "$3" | with_pivpns_mark) "$2" ;;
    wg-portal | wgdashboard) diff <(as_before "$3") <(grep -v '^SaveConfig = true$' "$2" | as_before /dev/stdin) ;;
    wgdashboard-db) diff <(as_before "$3" | sed '/^#- /d' | cat -s) <(grep -v '^SaveConfig = true$' "$2" && echo) ;;
    wg-easy) cmp <(as_before "$3" | head -c "$(stat -c %s "$2")") "$2" ;;
    exporter) diff <(as_before "$3" | grep -v friendly_name) <(grep -v friendly_name "$2") ;;
    by-hand | *-15 | *-db | wireguard-ui) cmp <(as_before "$3" | head -c "$(stat -c %s "$2")") "$2" ;;
    *) cmp <(as_before "$3") "$2" ;;
    esac
}

# Stands in for an interface, until stop_recorder.
start_recorder() { # INTERFACE TRANSCRIPT
    : >ready
    ./recorder "/run/wireguard/$1.sock" "$2" >ready &
    recorder=$!
    while ! grep -q ready ready; do sleep 0.01; done
}

stop_recorder() { # INTERFACE
    kill "$recorder"
    wait "$recorder" 2>/dev/null || true
    rm -f "/run/wireguard/$1.sock"
}

# Prints how wg interprets a file, in the form in which it sends it to a device.
understood() { # FILE TRANSCRIPT
    start_recorder rec0 "$2"
    wg setconf rec0 <(wg-quick strip "$1") || true
    stop_recorder rec0
}

conf_of() { # PROGRAM
    find /etc/wireguard -maxdepth 1 -name '*.conf' 2>/dev/null | head -1 || true
}

names_are_listed() { # INTERFACE
    ./wgctl -i "$1" list --json >listed
    diff <(jq -r '.peers[].name' out) <(jq -r '.peers[].name' listed)
}

# Checks qr and show for each peer whose file was found.
clients_work() { # INTERFACE
    local name
    for name in $(jq -r '.peers[] | select(.client_file_taken) | .name' adopted); do
        ./wgctl -i "$1" qr "$name" --svg code.svg >/dev/null || return 1
        ./wgctl -i "$1" show "$name" | grep -q '^PrivateKey' || return 1
    done
}

test_sample() { # PROGRAM
    local program=$1 before interface conf
    set_up "$program"
    before=$(snapshot /etc)
    conf=$(conf_of "$program")
    [[ ! $conf ]] || cp "$conf" before.conf
    rm -f transcript.*
    [[ ! $conf ]] || { install -m 600 before.conf rec0.conf && understood ./rec0.conf transcript.before; }

    check "$program: --dry-run" ./wgctl adopt -n "${arguments[@]}"
    check "$program: --dry-run changes nothing" diff <(echo "$before") <(snapshot /etc)
    check "$program: it is adopted" test "$(status_of ./wgctl adopt -y --json "${arguments[@]}")" = 0
    cp out adopted
    if [[ ${WGCTL_ADOPT_WRITE:-} ]]; then
        write_expected "$program"
        made_anew+=("$program")
    fi
    check "$program: what is printed" diff "samples/$program/expected/adopt.json" adopted
    check "$program: the files" same_result "$program"
    check "$program: no terminal is told what to do" test "$(has_escapes adopted && echo yes)" = ""
    check "$program: nothing was said to have been applied" test ! -e /run/wgctl
    interface=$(jq -r .interface adopted)
    conf=/etc/wireguard/$interface.conf
    if [[ -f transcript.before ]]; then
        check "$program: every byte that was there is there" lost_nothing "$program" before.conf "$conf"
        install -m 600 "$conf" rec0.conf
        understood ./rec0.conf transcript.after
        check "$program: wg understood something" grep -q public_key transcript.before
        check "$program: wg understands the same" diff transcript.before transcript.after
    fi
    cp adopted out
    check "$program: list shows the names" names_are_listed "$interface"
    check "$program: qr and show work" clients_work "$interface"
    before=$(snapshot /etc/wireguard)
    [[ ${arguments[0]:-} != /* ]] || arguments=()
    status_of ./wgctl -i "$interface" adopt -y --json >status
    check "$program: adopting again has nothing to do" test "$(cat status) $(jq .changed out)" = "0 false"
    check "$program: and changes nothing" diff <(echo "$before") <(snapshot /etc/wireguard)
    put_back
}

made_anew=()
for sample in samples/*/; do
    test_sample "$(basename "$sample")"
done

# ---- a running tunnel ----

# Adds the addresses, as the program that brought the tunnel up did.
give_addresses() { # INTERFACE
    local address
    for address in $(sed -nE 's/^[[:space:]]*Address *= *//Ip' "/etc/wireguard/$1.conf" | sed 's/#.*//' | tr ',' ' '); do
        ip address add "$address" dev "$1"
    done
    ! grep -qiE '^[[:space:]]*MTU *=' "/etc/wireguard/$1.conf" || ip link set mtu "$(sed -nE 's/^[[:space:]]*MTU *= *([0-9]+).*/\1/Ip' "/etc/wireguard/$1.conf")" dev "$1"
    ip link set "$1" up
}

# Changes to the device would show in its state; messages without any effect only show in the trace.
runs_on() { # PROGRAM
    local interface=wg0
    set_up "$1"
    [[ -f /etc/wireguard/wg0.conf ]] || interface=wghub
    wireguard-go "$interface" >/dev/null 2>&1
    wg setconf "$interface" <(wg-quick strip "$interface")
    give_addresses "$interface"
    wg show "$interface" dump | sort >device.before
    check "$1: a tunnel that runs is adopted" ./wgctl adopt -y "${arguments[@]}"
    check "$1: it goes on as it was" diff device.before <(wg show "$interface" dump | sort)
    check "$1: an apply afterwards has nothing to do" test "$(./wgctl apply -n --json | jq -c .changes)" = '[]'
    check "$1: and does nothing" ./wgctl apply
    check "$1: nor does that change anything" diff device.before <(wg show "$interface" dump | sort)
    ip link del "$interface"
    put_back
}
for sample in pivpn angristan easy-wg-quick by-hand; do
    runs_on "$sample"
done

# A device that records what it receives must receive nothing.
set_up nyr
start_recorder wg0 heard
check "with a device that listens, it is adopted" ./wgctl adopt
check "the device has heard nothing" test ! -s heard
stop_recorder wg0
put_back

# ---- the endpoint ----

endpoint_is() { # ENDPOINT SOURCE [ARGUMENT...]
    ./wgctl adopt -n --json "${@:3}" >found || return 1
    test "$(jq -r '.endpoint + " " + .endpoint_source' found)" = "$1 $2" || { cat found && return 1; }
}

set_up pivpn
variables=/etc/pivpn/wireguard/setupVars.conf
sed -i 's/^pivpnPORT=.*/pivpnPORT="4500"/' $variables
check "the router's port is the one that the program says" endpoint_is home.example.org:4500 $variables
check "what is given comes first" endpoint_is 192.0.2.9:51820 given --endpoint 192.0.2.9
# shellcheck disable=SC2016 # it must not be run
echo 'pivpnHOST="$(touch /etc/ran)"' >>$variables
check "what is no host is passed over" endpoint_is home.example.org:51820 "clients' files"
check "and not run" test ! -e /etc/ran
sed -i 's/^pivpnHOST=.*/pivpnHOST=a.example.org/; s/^pivpnDEV=.*/pivpnDEV=wg9/' $variables
check "another tunnel's is not this one's" endpoint_is home.example.org:51820 "clients' files"
printf '[server]\nendpoint = b.example.org:1\n' >/etc/wireguard/wg0.ini
check "what is set already stays" endpoint_is b.example.org:1 ''
put_back

# What says how the server is made obeys the rule of wg0.conf.
refuses_adoption() { # REGEX HINT
    local before
    before=$(snapshot /etc)
    [[ $(status_of ./wgctl -y adopt) == 1 ]] && grep -Eq "$1" err && grep -q "$2" err && diff <(echo "$before") <(snapshot /etc)
}
set_up pivpn
chown 1000 $variables
check "settings of another user are refused" refuses_adoption "$variables belongs to another user" "chown root $variables"
chown 0 $variables
chmod 666 $variables
check "settings that others can write to are refused" refuses_adoption "$variables can be written to by other users" "chmod go-w $variables"
put_back
set_up angristan
chown 1000 /etc/wireguard/params
check "so are those next to wg0.conf" refuses_adoption 'params belongs to another user' 'chown root /etc/wireguard/params'
put_back
set_up wg-easy
chown 1000 /etc/wireguard/wg0.json
check "so is wg-easy's own file" refuses_adoption 'wg0.json belongs to another user' 'chown root /etc/wireguard/wg0.json'
put_back

# ---- modes ----

mode_is() { # MODE
    test "$(stat -c %a /etc/wireguard/wg0.conf)" = "$1"
}
set_up pivpn
check "a file that only its folder protects can be listed" ./wgctl list
status_of ./wgctl adopt -n >/dev/null
check "a dry run says that its mode will change" grep -q 'mode .*0600 (was 0644' out
check "and does not change it" mode_is 644
status_of ./wgctl adopt >/dev/null
check "adopt says it as well" grep -q 'mode .*0600 (was 0644' out
check "and does it" mode_is 600
status_of ./wgctl adopt >/dev/null
check "then there is nothing to say any more" test "$(grep -c mode out)" = 0
chmod 755 /etc/wireguard/wg0.conf
check "if only the mode is left to change, adopt changes it" ./wgctl adopt
check "to one that has nothing for others" mode_is 700
chmod 755 /etc/wireguard
chmod 644 /etc/wireguard/wg0.conf
refuses_readable() { # COMMAND
    [[ $(status_of ./wgctl "$1") == 1 ]] && grep -q 'other users can read it' err && grep -q 'chmod 600' err
}
check "if others can enter the folder, 'list' refuses it" refuses_readable list
check "and so does 'adopt'" refuses_readable adopt
put_back

# ---- revoking what another program added ----

# Removes a peer as the other program does: from one line to another.
removed_by_program() { # FIRST_LINE LAST_LINE
    awk -v first="$1" -v last="$2" '
        $0 == first { cut = 1 }
        !cut { print }
        cut && $0 == last { cut = 0 }' /etc/wireguard/wg0.conf >shorter
    cat shorter >/etc/wireguard/wg0.conf
}

are_left() { # NAME...
    diff <(printf '%s\n' "$@") <(./wgctl list --json | jq -r '.peers[].name')
}

# Both programs in turn. NAMES are what three peers in the file are called there; one is added at its end.
revokes_in_turn() { # PROGRAM FIRST_LINE LAST_LINE NAME NAME NAME
    local program=$1 first=$2 last=$3 a=$4 b=$5 c=$6 begin
    set_up "$program"
    begin=$(sed -E '/^#+ (BEGIN_PEER|begin|Client) /,$d' /etc/wireguard/wg0.conf)
    ./wgctl adopt -y >/dev/null
    check "$program: a peer is added" ./wgctl add-peer new --no-apply
    check "$program: another one is revoked" ./wgctl -y revoke "${b//@/}" --no-apply
    check "$program: its name is nowhere any more" test "$(grep -ciE "${b/@/.?}" /etc/wireguard/wg0.conf)" = 0
    # shellcheck disable=SC2059 # the program's own form
    removed_by_program "$(printf "$first" "$a")" "$(printf "$last" "$a")"
    check "$program: its own way to remove one takes that one" are_left "$c" "${@:7}" new
    check "$program: adopting again passes no name on" ./wgctl adopt -y
    check "$program: whoever is left keeps the name" are_left "$c" "${@:7}" new
    check "$program: what is left is revoked" ./wgctl -y revoke "$c" "${@:7}" new --no-apply
    check "$program: then only the server is left" test "$(cat /etc/wireguard/wg0.conf)" = "$begin"
    put_back
}
revokes_in_turn nyr '# BEGIN_PEER %s' '# END_PEER %s' client Anna_s_phone backup-server-2
revokes_in_turn nyr '# BEGIN_PEER %s' '# END_PEER %s' backup-server-2 client Anna_s_phone
revokes_in_turn hwdsl2 '# BEGIN_PEER %s' '# END_PEER %s' Anna_s_phone backup-server-2 client
revokes_in_turn pivpn '### begin %s ###' '### end %s ###' phone anna@work grandmas-old-la tv
revokes_in_turn pivpn '### begin %s ###' '### end %s ###' tv phone annawork grandmas-old-la
revokes_in_turn angristan '### Client %s' '' phone anna work_laptop
revokes_in_turn angristan '### Client %s' '' work_laptop phone anna

# Revokes all peers, one by one.
empties() { # INTERFACE
    local name
    for name in $(jq -r '.peers[] | .name // .public_key' adopted); do
        ./wgctl -i "$1" -y revoke "$name" --no-apply >/dev/null || return 1
    done
    ./wgctl -i "$1" list --json | jq -e '.peers == []' >/dev/null
}

nothing_is_left() { # INTERFACE
    local name
    for name in $(jq -r '.peers[].name // empty | select(length > 3)' adopted) BEGIN begin '# Client' '### Client' '-WGP- Peer'; do
        ! grep -F -e "$name" "/etc/wireguard/$1.conf" || return 1
    done
}
for sample in samples/*/; do
    sample=$(basename "$sample")
    set_up "$sample"
    ./wgctl adopt -y "${arguments[@]}" --json >adopted
    interface=$(jq -r .interface adopted)
    check "$sample: each peer is revoked" empties "$interface"
    check "$sample: nothing about them is left" nothing_is_left "$interface"
    put_back
done

# ---- names in wg-easy's own file ----

names() {
    ./wgctl adopt -n --json | jq -c '[.peers[] | [.name, .source]]' || true
}
set_up wg-easy
sed -i 's/^# Client: .*/# hello/' /etc/wireguard/wg0.conf
check "a program's word counts for more than a comment" test "$(names | jq -c '.[0]')" = '["Annas-phone","wg-easy"]'
sed -i "0,/\"privateKey\": .*/s||\"privateKey\": \"$(wg genkey)\",|" /etc/wireguard/wg0.json
check "the file of another server counts for nothing" test "$(names)" = '[["hello","comment"],["hello-2","comment"],["hello-3","comment"]]'
put_back

# Without a wg0.conf, adopt says which file to give it.
set_up wg-easy-15-db
mkdir /root/.wg-easy
mv /etc/wireguard/wg-easy.db /root/.wg-easy
rm /etc/wireguard/wg0.conf
check "a database is not adopted unasked" test "$(status_of ./wgctl adopt)" = 1
check "but hinted at" grep -q "wg-easy has none: 'wgctl adopt /root/.wg-easy/wg-easy.db' creates it" err
check "and adopted if asked" ./wgctl adopt -n /root/.wg-easy/wg-easy.db
put_back

# ---- databases that are in use ----

# Copies a database while a program has it open and has not written it back: all is in its log.
set_up wg-easy-15-db
database=/etc/wireguard/wg-easy.db
./wgctl adopt -n --json >out
sqlite3 $database .dump >dump.sql
rm $database
sqlite3 open.db 'PRAGMA journal_mode = WAL' 'PRAGMA wal_autocheckpoint = 0' '.read dump.sql' \
    ".shell cp open.db $database && cp open.db-wal $database-wal" >/dev/null
before=$(snapshot /etc/wireguard)
check "what is only in a database's log is read" diff out <(./wgctl adopt -n --json)
check "nothing was created there" diff <(echo "$before") <(snapshot /etc/wireguard)
echo x >$database-journal
check "a database that is half written is refused" test "$(status_of ./wgctl adopt)" = 1
check "and why is said" grep -q 'a program is writing to /etc/wireguard/wg-easy.db' err
rm $database-*
chown 1000 $database
check "so is another user's" test "$(status_of ./wgctl adopt)" = 1
check "and how to fix it is said" grep -q "chown root" err
put_back

# ---- SaveConfig ----

set_up wgdashboard
refuses_save_config() { # ARGUMENT...
    [[ $(status_of ./wgctl "$@") == 1 ]] && grep -q 'SaveConfig = true' err && grep -q 'wgctl adopt' err
}
for command in 'add-peer new --no-apply' '-y revoke x' 'edit-server --endpoint a.example.org'; do
    read -ra words <<<"$command"
    check "'${words[0]}' refuses SaveConfig, and names the fix" refuses_save_config "${words[@]}"
done
apply_writes_no_file() {
    [[ $(status_of ./wgctl apply) == 1 ]] && ! grep -q SaveConfig err
}
check "'apply', which writes no file, does not mention it" apply_writes_no_file
put_back

# ---- unsuitable files ----

# A home directory can contain anything.
set_up nyr
mkdir -p home/eve
mv /root/client.conf /home/client.real
mkfifo /root/a.conf
ln -s /etc/wireguard/wg0.conf /root/b.conf
ln -s /home/client.real /root/client.conf
truncate -s 1G /root/c.conf
head -c 50000 /dev/urandom >/root/d.conf
mkdir /root/e.conf /root/real
mv /root/Anna_s_phone.conf /root/real
ln -s /root/real /home/anna # a home directory can be a symbolic link
check "FIFOs, links, huge files and folders are passed over" timeout 10 ./wgctl adopt --json
check "no file behind a link was taken" test ! -e /etc/wireguard/wg0.peers/client.conf
check "the others were" test -f /etc/wireguard/wg0.peers/Anna_s_phone.conf
put_back

set_up nyr
printf '\033]0;owned\a# \xe2\x80\xae\n' | cat - "/root/Anna_s_phone.conf" >with && cat with >/root/Anna_s_phone.conf
sed -i 's/198.51.100.20:51820/203.0.113.9:1/' /root/client.conf
status_of ./wgctl adopt >/dev/null
cat err >>out
check "a file with escape sequences is told of" grep -q 'Anna_s_phone.conf (it has control characters)' out
check "and not taken" test ! -e /etc/wireguard/wg0.peers/Anna_s_phone.conf
check "nor printed" test "$(has_escapes out && echo yes)" = ""
check "a file with another endpoint stays as it is" cmp /root/client.conf /etc/wireguard/wg0.peers/client.conf
put_back

set_up nyr
chmod 666 /root/client.conf
check "a device's file that others can write to does not keep the rest from being adopted" test "$(status_of ./wgctl adopt)" = 0
check "it is told of" grep -q 'client.conf (other users can write to it)' out
check "and not taken" test ! -e /etc/wireguard/wg0.peers/client.conf
put_back

set_up nyr
check "with an endpoint that is given, files are adopted" ./wgctl adopt --endpoint new.example.org
check "they name it" grep -qx 'Endpoint = new.example.org:51820' /etc/wireguard/wg0.peers/client.conf
check "it is in wg0.ini" grep -qx 'endpoint = new.example.org:51820' /etc/wireguard/wg0.ini
put_back

set_up nyr
printf '\n# \033[31mred\033[0m\n[Peer]\nPublicKey = %s\n' "$(wg genkey | wg pubkey)" >>/etc/wireguard/wg0.conf
status_of ./wgctl adopt >/dev/null
cat err >>out
check "a name with escape sequences is escaped" grep -qF '\x1b[31mred' out
check "and nothing of them is printed" test "$(has_escapes out && echo yes)" = ""
check "its letters are its name" grep -qx '# friendly_name = 31mred0m' /etc/wireguard/wg0.conf
put_back

# linuxserver keeps wg_confs/wg0.conf, and peer_NAME/ beside wg_confs.
set_up linuxserver
mkdir -m 700 /etc/wireguard/wg_confs
mv /etc/wireguard/wg0.conf /etc/wireguard/wg_confs
check "the folder above has clients' files too" ./wgctl -C /etc/wireguard/wg_confs adopt
check "they are taken" ./wgctl -C /etc/wireguard/wg_confs show peer_phone
put_back

# A file that is not found: adopt says where it looks for one.
set_up nyr
mkdir /etc/wireguard/clients
mv /root/client.conf client.away
status_of ./wgctl adopt >/dev/null
check "a missing file is told of" grep -q "^No file was found for client and 1 other, so 'wgctl qr' cannot show them" err
check "and where to put it" grep -q "^files into /etc/wireguard/clients, and then: wgctl adopt$" err
mv client.away /etc/wireguard/clients/client.conf
status_of ./wgctl adopt >/dev/null
check "there it is taken" ./wgctl show client
check "and is not missing any more" grep -q '^No file was found for backup-server-2, so' err
put_back

# However many files a user makes, or links to one.
set_up nyr
./wgctl adopt -n --json >out
mkdir /home/eve
{ cat /root/client.conf && head -c 60000 /dev/zero | tr '\0' '#'; } >/home/eve/a.conf
perl -e 'link "/home/eve/a.conf", "/home/eve/$_.conf" or die for 1..300'
check "hundreds of links to one file are read" ./wgctl adopt -n --json
check "and change nothing" diff out <(./wgctl adopt -n --json)
put_back

# A file name proves nothing.
set_up nyr
sed -i "s|^PublicKey = .*|PublicKey = $(wg genkey | wg pubkey)|" /root/client.conf
mkdir -m 700 /etc/wireguard/wg0.peers
install -m 600 /root/client.conf /etc/wireguard/wg0.peers/Anna_s_phone.conf
before=$(snapshot /etc/wireguard/wg0.peers)
status_of ./wgctl adopt >/dev/null
check "a file for another server is told of" grep -q 'client.conf (it is for another server)' out
check "so is one whose name another's has here" grep -q "Anna_s_phone.conf (another peer's file has that name here)" out
check "none is written over" diff <(echo "$before") <(snapshot /etc/wireguard/wg0.peers)
put_back

# ---- kills and I/O errors ----

# If the command is killed or one of its system calls fails, the files are either all old or all new, and the next command
# finds nothing unfinished.
files_of() { # FOLDER
    (cd "$1" && find . -type f ! \( -path './.wgctl/*' -empty \) -exec sha256sum {} + | sort -k 2)
}

prepare_start() { # PROGRAM
    set_up "$1"
    rm -rf start
    mkdir -p start
    [[ ! -d /etc/wireguard ]] || cp -a /etc/wireguard/. start
    ./wgctl adopt -y "${arguments[@]}" >/dev/null 2>&1
    old=$(files_of start)
    new=$(files_of /etc/wireguard)
}

inject() { # CALL:WHAT:when=COUNT
    rm -rf /etc/wireguard
    cp -a start /etc/wireguard
    chmod 700 /etc/wireguard
    { timeout -s KILL 60 strace -qq -o trace -e "inject=$1" ./wgctl adopt -y "${arguments[@]}" >out 2>err </dev/null; } 2>/dev/null
}

judge() { # STATUS CALL
    local now conf=wg0.conf
    now=$(files_of /etc/wireguard | sed '/ \.\/\.wgctl\//d')
    if (($1 == 0)); then
        [[ $now == "$new" ]] || faults+=("$2: exit status 0, and not all is done")
    elif (($1 < 128)); then
        [[ $now == "$old" ]] || grep -Eq 'could not be|the change was made' err ||
            faults+=("$2: exit status $1, and not all is as it was: $(cat err)")
    fi
    # The next command is a different one.
    if [[ -f start/$conf ]]; then
        ./wgctl -y revoke nobody >/dev/null 2>err || grep -q "no peer 'nobody'" err || faults+=("$2: then: $(cat err)")
        now=$(files_of /etc/wireguard)
        if cmp -s "/etc/wireguard/$conf" "start/$conf"; then
            [[ $now == "$old" ]] || faults+=("$2: $conf is the old one, and the rest is not" "$(diff <(echo "$old") <(echo "$now") || true)")
        else
            [[ $now == "$new" ]] || faults+=("$2: $conf is the new one, and the rest is not" "$(diff <(echo "$new") <(echo "$now") || true)")
        fi
    fi
    ./wgctl adopt -y "${arguments[@]}" >/dev/null 2>err || grep -q 'already exists' err ||
        faults+=("$2: adopting again: $(cat err)")
    [[ $(files_of /etc/wireguard) == "$new" ]] || faults+=("$2: adopting again does not do it")
}

injects() { # PROGRAM WHAT
    local call count status runs=0 faults=()
    prepare_start "$1"
    for call in openat mkdirat pwrite64 fsync renameat unlinkat ftruncate; do
        for ((count = 1; count < 80; count++)); do
            status=0
            inject "$call:$2:when=$count" || status=$?
            # This is past the last call.
            if [[ $2 == signal=* ]]; then ((status == 137)) || break; else grep -q INJECTED trace || break; fi
            runs=$((runs + 1))
            judge "$status" "$call#$count"
        done
    done
    if ((${#faults[@]} == 0 && runs > 20)); then
        ok "$1, with $2 in turn at $runs calls: it is done or not"
    else
        not_ok "$1, with $2 in turn at $runs calls: it is done or not" "${faults[@]}"
    fi
    put_back
}
# LeakSanitizer is a tracer as well, and a process can have only one.
leaks=$ASAN_OPTIONS
ASAN_OPTIONS+=:detect_leaks=0
for sample in nyr pivpn wg-easy-json; do
    injects "$sample" signal=KILL
    injects "$sample" error=EIO
done
ASAN_OPTIONS=$leaks

# ---- JSON ----

set_up dsnet
says_how() {
    mkdir -m 700 /etc/wireguard
    [[ $(status_of ./wgctl adopt) == 1 ]] && grep -q 'adopt /etc/dsnetconfig.json' err
}
check "without a wg0.conf, it says what dsnet has" says_how

# Hooks that come along would run as root: they are shown, and agreed to.
hook='PostUp = iptables -A FORWARD -i dsnet -j ACCEPT'
shows_hooks() {
    [[ $(status_of ./wgctl -n adopt /etc/dsnetconfig.json) == 0 ]] && grep -q "$hook" out &&
        ./wgctl -n --json adopt /etc/dsnetconfig.json | jq -e --arg hook "$hook" '.hooks[0] == $hook and .firewall == "none"'
}
asks_for_hooks() { # STATUS REGEX COMMAND...
    local before
    before=$(snapshot /etc/wireguard)
    [[ $(status_of "${@:3}") == "$1" ]] && grep -qF "$hook" out err && grep -q "$2" out err &&
        diff <(echo "$before") <(snapshot /etc/wireguard)
}
# Answers when it asks, on a terminal, after COMMAND has run.
answering() { # ANSWER COMMAND...
    local tries
    : >typescript
    for ((tries = 0; tries < 600; tries++)); do
        ! grep -q 'y/N' typescript || { "${@:2}" && break; }
        sleep 0.05
    done | cat - <(echo "$1") | timeout 60 script -qefc './wgctl adopt /etc/dsnetconfig.json' typescript
}
evil_hook() {
    sed -i 's/"PostUp": ".*"/"PostUp": "evil"/' /etc/dsnetconfig.json
}
cp /etc/dsnetconfig.json dsnetconfig.json
check "hooks are shown beforehand" shows_hooks
check "without a terminal, they need --yes" asks_for_hooks 2 'no terminal' setsid -w ./wgctl adopt /etc/dsnetconfig.json
check "a no is a no" asks_for_hooks 1 'nothing was changed' answering n true
check "a file that changes while it asks is not taken" asks_for_hooks 1 'have changed since' answering y evil_hook
cp dsnetconfig.json /etc/dsnetconfig.json
check "a yes is a yes" test "$(status_of answering y true)" = 0
check "a server is made from JSON, with its hooks" grep -qxF "$hook" /etc/wireguard/dsnet.conf
check "and forwarding is on, also after the next boot" grep -qx 1 /proc/sys/net/ipv4/ip_forward
check "by a file" grep -qx 'net.ipv4.ip_forward = 1' /etc/sysctl.d/90-wgctl.conf
refuses_file() { # REGEX ARGUMENT...
    local regex=$1 before
    shift
    before=$(snapshot /etc)
    [[ $(status_of ./wgctl adopt "$@") == 1 ]] && grep -Eq "$regex" err && diff <(echo "$before") <(snapshot /etc)
}
has_nothing_left() {
    ./wgctl --json adopt /etc/dsnetconfig.json | jq -e '.changed == false and .made_from == null'
}
check "a second time, nothing is left to adopt" has_nothing_left
check "under another name it is made again" ./wgctl -y -i other adopt /etc/dsnetconfig.json
sed -i "s|^PrivateKey = .*|PrivateKey = $(wg genkey)|" /etc/wireguard/other.conf
check "another server's file is not touched" refuses_file "other.conf already exists, and is another server's" -i other /etc/dsnetconfig.json
endpoint_differs() {
    [[ $(status_of ./wgctl -y -i port adopt /etc/dsnetconfig.json --endpoint vpn.example.org:4500) == 0 ]] &&
        grep -q 'port 4500, and this server listens on port 51820' err
}
check "a port that does not fit is told" endpoint_differs
cp /etc/dsnetconfig.json /etc/evil.json
chown 1000 /etc/evil.json
check "JSON of another user is refused" refuses_file 'belongs to another user' -i evil /etc/evil.json
chown 0 /etc/evil.json
chmod 660 /etc/evil.json
check "JSON that others can write to is refused" refuses_file 'can be written to by other users' -i evil /etc/evil.json
chmod 600 /etc/evil.json
sed 's/"PostUp": ".*"/"PostUp": "true\\nPostDown = evil"/' /etc/dsnetconfig.json >/etc/evil.json
check "a newline in a hook is refused" refuses_file 'PostUp has a line break' -i evil /etc/evil.json
sed 's/"PublicKey": ".*"/"PublicKey": "x\\n[Peer]"/' /etc/dsnetconfig.json >/etc/evil.json
check "a newline in a key is refused" refuses_file 'PublicKey is not a key' -i evil /etc/evil.json
sed 's/"InterfaceName": ".*"/"InterfaceName": "..\/x"/' /etc/dsnetconfig.json >/etc/evil.json
check "an interface that is a path is refused" refuses_file 'not a valid interface name' /etc/evil.json
sed 's/"Hostname": ".*"/"Hostname": "..\/..\/x\\n[Peer]"/; s/"Description": ".*"/"Description": "a\\nb"/' /etc/dsnetconfig.json >/etc/odd.json
check "a hostname that is a path is made a name" ./wgctl -y -i odd adopt /etc/odd.json
check "which stays in its line" grep -qx '# friendly_name = x-Peer-2' /etc/wireguard/odd.conf
check "a note of two lines is left out" test "$(grep -c note /etc/wireguard/odd.conf)" = 0
echo '{' >/etc/half.json
check "what is no JSON is refused" refuses_file 'is not JSON' -i half /etc/half.json
echo '[]' >/etc/half.json
check "what is another's JSON is refused" refuses_file 'neither' -i half /etc/half.json
ln -s dsnetconfig.json /etc/link.json
head -c 2097153 /dev/zero | tr '\0' '[' >/etc/huge.json
check "what is too large to be a program's is refused" refuses_file 'huge.json is larger than 2048 KiB' -i half /etc/huge.json
rm /etc/huge.json
check "a link is refused" refuses_file 'symbolic link' -i half /etc/link.json
check "a file that is missing is told" refuses_file 'No such file' -i half /etc/missing.json
put_back

# Without an endpoint, devices' files cannot be made yet. The step that is printed makes them, and so does adopting again.
set_up wg-easy-json
file=${arguments[0]}
works_as_printed() {
    local command
    command=$(sed -n 's/^  wgctl \(adopt .* --endpoint .*\)/\1/p' err)
    # shellcheck disable=SC2086 # it has several words
    [[ $command == "adopt $file --endpoint vpn.example.org" ]] && ./wgctl $command && ./wgctl qr Tablet
}
leads_back() {
    ./wgctl edit-server --endpoint vpn.example.org
    ! ./wgctl qr Tablet 2>err && grep -q "'wgctl adopt' looks" err && ./wgctl adopt "$file" && ./wgctl qr Tablet
}
check "without an endpoint, it is adopted" test "$(status_of ./wgctl adopt "$file")" = 0
cp -a /etc/wireguard half
check "the step that is printed works" works_as_printed
rm -rf /etc/wireguard && cp -a half /etc/wireguard
check "after edit-server, the devices' keys can still be had" leads_back
rm -rf /etc/wireguard half
check "the port is the endpoint's" ./wgctl adopt "$file" --endpoint vpn.example.org:51999
check "which is the only one known" grep -qx 'ListenPort = 51999' /etc/wireguard/wg0.conf
put_back

if [[ ${WGCTL_ADOPT_WRITE:-} ]]; then
    for program in "${made_anew[@]}"; do
        cp -rT "samples/$program/expected" "$samples/$program/expected"
    done
fi
finish
