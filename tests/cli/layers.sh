#!/usr/bin/env bash
# Holds the architecture: which layer includes which, that the library never prints, and that each third-party library is
# wrapped once.
#
# usage: layers.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/checks.sh"
CC=${CC:-gcc}
need "$CC" awk find

cd "$here/../.."
work=$(mktemp -d)
trap 'rm -rf "$work" && report_early_end' EXIT

mapfile -t headers < <(find lib cmd -name '*.h' | sort)
mapfile -t sources < <(find lib cmd -name '*.[ch]' | sort)
flags=(-std=gnu17 -D_GNU_SOURCE -Ilib -Icmd)

# The files without comments and without what is in quotes: one folder that looks like the repository. Lines keep their
# numbers.
for file in "${sources[@]}"; do
    mkdir -p "$work/plain/$(dirname "$file")"
    "$CC" -fpreprocessed -dD -E "$file" 2>/dev/null |
        awk '/^# [0-9]+ "/ { wanted = $2; next }
            { while (line + 1 < wanted) { print ""; line++ } wanted = 0; print; line++ }' >"$work/plain/$file"
    sed '/^[[:space:]]*#[[:space:]]*include/!s/"\([^"\\]\|\\.\)*"/""/g' "$work/plain/$file" >"$work/bare"
    mkdir -p "$work/bare.d/$(dirname "$file")"
    mv "$work/bare" "$work/bare.d/$file"
done

# Prints what in those files matches, and fails where anything does.
nothing_matches() { # REGEX FILE...
    local regex=$1
    shift
    (cd "$work/bare.d" && ! grep -nE -- "$regex" "$@" /dev/null)
}

# ---- headers ----

for header in "${headers[@]}"; do
    printf '#include "%s"\n' "${header#*/}" >"$work/alone.c"
    check "$header compiles alone" "$CC" -fsyntax-only -Wall -Wextra -Werror "${flags[@]}" "$work/alone.c"
    # Twice: it has a guard.
    printf '#include "%s"\n#include "%s"\n' "${header#*/}" "${header#*/}" >"$work/alone.c"
    check "$header can be included twice" "$CC" -fsyntax-only "${flags[@]}" "$work/alone.c"
done

# ---- which includes which ----

# What FILE includes in quotes, as paths from the top of the repository.
included_by() { # FILE
    local name folder
    sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]*)".*/\1/p' "$work/plain/$1" |
        while read -r name; do
            for folder in "$(dirname "$1")" lib cmd; do
                [[ ! -f $folder/$name ]] || break
            done
            if [[ -f $folder/$name ]]; then
                realpath --relative-to=. "$folder/$name"
            else
                echo "$name (which there is not)"
            fi
        done
}

# The layer a file belongs to.
layer_of() { # FILE
    case $1 in
    cmd/*) echo cmd ;;
    lib/*/*) echo "$1" | cut -d / -f 2 ;;
    lib/wgctl.[ch]) echo wgctl ;;
    *) echo "none: $1" ;;
    esac
}

declare -A below=(
    [base]=""
    [net]="base"
    [conf]="net base"
    [device]="net base"
    [host]="net base"
    [qr]="base"
    [store]="base"
    [run]="conf device host net base"
    [tunnel]="run store conf device host net base"
    [provision]="tunnel run store conf device host net base"
    [adopt]="tunnel run store conf device host net base"
    [wgctl]="provision adopt tunnel qr net base"
    [cmd]="wgctl"
)

only_includes_below() { # LAYER
    local file include layer wrong=0
    for file in "${sources[@]}"; do
        [[ $(layer_of "$file") == "$1" ]] || continue
        while read -r include; do
            layer=$(layer_of "$include")
            [[ " $1 ${below[$1]} " == *" $layer "* ]] || { echo "$file includes $include" && wrong=1; }
        done < <(included_by "$file")
    done
    return $wrong
}

each_file_has_a_layer() {
    local file layer wrong=0
    for file in "${sources[@]}"; do
        layer=$(layer_of "$file")
        [[ -v below[$layer] ]] || { echo "$file: $layer" && wrong=1; }
    done
    return $wrong
}

cmd_includes_only_wgctl_h() {
    local file include wrong=0
    for file in "${sources[@]}"; do
        [[ $file == cmd/* ]] || continue
        while read -r include; do
            [[ $include == lib/wgctl.h || $include == cmd/* ]] || { echo "$file includes $include" && wrong=1; }
        done < <(included_by "$file")
    done
    return $wrong
}

check "every file belongs to a layer of the design" each_file_has_a_layer
for layer in base net conf device host qr store run tunnel provision adopt wgctl; do
    check "$layer includes only itself${below[$layer]:+ and ${below[$layer]}}" only_includes_below "$layer"
done
check "cmd includes only wgctl.h and headers of its own" cmd_includes_only_wgctl_h

# The headers that other folders may include; of host, net and base, that is each header. adopt and provision build a tunnel,
# so they see inside.
declare -A public=(
    [adopt]="adopt.h"
    [conf]="client.h document.h document_edit.h expiry.h ini.h peer_extent.h peer_index.h server.h server_check.h server_edit.h server_read.h server_render.h settings.h template.h typed.h"
    [device]="device.h plan.h wireguard.h"
    [provision]="provision.h"
    [qr]="qr.h"
    [run]="run.h"
    [store]="store.h"
    [tunnel]="tunnel.h state.h templates.h"
)

includes_public_headers_only() {
    local file include folder wrong=0
    for file in "${sources[@]}"; do
        while read -r include; do
            folder=$(layer_of "$include")
            [[ $folder == "$(layer_of "$file")" || ! -v public[$folder] ]] && continue
            [[ " ${public[$folder]} " == *" ${include##*/} "* ]] || { echo "$file includes $include" && wrong=1; }
        done < <(included_by "$file")
    done
    return $wrong
}

# A module is a header and the source file of its name; a private header belongs to the module that its folder is named after.
module_of() { # FILE
    case $1 in
    lib/*/private.h | lib/tunnel/state.h) echo "$(dirname "$1")/$(basename "$(dirname "$1")")" ;;
    *) echo "${1%.[ch]}" ;;
    esac
}

module_includes() {
    local file include
    for file in "${sources[@]}"; do
        while read -r include; do
            [[ $(module_of "$file") == "$(module_of "$include")" ]] || echo "$(module_of "$file") $(module_of "$include")"
        done < <(included_by "$file")
    done | sort -u
}

no_module_includes_itself_through_others() {
    module_includes >"$work/modules"
    tsort "$work/modules" >/dev/null
}

# The longest way from cmd down to base, in folders.
has_at_most_eight_floors() {
    local a b floors
    while read -r a b; do
        echo "$(layer_of "$a.c") $(layer_of "$b.c")"
    done <"$work/modules" | awk '$1 != $2' | sort -u >"$work/folders"
    floors=$(tsort "$work/folders" | tac | awk 'NR == FNR { below[$1] = below[$1] " " $2; next } {
        floor[$1] = 1
        count = split(below[$1], list, " ")
        for (i = 1; i <= count; i++) if (floor[list[i]] >= floor[$1]) floor[$1] = floor[list[i]] + 1
        if (floor[$1] > most) most = floor[$1] } END { print most }' "$work/folders" -)
    echo "$floors floors"
    ((floors <= 8))
}

check "a folder is used through its public headers" includes_public_headers_only
check "no module includes itself through others" no_module_includes_itself_through_others
check "the house has at most eight floors" has_at_most_eight_floors

adapters_stay_apart() {
    local file include wrong=0
    for file in "${sources[@]}"; do
        [[ $file == lib/host/* ]] || continue
        while read -r include; do
            [[ $include != lib/host/* || ${include%.h} == "${file%.[ch]}" ]] || { echo "$file includes $include" && wrong=1; }
        done < <(included_by "$file")
    done
    return $wrong
}

check "no adapter in host includes another" adapters_stay_apart

conf_uses_what_is_pure_of_base() {
    local file include wrong=0
    for file in "${sources[@]}"; do
        [[ $file == lib/conf/* ]] || continue
        while read -r include; do
            [[ $include != lib/base/* || $include == lib/base/@(error|nearest|text).h ]] || { echo "$file includes $include" && wrong=1; }
        done < <(included_by "$file")
    done
    return $wrong
}

check "conf includes only error.h, nearest.h and text.h of base" conf_uses_what_is_pure_of_base

# ---- third-party libraries ----

included_once() { # REGEX_OF_THE_HEADER FOLDER...
    local regex=$1 found
    shift
    found=$(grep -rlE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"](${regex})[>\"]" "$@") || true
    echo "$found"
    [[ $found && $(wc -l <<<"$found") -eq 1 ]]
}

included_nowhere() { # REGEX_OF_THE_HEADER FOLDER...
    local regex=$1
    shift
    ! grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"](${regex})[>\"]" "$@"
}

for header in 'sodium(/.*)?\.h' 'libmnl/.*\.h' 'ini\.h' 'qrencode\.h' 'png\.h' 'sqlite3\.h'; do
    check "$header is included in one file of lib" included_once "$header" lib
    check "$header is included nowhere in cmd" included_nowhere "$header" cmd
done
check "jansson.h is included in one file of cmd: what wgctl writes" included_once 'jansson\.h' cmd
check "jansson.h is included in one file of lib: what other programs wrote" included_once 'jansson\.h' lib
check "check.h is included only in tests" included_nowhere 'check\.h' lib cmd

# ---- what is called ----

mapfile -t library < <(find lib -name '*.[ch]' | sort)
printing='\<(v?f?printf|v?dprintf|f?putc|f?putc_unlocked|f?puts|putchar|putw|perror|psignal|v?warnx?|v?errx?|v?syslog)[[:space:]]*\('
check "lib never prints" nothing_matches "$printing" "${library[@]}"
check "lib does not write to standard output or error" nothing_matches \
    '\<(stdout|stderr)\>|\<writev?[[:space:]]*\([[:space:]]*([12]\>|STD(OUT|ERR)_FILENO)' "${library[@]}"
check "lib never ends the process" nothing_matches '\<(exit|quick_exit|abort|assert|raise)[[:space:]]*\(' "${library[@]}"
# What is pure can be tested by table, and fuzzed.
check "conf and the values of device open no file, ask for no time and know no descriptor" nothing_matches \
    '(^|[^[:alnum:]_>.])(f?open|openat|creat|read|write|socket|f?l?stat|fstatat|access|unlink|rename|time|gettimeofday|clock_gettime|getenv)[[:space:]]*\(' \
    lib/conf/*.[ch] lib/device/device.[ch] lib/device/plan.[ch]
check "a shell is started by no library function" nothing_matches '\<(system|popen|wordexp)[[:space:]]*\(' "${sources[@]}"
check "no function is called that cannot be called safely" nothing_matches \
    '\<(gets|v?sprintf|strcat|mktemp|tmpnam|tempnam|rand|random|alloca|f?scanf|ato[il]l?)[[:space:]]*\(' "${sources[@]}"

# ---- 32 bits ----

compiles_for_32_bits() {
    # shellcheck disable=SC2046 # no file has a blank in its name
    "$CC" -m32 -fsyntax-only -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Werror "${flags[@]}" \
        -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 '-DWGCTL_VERSION=""' -I/usr/include/libpng16 \
        $(find lib cmd -name '*.c' | sort)
}

# Without the C library's headers for 32 bits, nothing compiles.
if echo '#include <stdio.h>' | "$CC" -m32 -fsyntax-only -x c - 2>/dev/null; then
    check "lib and cmd compile for 32 bits without a warning" compiles_for_32_bits
fi

# ---- names ----

named_wgctl() {
    local wrong=0 header
    for header in "${headers[@]}"; do
        [[ $header == lib/* ]] || continue
        rm -f "$work/declared"
        "$CC" -fsyntax-only "${flags[@]}" -x c -aux-info "$work/declared" "$header" 2>/dev/null
        # The functions that this header itself declares, but for the inline ones.
        awk -v header="$header" 'index($0, "/* " header ":") && !/static/ {
            sub(/.*\*\/ /, ""); sub(/ ?\(.*/, ""); sub(/.*[ *]/, ""); print }' "$work/declared" |
            grep -v '^wgctl_' | sed "s#^#$header: #" && wrong=1
    done
    return $wrong
}

some_are_declared() {
    "$CC" -fsyntax-only "${flags[@]}" -x c -aux-info "$work/declared" lib/tunnel/tunnel.h
    grep -c 'lib/tunnel/tunnel.h:.*wgctl_tunnel_' "$work/declared"
}

macros_named_wgctl() {
    ! grep -nE '^[[:space:]]*#[[:space:]]*define[[:space:]]' "${headers[@]/#/$work/plain/}" |
        grep '/plain/lib/' | grep -vE 'define[[:space:]]+_?WGCTL_'
}

check "declarations are found by this test" some_are_declared
check "every function of a header in lib is named wgctl_..." named_wgctl
check "every macro of a header in lib is named WGCTL_..." macros_named_wgctl

# ---- size ----

not_too_long() {
    local file lines wrong=0
    for file in "${sources[@]}"; do
        lines=$(wc -l <"$file")
        ((lines <= 450)) || { echo "$file has $lines lines" && wrong=1; }
    done
    return $wrong
}

check "no file has more than 450 lines" not_too_long
check "the top of the tree is what the design says" test -z "$(git ls-files 2>/dev/null | cut -d / -f 1 | sort -u |
    grep -vE '^(cmd|lib|conf-templates|tests|CMakeLists\.txt|README\.md|LICENSE|\..*)$')"

finish
