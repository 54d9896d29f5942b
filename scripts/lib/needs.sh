# Sourced. need COMMAND PACKAGE: makes sure COMMAND is there; as root on a Debian-like system it installs PACKAGE,
# otherwise it says in one line what is missing and fails.

need() {
    # sbin: sshd, useradd and tcpdump live there and are not on every user's PATH
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1 && return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing $2 (for $1)" >&2
        need_install "$2" && PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1 && return 0
        echo "error: $1 is missing and installing the package $2 failed" >&2
    else
        echo "error: $1 is missing: install the package $2" >&2
    fi
    return 1
}

# The package lists are only fetched when the package is not in those at hand.
need_install() {
    need_log=$(DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" </dev/null 2>&1) && return 0
    need_log=$(apt-get update -q </dev/null 2>&1 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" </dev/null 2>&1) && return 0
    printf '%s\n' "$need_log" | tail -n 5 >&2
    return 1
}
