#!/bin/sh
# rvenv pack: launcher
# Starts a Python of this machine as the Python of the environment around this file.
# The first that fits of: RVENV_PACK_PYTHON, `rvenv pack --python`, the interpreter that the environment was
# made from, PATH, the usual directories. It writes nothing.
# shellcheck disable=SC3013 # every sh of Linux and macOS has `test -ef`
named=__RVENV_NAMED__
base=__RVENV_BASE__
names=__RVENV_NAMES__
series=__RVENV_SERIES__
shown=__RVENV_SHOWN__
hint=__RVENV_HINT__

# The environment is around $self: through a link from elsewhere it is where the link leads.
case $0 in
    */*) self=$0 ;;
    *) self=$(command -v -- "$0") || self=$0 ;;
esac
while [ -L "$self" ] && ! [ -f "${self%/*}/../pyvenv.cfg" ]; do
    target=$(readlink -- "$self") || break
    case $target in
        /*) self=$target ;;
        *) self=${self%/*}/$target ;;
    esac
done
case $self in
    /*) ;;
    ./*) self=$PWD/${self#./} ;;
    *) self=$PWD/$self ;;
esac

fail() {
    printf '%s: %s\nhint: %s\n' "$self" "$1" "$2" >&2
    exit 127
}

# $1 is an executable file that is neither this one nor another launcher.
is_candidate() {
    case $1 in
        /*) ;;
        *) return 1 ;;
    esac
    if ! [ -f "$1" ] || ! [ -x "$1" ] || [ "$1" -ef "$self" ]; then
        return 1
    fi
    first='' second=''
    IFS= read -r first <"$1" || :
    [ "$first" = '#!/bin/sh' ] || return 0
    { IFS= read -r first && IFS= read -r second; } <"$1" || :
    [ "$second" != '# rvenv pack: launcher' ]
}

__RVENV_START__
# Starts $1, if it is a candidate that fits, with the arguments that follow.
try() {
    if is_candidate "$1"; then
        candidates=$((candidates + 1))
        [ "$candidates" -le "$after" ] || start "$@"
    fi
}

try_names() {
    directory=$1
    shift
    for name in $names; do
        try "$directory/$name" "$@"
    done
}

candidates=0
after=${RVENV_PACK_AFTER-0}
unset RVENV_PACK_AFTER

if [ -n "${RVENV_PACK_PYTHON-}" ]; then
    case $RVENV_PACK_PYTHON in
        /*) try "$RVENV_PACK_PYTHON" "$@" ;;
    esac
    fail "RVENV_PACK_PYTHON=$RVENV_PACK_PYTHON is not the absolute path of a $shown that this environment can use" \
        "unset it, or set it to another path"
fi
[ -z "$named" ] || try "$named" "$@"
[ -z "$base" ] || try "$base" "$@"

rest=${PATH-}:
while [ -n "$rest" ]; do
    entry=${rest%%:*}
    rest=${rest#*:}
    case $entry in
        /*) try_names "${entry%/}" "$@" ;;
    esac
done
# A pattern that matches nothing is no directory.
for directory in __RVENV_DIRECTORIES__; do
    [ ! -d "$directory" ] || try_names "$directory" "$@"
done

fail "no $shown on this machine" "$hint"
