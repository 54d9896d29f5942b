
[ -t 0 ] && modes=$(stty -g 2>/dev/null) || exec "$java" "$@"

# 5. Standard input is a terminal, which the client makes raw. Should the client be killed without a chance to undo that,
# someone has to, before the user's shell takes the terminal back: so the client runs as a child here. It stays in this
# process group, so that Ctrl-C, Ctrl-Z, fg and window changes reach both; a client that suspends itself must stop the
# whole group (kill -TSTP 0).

# A shell starts a background command with SIGINT and SIGQUIT ignored and reading from /dev/null; both are undone here.
# Where env cannot do its part the client does not see SIGINT, and gets SIGTERM in its place.
interrupt=TERM
if env --default-signal=INT,QUIT true 2>/dev/null; then
    set -- env --default-signal=INT,QUIT "$java" "$@"
    interrupt=INT
else
    set -- "$java" "$@"
fi
child=
signalled=
pass() { signalled=1; [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null; }
trap 'pass "$interrupt"' INT
trap 'pass TERM' QUIT TERM # the JVM keeps SIGQUIT for itself
trap 'pass HUP' HUP
trap 'pass USR1' USR1
trap 'pass USR2' USR2

exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&-

# A signal ends `wait` early, with a status that is not the child's; 127 is then what `wait` says of a child it already gave up.
status=
while :; do
    signalled=
    wait "$child" 2>/dev/null # the shell would announce a killed child on a terminal still raw
    now=$?
    if [ -z "$signalled" ]; then
        [ "$now" = 127 ] && [ -n "$status" ] || status=$now
        break
    fi
    status=$now
done

# Ended in the background (qssh ... &), the terminal is someone else's: in /proc/PID/stat, after the name in
# parentheses, the third field is the process group and the sixth the one in the foreground.
in_foreground() {
    [ -r "/proc/$$/stat" ] || return 0
    read -r stat <"/proc/$$/stat"
    set -- ${stat##*) }
    [ "$3" = "$6" ]
}
in_foreground && stty "$modes" 2>/dev/null
exit "$status"
