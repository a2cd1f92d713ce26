# Replaces this process by the Python $1 if it fits. `getpath` finds the environment by the variable, and the
# standard library where this Python was built for.
start() {
    python=$(__PYVENV_LAUNCHER__="$self" "$1" -B -I -S -c __RVENV_PROBE__ "$series" 2>/dev/null) || return 0
    [ -n "$python" ] || return 0
    shift
    export __PYVENV_LAUNCHER__="$self"
    exec "$python" "$@"
}
