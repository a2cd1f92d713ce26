# Activates and deactivates on a change of directory: `eval "$(rvenv hook ksh)"` in the file that
# $ENV names. These shells have no hook of their own, so `cd` does it.
_rvenv_hook () {
    # An activation that the user ended by hand is not to be made again until the project is left.
    case ${_RVENV_HOOK-} in
        '' | !* | "${VIRTUAL_ENV-}") ;;
        *) export _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    if [ "$PWD" != "${_RVENV_HOOK_PWD-}" ]; then
        _RVENV_HOOK_PWD=$PWD
        eval "$(__RVENV_PROGRAM__ hook-env --shell sh)" || :
    fi
}

cd () {
    # shellcheck disable=SC2164 # the caller sees to it
    command cd "$@" && _rvenv_hook
}

rvenv () {
    __RVENV_PROGRAM__ "$@" || return
    _RVENV_HOOK_PWD=
    _rvenv_hook
    hash -r 2>/dev/null || :
}

_rvenv_hook
