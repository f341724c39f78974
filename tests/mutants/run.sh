#!/usr/bin/env bash
# Puts one fault at a time into a copy of the tree (list.sh), and shows which of them the tests find. By hand only: it takes
# hours. A mutant that cannot be put in, or that does not build, is an error of the list.
#
# usage: sudo tests/mutants/run.sh [--all] [NAME]...     --all: with every test of unit, cli and fault, not those listed alone
set -euo pipefail

repo=$(cd "$(dirname "$0")/../.." && pwd)
work=${BUILD_FOLDER:-$repo/build}/mutants
every='^(unit|cli|fault)\.'
all=false names=() found=0 survived=0 wrong=0

while (($#)); do
    case $1 in
        --all) all=true ;;
        -*) sed -n 's/^# //p' "$0" | head -6 && exit 2 ;;
        *) names+=("$1") ;;
    esac
    shift
done

is_wanted() { # NAME
    ((${#names[@]} > 0)) || return 0
    [[ " ${names[*]} " == *" $1 "* ]]
}

# A line of the table; counts.
say() { # NAME VERDICT EVIDENCE
    printf '%-26s %-9s %s\n' "$@"
}

# What to build for some tests: only their programs, since a change of the library links every one of them.
targets_of() { # REGEX
    local test
    echo wgctl
    for test in ${1//|/ }; do
        case $test in
            unit.*) echo "test_${test#unit.}" ;;
            cli.bad_input | cli.bad_files) echo "${test/./_}" ;;
            fault.nomem) echo nomem fault_nomem_library ;;
            fault.canary) echo fault_canary ;;
        esac
    done
}

mutant() { # NAME FILE SED_EXPRESSION TESTS
    local name=$1 file=$2 tests=$4 targets=() log=$work/$1.log
    is_wanted "$name" || return 0
    cp -a "$work/src/$file" "$work/saved"
    sed -i -E "$3" "$work/src/$file"
    if cmp -s "$work/saved" "$work/src/$file"; then
        say "$name" WRONG "it changes nothing in $file"
        wrong=$((wrong + 1))
        return 0
    fi
    $all || mapfile -t targets < <(targets_of "$tests" | tr ' ' '\n')
    if ! make -C "$work/build" -j"$(nproc)" --no-print-directory "${targets[@]}" >"$log" 2>&1; then
        say "$name" WRONG "it does not build: $(grep -m 1 'error' "$log" | cut -c 1-100)"
        wrong=$((wrong + 1))
    else
        judge "$name" "$tests" "$log"
    fi
    cp "$work/saved" "$work/src/$file"
}

judge() { # NAME TESTS LOG
    local tests="^(${2//./\\.})\$"
    ! $all || tests=$every
    if (cd "$work/build" && ctest -R "$tests" --timeout 900 --stop-on-failure) >>"$3" 2>&1; then
        say "$1" SURVIVED "$2"
        survived=$((survived + 1))
    else
        say "$1" found "$(sed -n 's/^[\t ]*[0-9]* - \([a-z_.]*\) (.*/\1/p' "$3" | xargs)"
        found=$((found + 1))
    fi
}

[[ $(id -u) -eq 0 ]] || { echo "needs root, as the tests do: sudo tests/mutants/run.sh" >&2 && exit 1; }
rm -rf "$work/src"
mkdir -p "$work/src"
(cd "$repo" && git ls-files -z | xargs -0 cp -a --parents -t "$work/src")
# Without sanitizers: one program is then the release as well.
cmake -S "$work/src" -B "$work/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DWGCTL_TESTS=ON >"$work/cmake.log"
# shellcheck source=tests/mutants/list.sh
source "$repo/tests/mutants/list.sh"
echo "$found found, $survived survived, $wrong could not be tried"
((wrong == 0))
