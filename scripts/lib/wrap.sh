# Sourced. wrap DIR JAVA [OPTION...]: makes in DIR an installation like dist/ whose launchers start JAVA with the options put
# before their own, to look into a program that runs as it always does. Of their own they lose what would be in the way.

wrap() {
    wrap_dir=$1 wrap_java=$2; shift 2
    mkdir -p "$wrap_dir/runtime/bin"
    cp -a dist/bin "$wrap_dir/bin"
    ln -sfn "$PWD/dist/lib" "$wrap_dir/lib"
    {
        printf '%s\n' '#!/bin/sh' 'for word do' '    shift' \
            '    case $word in -XX:+DisableAttachMechanism | -XX:ZUncommitDelay=*) ;; *) set -- "$@" "$word" ;; esac' 'done'
        printf 'exec %s' "$wrap_java"
        [ $# = 0 ] || printf " '%s'" "$@"
        printf ' "$@"\n'
    } >"$wrap_dir/runtime/bin/java"
    chmod 755 "$wrap_dir/runtime/bin/java"
}

# What the JDK's Java has to be told of and the runtime image is not: its modules that are incubating.
incubating() {
    incubating_list=$(dist/runtime/bin/java --list-modules | sed -n 's/^\(jdk\.incubator[^@]*\).*/\1/p' | paste -s -d ,)
    [ -z "$incubating_list" ] || printf '%s\n' "--add-modules=$incubating_list"
}

# What the launcher of a program gives the JVM, one a line, without the start-up cache, which belongs to the runtime image.
jvm_options() {
    jvm_options_dir=$(mktemp -d)
    wrap "$jvm_options_dir" "printf '%s\n'"
    "$jvm_options_dir/bin/$1" | sed -e '/^-cp$/,$d' | grep -v -e '^-XX:AOT' -e '^-Xlog' -e '^-D' -e '^-XX:-DisplayVMOutput' -e '^-XX:+SuppressFatal'
    incubating
    rm -rf -- "$jvm_options_dir"
}
