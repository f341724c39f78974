# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with the tests
# Compares apply with up: apply must leave a running tunnel as up would have made it from the same file. Source this
# after state.sh.
#
#     apply_is_like_up FILE WHAT_WAS_DIFFERENT SED_COMMAND

wgctl() { as_user "$wgctl" -i wg0 "$@"; }

place() { # FILE [NAME]
    server bash -c "cat >$folder/${2-wg0}.conf && chmod 600 $folder/${2-wg0}.conf" <"$1"
}

# Compares two states but ignores two things: a fwmark stays on the device if the file does not mention it, and an
# interface's addresses are listed in the order in which they were added.
same_but_for_mark() { # STATE STATE
    diff -U 3 <(grep -v '^FwMark' "$work/$1" | in_one_order) <(grep -v '^FwMark' "$work/$2" | in_one_order)
}

in_one_order() {
    awk '/^==== ip -d -o addr/ { print; sorts = 1; next } /^====/ { close("sort"); sorts = 0 }
        sorts { print | "sort"; next } { print }'
}

down() {
    wgctl down && wait_for is_gone
}

# Brings up an earlier version of the file and applies the current one, which must equal bringing up the current one.
# Then does the same the other way round.
apply_is_like_up() { # FILE WHAT_WAS_DIFFERENT SED_COMMAND
    file=$here/side_by_side/$1.conf
    sed "$3" "$file" >"$work/earlier.conf"
    check_fails 1 "$1, $2: there is a difference" cmp -s "$file" "$work/earlier.conf"
    place "$work/earlier.conf"
    server sysctl -qw net.ipv4.conf.all.src_valid_mark=1 # once set, it stays set
    take_state before
    check "up before it" wgctl up
    take_state earlier
    place "$file"
    check "apply" wgctl apply
    take_state applied
    check "apply once more has nothing to do" nothing_to_apply
    place "$work/earlier.conf"
    check "and back" wgctl apply
    take_state back
    check "is as it was" same_but_for_mark earlier back
    check "down" down
    take_state after
    check "nothing is left" same before after
    place "$file"
    check "up from the file itself" wgctl up
    take_state direct
    check "is the same as to apply it" same_but_for_mark direct applied
    check "down" down
    server rm "$folder/wg0.conf"
}

nothing_to_apply() {
    wgctl apply --json | grep -q '"changes": *\[\]'
}
