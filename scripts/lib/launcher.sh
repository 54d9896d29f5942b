#!/bin/sh
# @PROGRAM@: finds the installation it belongs to and starts it. Made by scripts/build; writes nothing.

# 0. What system is this? The JVM inside would fail elsewhere in many words. Linux has /proc/self/ns, which spares asking.
[ -d /proc/self/ns ] || case $(uname -s 2>/dev/null) in
    Linux | Darwin) ;;
    *) echo "@PROGRAM@: error: this runs on Linux, its clients perhaps on macOS, and on no other system" >&2; exit 1 ;;
esac

# 1. Where is the installation? Follow a chain of symbolic links, absolute or relative, to this very file.
self=$0
case $self in */*) ;; *) self=$(command -v -- "$0") ;; esac
while [ -h "$self" ]; do
    link=$(readlink "$self") || exit 1
    case $link in
        /*) self=$link ;;
        *) self=${self%/*}/$link ;;
    esac
done
case $self in /*) ;; *) self=./$self ;; esac # so that cd does not look at CDPATH
home=$(cd -P -- "${self%/*}/.." && pwd) || exit 1
case $home in
    *:*) echo "@PROGRAM@: error: cannot run from a directory with a colon in its name: $home" >&2; exit 1 ;;
esac

# 2. Which Java? The runtime image beside this file; without one (a developer's build) a Java 25 of the machine.
java=$home/runtime/bin/java
if [ ! -x "$java" ]; then
    java=java
    for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/*; do
        if [ -n "$candidate" ] && [ -x "$candidate/bin/java" ] \
                && grep -q '^JAVA_VERSION="25[".]' "$candidate/release" 2>/dev/null; then
            java=$candidate/bin/java
            break
        fi
    done
fi

# 3. The environment: nothing of it may add options to the JVM (each also prints a line) or replace the class path.
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS JDK_AOT_VM_OPTIONS CLASSPATH
# In the C locale Java cannot name a file that is not ASCII, so that locale is widened to its UTF-8 variant.
# Programs that pass the locale on are told what it was.
locale=
case ${LC_ALL:-${LC_CTYPE:-${LANG:-C}}} in
    C | POSIX)
        if [ -n "${LC_ALL:-}" ]; then locale=LC_ALL=$LC_ALL; else locale=LC_CTYPE=${LC_CTYPE:-}; fi
        if [ -n "${LC_ALL:-}" ]; then LC_ALL=C.UTF-8; export LC_ALL; else LC_CTYPE=C.UTF-8; export LC_CTYPE; fi ;;
esac
ulimit -S -c 0 2>/dev/null # a core file would hold keys

# 4. The options of the JVM. Why each is there: docs/adr/0001-launchers-runtime-image-start-up-cache.md
# The jars go by a descriptor's name, unless the caller uses it: a start-up cache remembers the names that its maker gave them, and the JVM
# looks for each of them with each class of the cache as long as it finds nothing there (0116).
jars=$home/lib given=$#
# A session in a terminal that is asked for in mode low is to answer keys at once and moves little: its code is compiled soon and simply (0118).
# What a configuration file says is not known yet; and where anything is forwarded, or shared, much may be moved.
simple=
case "@PROGRAM@ $* " in 'qssh '*'--padding=low '*)
    [ -t 0 ] && [ -t 1 ] && simple=1
    value=
    for word in "$@"; do
        case $value$word in
            --) break ;;
            --*) ;;
            -t | -tt) simple=1 ;;
            -*[NLRDWwfMST]*) simple=; break ;;
            -*[BbcEeFIiJlmOoPpQ]) value=value: ;; # the next word is the option's
            -*) ;;
            value:*) value= ;;
            *) break ;;
        esac
    done ;;
esac
if [ -d /proc/self/fd ] && [ ! -h /proc/self/fd/8 ]; then exec 8<"$jars"; jars=/proc/self/fd/8; fi
set -- -cp "@CLASSPATH@" @MAIN@ "$@"
@CACHE@
# A session on a connection that is shared already needs few classes, and the smaller a cache the sooner it is loaded (0117).
# Noticed is a socket that is named among these words: what a configuration file says is not known yet.
last= master=
[ -z "$shared_cache" ] || for word in "$@"; do
    case $last$word in
        -S?*) master=${word#-S} ;;
        -oControlPath=?*) master=${word#-o} master=${master#ControlPath=} ;;
    esac
    case $word in -S | -o) last=$word ;; *) last= ;; esac
done
[ ! -S "$master" ] || cache=$shared_cache
[ -n "$cache" ] && [ -r "$jars/$cache" ] && set -- "-XX:AOTCache=$jars/$cache" "$@"
[ -z "$simple" ] || set -- -XX:TieredStopAtLevel=1 -XX:Tier3InvocationThreshold=4 -XX:Tier3MinInvocationThreshold=2 -XX:Tier3CompileThreshold=40 \
    -Dqnsp.simple=true "$@"
set -- @OPTIONS@ \
    -XX:-UsePerfData -XX:UserThreadWaitAttemptsAtExit=0 -XX:+DisableAttachMechanism -XX:-CreateCoredumpOnCrash \
    -Xlog:disable -Xlog:all=error:stderr '-Xlog:aot*=off:stderr' '-Xlog:cds*=off:stderr' \
    --enable-native-access=ALL-UNNAMED "-Dqnsp.home=$home" ${locale:+"-Dqnsp.locale=$locale"} "$@"
