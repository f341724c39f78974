#!/bin/bash
# Downloads and unpacks Debian's packages for i386, with what they depend on, and prints where they are. They are not
# installed: many -dev packages cannot be there for two architectures at once. The machine's own gcc builds with them.
#
# usage: fetch-sysroot.sh PACKAGE...
#
# It takes a minute and 80 MB, once a machine: the result is kept outside the checkout, in
# ${XDG_CACHE_HOME:-/var/cache}/wgctl/i386/HASH, where HASH stands for the packages and the release.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=../vm/apt.sh
source "$here/../vm/apt.sh"

cache=${XDG_CACHE_HOME:-/var/cache}/wgctl/i386

die() {
    echo "fetch-sysroot.sh: $*" >&2
    exit 1
}

fetch() { # FOLDER PACKAGE...
    local deb
    # Without the index of the security updates, there are still the packages of the release.
    apt_prepare "$1" i386 || echo "Not all of apt's indexes could be fetched"
    apt-get -c "$1/apt.conf" -qq -y --download-only --no-install-recommends install "${@:2}"
    mkdir "$1/root"
    for deb in "$1"/cache/archives/*.deb; do
        dpkg-deb -x "$deb" "$1/root"
    done
}

main() {
    (($# > 0)) || die "usage: fetch-sysroot.sh PACKAGE..."
    local packages root
    # The compiler's own library has to be as old as the compiler.
    packages=("$@" libc6-dev "libgcc-$(gcc -dumpversion)-dev")
    root=$cache/$( (cat /etc/debian_version && printf '%s\n' "${packages[@]}") | sha256sum | cut -c 1-12)
    if [[ ! -d $root ]]; then
        mkdir -p "$cache"
        # One at a time. If it was interrupted before, what it left is in a folder that nothing else uses.
        exec 9>"$cache/lock"
        flock 9
    fi
    if [[ ! -d $root ]]; then
        rm -rf "$cache"/fetching.*
        work=$(mktemp -d "$cache/fetching.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        fetch "$work" "${packages[@]}" >&2 9>&-
        mv -T "$work/root" "$root"
    fi
    echo "$root"
}

main "$@"
