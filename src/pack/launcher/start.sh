# Replaces this process by the Python $1 if it fits. `getpath` finds the environment by the variable, and the
# standard library where this Python was built for.
start() {
    python=$(__PYVENV_LAUNCHER__="$self" "$1" -B -I -S -c __RVENV_PROBE__ "$series" 2>/dev/null)
    case $?,$python in
        0,/*)
            shift
            export __PYVENV_LAUNCHER__="$self"
            exec "$python" "$@"
            ;;
        # No Python, or one of another series.
        0,* | 3,*) return 0 ;;
    esac
    # One that was moved finds its standard library beside itself as long as it does not act as the environment's.
    python=$("$1" -B -I -S -c __RVENV_PROBE__ "$series" 2>/dev/null) || return 0
    home=${python%/*/*}
    for library in "$home"/lib*/python3*/os.py; do
        if [ -f "$library" ]; then
            shift
            start_moved "$@"
        fi
    done
}

# Replaces this process by $python, whose installation is $home. `rvenv-pack.pth` takes the variables away.
start_moved() {
    state=options
    left=$#
    while [ "$left" -gt 0 ]; do
        argument=$1
        shift
        left=$((left - 1))
        case $state,$argument in
            options,-W | options,-X | options,--check-hash-based-pycs) state=value ;;
            options,--?*) ;;
            options,-?*) translate ;;
            options,*) state=rest ;;
            value,*) state=options ;;
        esac
        if [ -n "$argument" ] || [ "$state" != options ]; then
            set -- "$@" "$argument"
        fi
    done
    export PYTHONHOME="$home" RVENV_PACK_HOME=1 __PYVENV_LAUNCHER__="$self"
    exec "$python" "$@"
}

# Replaces `-E` and `-I` in the options of $argument, with which Python would not read PYTHONHOME: the other
# variables are unset, and `-s -P` are the rest of `-I`.
translate() {
    letters=${argument#-}
    flags=${letters%%[cmWX]*}
    letters=${letters#"$flags"}
    argument=
    while [ -n "$flags" ]; do
        rest=${flags#?}
        case ${flags%"$rest"} in
            E) forget ;;
            I) forget && argument=${argument}sP ;;
            *) argument=$argument${flags%"$rest"} ;;
        esac
        flags=$rest
    done
    argument=${argument:+-}$argument
    case $letters in
        '') return ;;
        [WX]) state=value ;;
        [WX]*) ;;
        *) state=rest ;;
    esac
    argument=${argument:--}$letters
}

# Unsets the variables that Python reads.
forget() {
    for variable in $(env | sed -n 's/^\(PYTHON[A-Z0-9_]*\)=.*/\1/p'); do
        unset "$variable"
    done
}
