#!/bin/bash
# Build machines seldom have the wireguard module, and cannot load one. Debian's own kernel package has it: it is
# downloaded and unpacked here, never installed, for run.sh to boot.
#
# usage: fetch-kernel.sh DIR [SUITE]
#
# DIR becomes the root of the unpacked package, and is printed. SUITE is a suite of Debian's main archive that holds
# another kernel than the machine's own release (trixie, trixie-backports). Once DIR exists it is left as it is.
set -euo pipefail

readonly package=linux-image-cloud-amd64

die() {
    echo "fetch-kernel.sh: $*" >&2
    exit 1
}

# The machine's own Debian sources, so that its mirror is used, in apt's one-line format; with a SUITE, that suite instead.
debian_sources() {
    local suite=$1 filter=('Created-By: Packages' 'Origin: Debian' 'Component: main' 'Architecture: amd64')
    local options='arch=amd64' keyring=/usr/share/keyrings/debian-archive-keyring.gpg uri release

    [[ -z $suite ]] || filter+=('Label: Debian')
    [[ ! -r $keyring ]] || options+=" signed-by=$keyring"
    # shellcheck disable=SC2016 # apt-get's own placeholders
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' "${filter[@]}" |
        while read -r uri release; do
            echo "deb [$options] $uri ${suite:-$release} main"
        done | sort -u
}

# Private indexes: /etc/apt and apt's state are not ours to change, the machine's own indexes may be older than the
# mirror, and hooks that the machine runs after an update are no business of a test.
write_apt_conf() {
    local dir=$1

    mkdir -p "$dir"/{lists,cache}/partial
    cat >"$dir/apt.conf" <<-END
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::State "$dir";
		Dir::State::Lists "$dir/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$dir/cache";
		APT::Sandbox::User "$(id -un)";
		Acquire::Languages "none";
		Acquire::Retries "3";
	END
}

# The kernel's own packages: one, or since Linux 7 several (image, binary, modules, base).
kernel_packages() {
    apt-cache -c "$1" depends --recurse --important "$package" | grep -E '^linux-(image|binary|modules|base)-[0-9]' | sort -u
}

# What the package's installation would have done, and what differs between releases: the index of the modules, the place
# of the kernel, and of /lib.
complete() {
    local root=$1 version kernel

    [[ -e $root/lib ]] || ln -s usr/lib "$root/lib"
    version=$(ls "$root/lib/modules")
    PATH=$PATH:/usr/sbin:/sbin depmod -b "$root" "$version"
    for kernel in "boot/vmlinuz-$version" "lib/modules/$version/vmlinuz"; do
        [[ ! -e $root/$kernel ]] || ln -sfn "$kernel" "$root/vmlinuz"
    done
    [[ -e $root/vmlinuz ]] || die "there is no kernel in the packages of $version"
}

fetch() {
    local work=$1 suite=$2 packages deb

    write_apt_conf "$work"
    debian_sources "$suite" >"$work/sources.list"
    [[ -s $work/sources.list ]] || die "apt knows of no Debian archive: run 'apt-get update' first"
    apt-get -c "$work/apt.conf" -qq update
    packages=$(kernel_packages "$work/apt.conf") || die "no $package in: $(cat "$work/sources.list")"
    mkdir "$work/debs" "$work/root"
    # shellcheck disable=SC2086 # one word a package
    (cd "$work/debs" && apt-get -c "$work/apt.conf" -qq download $packages)
    for deb in "$work"/debs/*.deb; do
        dpkg-deb -x "$deb" "$work/root"
    done
    complete "$work/root"
}

main() {
    (($# == 1 || $# == 2)) || die "usage: fetch-kernel.sh DIR [SUITE]"
    local dir=${1%/}

    if [[ ! -d $dir ]]; then
        mkdir -p "$(dirname "$dir")"
        # Beside DIR, so that the rename is atomic. Whoever comes second takes what the first one made.
        work=$(mktemp -d "$(realpath "$(dirname "$dir")")/.kernel.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        fetch "$work" "${2-}" >&2
        mv -T "$work/root" "$dir" 2>/dev/null || [[ -d $dir ]] || die "cannot create $dir"
    fi
    echo "$dir"
}

main "$@"
