
# 5. On AMD's processors SHA-3, most of the work on a frame, runs faster as the JVM compiles it from Java than in what it brings for
# AVX-512. The second line of this file says whose processor it is; on other architectures it says something else.
maker=
[ -r /proc/cpuinfo ] && { read -r _; read -r _ _ maker; } </proc/cpuinfo
[ "$maker" = AuthenticAMD ] && set -- -XX:+UnlockDiagnosticVMOptions -XX:-UseSHA3Intrinsics "$@"
exec "$java" "$@"
