#!/bin/bash
# Downloads and unpacks Debian's own kernel package, without installing it, for qemu.sh to boot.
#
# usage: fetch-kernel.sh DIR
#
# DIR becomes the root of the unpacked package, and is printed. If it exists, it is left as it is.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=apt.sh
source "$here/apt.sh"

readonly package=linux-image-cloud-amd64

die() {
    echo "fetch-kernel.sh: $*" >&2
    exit 1
}

# Does what installing the package would have done, and hides what differs between releases: the index of the modules,
# where the kernel is, and where /lib is.
complete() { # ROOT
    local root=$1 version kernel

    [[ -e $root/lib ]] || ln -s usr/lib "$root/lib"
    version=$(ls "$root/lib/modules")
    PATH=$PATH:/usr/sbin:/sbin depmod -b "$root" "$version"
    for kernel in "boot/vmlinuz-$version" "lib/modules/$version/vmlinuz"; do
        [[ ! -e $root/$kernel ]] || ln -sfn "$kernel" "$root/vmlinuz"
    done
    [[ -e $root/vmlinuz ]] || die "there is no kernel in the packages of $version"
}

# Since Linux 7 there are several packages: image, binary, modules, base.
fetch() { # FOLDER
    local work=$1 packages deb

    apt_prepare "$work" amd64
    packages=$(apt_packages "$work" "$package" 'linux-(image|binary|modules|base)-[0-9]') ||
        die "no $package in: $(cat "$work/sources.list")"
    # shellcheck disable=SC2086 # one word a package
    apt_download "$work" $packages
    mkdir "$work/root"
    for deb in "$work"/debs/*.deb; do
        dpkg-deb -x "$deb" "$work/root"
    done
    complete "$work/root"
}

main() {
    (($# == 1)) || die "usage: fetch-kernel.sh DIR"
    local dir=${1%/}

    if [[ ! -d $dir ]]; then
        mkdir -p "$(dirname "$dir")"
        # Beside DIR, so that the rename is atomic. If two run at once, the second uses what the first made.
        work=$(mktemp -d "$(realpath "$(dirname "$dir")")/.kernel.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        fetch "$work" >&2
        mv -T "$work/root" "$dir" 2>/dev/null || [[ -d $dir ]] || die "cannot create $dir"
    fi
    echo "$dir"
}

main "$@"
