
# 5. An agent outlives who starts it, so it is started here in the background, and the lines that tell where it is are waited for:
# it prints them once its socket is there, and then lets go of all it was started with. The user's words are the last of "$@".
parse() {
    shift "$jvm"
    while getopts :cDdksE:a:O:P:t: letter; do
        case $letter in D | d | k | '?' | :) foreground=1 ;; esac
    done
    words=$((OPTIND - 1)) command=$(($# - OPTIND + 1))
}
jvm=$(($# - given)) foreground=
parse "$@"
[ -z "$foreground" ] || exec "$java" "$@"

lines=$("$java" "-Dqnsp.launcher=$$" "$@" </dev/null &)
[ -n "$lines" ] || exit 1
if [ "$command" = 0 ]; then
    printf '%s\n' "$lines"
    exit
fi
eval "$lines"
shift "$((jvm + words))"
[ "$jars" = "$home/lib" ] || exec 8<&-
exec "$@"
