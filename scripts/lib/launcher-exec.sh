
exec "$java" "$@"
