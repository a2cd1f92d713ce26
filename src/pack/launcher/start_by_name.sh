# Replaces this process by the Python $1, which finds the environment by the name that it is started with. One
# that does not fit starts this script again, which goes on with the next candidate.
start() {
    candidate=$1
    shift
    exec "$candidate" -B -I -S -c __RVENV_PROBE__ "$series" "$candidates" "$self" "$@"
}
