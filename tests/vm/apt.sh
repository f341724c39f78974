# shellcheck shell=bash
# Downloads packages of Debian without installing them, to be sourced. Everything apt needs is kept in a folder of the
# caller's: /etc/apt and apt's state are not ours to change, and the machine's own indexes may be older than the mirror.
#
#     apt_prepare FOLDER ARCHITECTURE [SUITE]     SUITE: of Debian's main archive, instead of the machine's release.
#                                                 The architecture need not be one of the machine's own
#     apt_packages FOLDER PACKAGE REGEXP          those PACKAGE depends on, directly or not, whose names match
#     apt_download FOLDER PACKAGE...              puts FOLDER/debs/*.deb in place

# The machine's own sources, so that its mirror is used, in apt's one-line format.
apt_sources() { # ARCHITECTURE [SUITE]
    local architecture=$1 suite=${2-} keyring=/usr/share/keyrings/debian-archive-keyring.gpg uri release
    local filter=('Created-By: Packages' 'Origin: Debian' 'Component: main')
    filter+=("Architecture: $(dpkg --print-architecture)")
    local options="arch=$architecture"

    [[ -z $suite ]] || filter+=('Label: Debian')
    [[ ! -r $keyring ]] || options+=" signed-by=$keyring"
    # shellcheck disable=SC2016 # apt-get's own placeholders
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' "${filter[@]}" |
        while read -r uri release; do
            echo "deb [$options] $uri ${suite:-$release} main"
        done | sort -u
}

# Hooks that the machine runs after an update do not concern a test.
apt_prepare() { # FOLDER ARCHITECTURE [SUITE]
    mkdir -p "$1"/{lists,cache}/partial "$1/debs"
    cat >"$1/apt.conf" <<-CONF
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		APT::Architecture "$2";
		APT::Architectures { "$2"; };
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::State "$1";
		Dir::State::Lists "$1/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$1/cache";
		APT::Sandbox::User "$(id -un)";
		Acquire::Languages "none";
		Acquire::Retries "3";
	CONF
    apt_sources "${@:2}" >"$1/sources.list"
    [[ -s $1/sources.list ]] || { echo "apt knows no Debian archive: run 'apt-get update' first" >&2 && return 1; }
    apt-get -c "$1/apt.conf" -qq update
}

apt_packages() { # FOLDER PACKAGE REGEXP
    apt-cache -c "$1/apt.conf" depends --recurse --important "$2" | grep -E "^$3" | sort -u
}

apt_download() { # FOLDER PACKAGE...
    (cd "$1/debs" && apt-get -c "$1/apt.conf" -qq download "${@:2}")
}
