# Sourced by bash. A place in memory, which becomes the current directory, with keys and daemons of its own on loopback;
# all of it goes when the script ends. Leaves work, bin, and daemons, their process ids. Needs $root.

bin=$root/dist/bin
[ -x "$bin/qsshd" ] || scripts/build >/dev/null || scripts/build
work=${TMPDIR:-/tmp}
[ ! -w /dev/shm ] || work=/dev/shm # no disk in the figures
work=$(mktemp -d "$work/qnsp-measure.XXXXXX")
daemons=()
cleanup() {
    local status=$?
    for daemon in "${daemons[@]}"; do kill "$daemon" 2>/dev/null || true; done
    [ "$status" = 0 ] || { echo "${0##*/}: failed; the logs:" >&2; tail -n 20 "$work"/*.log >&2 || true; }
    rm -rf -- "$work"
}
trap cleanup EXIT
mkdir "$work/home" # nothing of the user's is read, by clients and sessions

make_keys() { # ssh or qssh: what names the keys
    local keygen=("$bin/qssh-keygen" -q -N '')
    [ "$1" = qssh ] || keygen=(ssh-keygen -q -t ed25519 -N '')
    "${keygen[@]}" -f "$work/${1}_host" && "${keygen[@]}" -f "$work/${1}_id"
    echo "bench $(cut -d ' ' -f 1,2 "$work/${1}_host.pub")" >"$work/${1}_known"
}

start() { # name, which keys, daemon..., on a port that is free; leaves port
    local name=$work/$1 keys=$work/$2 attempt daemon; shift 2
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((23000 + RANDOM % 37000))
        printf '%s\n' "Port $port" "ListenAddress 127.0.0.1" "HostKey ${keys}_host" "AuthorizedKeysFile ${keys}_id.pub" "StrictModes no" \
            "PermitRootLogin yes" "PidFile none" "SetEnv HOME=$work/home" "MaxStartups 100" >"$name.conf"
        [ "${keys##*/}" != ssh ] || printf '%s\n' "UsePAM no" "Subsystem sftp internal-sftp" >>"$name.conf"
        : >"$name.log"
        "$@" -D -e -f "$name.conf" 2>"$name.log" &
        daemon=$!
        while kill -0 "$daemon" 2>/dev/null; do
            if grep -qi 'listening on' "$name.log"; then daemons+=("$daemon"); return; fi
            sleep 0.05
        done
    done
    echo "${0##*/}: ${name##*/} does not listen" >&2; exit 1
}
