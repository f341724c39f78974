#!/usr/bin/env bash
# Holds the house style: the C as .clang-format has it, and scripts in which ShellCheck finds nothing.
#
# usage: style.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/checks.sh"
need clang-format shellcheck
trap report_early_end EXIT

cd "$here/../.."
mapfile -t sources < <(find lib cmd tests -name '*.[ch]' | sort)
mapfile -t scripts < <({ find cmd tests -name '*.sh' -o -name '*.bash' && echo .ci/run; } | sort)

# What begins as a script and has another name would go unseen.
every_script_is_seen() {
    local file wrong=0
    while read -r file; do
        [[ " ${scripts[*]} " == *" $file "* ]] || { echo "$file" && wrong=1; }
    done < <(find .ci cmd lib tests -type f -exec awk 'FNR == 1 && /^#!.*[\/ ](ba)?sh( |$)/ { print FILENAME } { nextfile }' {} +)
    return $wrong
}

# Older ones do not know all of .clang-format.
version=$(clang-format --version | sed -nE 's/.*version ([0-9]+).*/\1/p')
check "clang-format is 14 or newer" test "$version" -ge 14
for file in "${sources[@]}"; do
    check "$file is formatted" clang-format --dry-run -Werror "$file"
done
check "every script is looked at" every_script_is_seen
for file in "${scripts[@]}"; do
    check "ShellCheck finds nothing in $file" shellcheck -x "$file"
done
finish
