#!/bin/bash
# Builds Linux as a program (User-Mode Linux), with WireGuard, from Debian's linux-source, and prints where it is.
#
# usage: build-uml.sh [--cached]
#
# It takes about 13 minutes of processor time and 3 GB of disk, once a machine: the result is kept outside the checkout, in
# ${XDG_CACHE_HOME:-/var/cache}/wgctl/uml/VERSION-HASH/linux, where HASH stands for uml.config. Any VERSION will do. With
# --cached it fails if that has not been built yet.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=apt.sh
source "$here/apt.sh"

# Older kernels crash on processors with more registers than they expect (AMX); this one is new enough.
readonly debian=trixie-backports
readonly config=$here/uml.config
cache=${XDG_CACHE_HOME:-/var/cache}/wgctl/uml

die() {
    echo "build-uml.sh: $*" >&2
    exit 1
}

# Sets `kernel` to the newest one that was built from this configuration.
find_built() {
    kernel=$(find "$cache" -mindepth 2 -maxdepth 2 -path "*-$hash/linux" -perm -u+x 2>/dev/null | sort -V | tail -n 1)
    [[ $kernel ]]
}

unpack_source() { # FOLDER
    local package deb
    apt_prepare "$1" "$(dpkg --print-architecture)" "$debian"
    package=$(apt_packages "$1" linux-source 'linux-source-[0-9]' | head -n 1) || die "no linux-source in $debian"
    apt_download "$1" "$package"
    deb=$(echo "$1"/debs/linux-source-*.deb)
    version=$(dpkg-deb -f "$deb" Version)
    mkdir "$1/source"
    dpkg-deb --fsys-tarfile "$deb" | tar -x -O --wildcards './usr/src/linux-source-*.tar.xz' |
        tar -x -J -C "$1/source" --strip-components=1
    rm "$deb"
}

# Everything in uml.config has to be in the kernel's own configuration, too.
configure() {
    local lost
    make -s ARCH=um tinyconfig
    scripts/kconfig/merge_config.sh -m .config "$config" >/dev/null
    make -s ARCH=um olddefconfig
    lost=$(grep '^CONFIG_' "$config" | grep -vxFf .config || true)
    [[ ! $lost ]] || die "Linux $version cannot be configured with" "$lost"
}

build() { # FOLDER
    unpack_source "$1"
    cd "$1/source"
    configure
    make -s ARCH=um -j"$(nproc)" linux >"$1/log" 2>&1 || { tail -n 30 "$1/log" && die "cannot build Linux $version"; }
    mkdir "$1/built"
    strip -o "$1/built/linux" linux
    cp .config "$1/built/config"
    mv -T "$1/built" "$cache/$version-$hash"
}

main() {
    local work
    [[ $# == 0 || $* == --cached ]] || die "usage: build-uml.sh [--cached]"
    hash=$(sha256sum <"$config" | cut -c 1-12)
    if ! find_built; then
        [[ $# == 0 ]] || die "there is none yet in $cache"
        mkdir -p "$cache"
        # One at a time. If it was interrupted before, what it left is in a folder that nothing else uses.
        exec 9>"$cache/lock"
        flock 9
        if ! find_built; then
            rm -rf "$cache"/building.*
            work=$(mktemp -d "$cache/building.XXXXXX")
            # shellcheck disable=SC2064 # it is local
            trap "rm -rf '$work'" EXIT
            (build "$work") >&2 9>&-
            find_built
        fi
    fi
    echo "$kernel"
}

main "$@"
