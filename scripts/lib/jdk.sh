# Sourced. Sets and exports JAVA_HOME to a JDK 25 (one with javac) and puts its bin first on PATH.
# Order: JAVA_HOME, the usual places of Linux distributions, SDKMAN, macOS, then `java` on PATH.

# A JDK says what it is in its `release` file; reading that is quicker than starting it.
jdk_is_25() {
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] && grep -q '^JAVA_VERSION="25[".]' "$1/release"
}

# The home of the `java` on PATH, through whatever symlinks lead to it; prints nothing if there is none.
jdk_on_path() {
    jdk_java=$(command -v java) || return 0
    jdk_java=$(readlink -f "$jdk_java") || return 0
    printf '%s\n' "${jdk_java%/bin/java}"
}

jdk_find() {
    for jdk_home in "${JAVA_HOME:-}" \
            /usr/lib/jvm/* /opt/* "${HOME:-/nonexistent}"/.sdkman/candidates/java/* \
            /Library/Java/JavaVirtualMachines/*/Contents/Home "$(jdk_on_path)"; do
        if [ -n "$jdk_home" ] && jdk_is_25 "$jdk_home"; then
            JAVA_HOME=$jdk_home
            PATH=$JAVA_HOME/bin:$PATH
            export JAVA_HOME PATH
            return 0
        fi
    done
    echo "error: no JDK 25 found (JAVA_HOME, /usr/lib/jvm, /opt, ~/.sdkman, /Library/Java, PATH): install one, e.g. Eclipse Temurin 25, or set JAVA_HOME" >&2
    return 1
}

jdk_find || exit 1
# Options of the environment would reach every JVM of the build, and print a line each time.
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS CLASSPATH
