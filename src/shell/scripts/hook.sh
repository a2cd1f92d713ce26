# Activates and deactivates on a change of directory: `eval "$(rvenv hook ksh)"` in the file that
# $ENV names. These shells have no hook of their own, so `cd` does it.
_rvenv_hook () {
    # An activation that the user ended by hand is not made again until the project is left.
    case ${_RVENV_HOOK-} in
        '' | !* | "${VIRTUAL_ENV-}") ;;
        *) _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    if [ "$PWD|${VIRTUAL_ENV-}|$PATH" != "${_RVENV_HOOK_SEEN-}" ]; then
        eval "$(_RVENV_HOOK_STATE="${_RVENV_HOOK_STATE:-::}" \
            _RVENV_HOOK_HELD="${_RVENV_ENTRY-${_OLD_VIRTUAL_PATH+another}}" \
            __RVENV_PROGRAM__ hook-env --shell sh)" || :
        _RVENV_HOOK_SEEN="$PWD|${VIRTUAL_ENV-}|$PATH"
    fi
}

_rvenv_rvenv () {
    __RVENV_PROGRAM__ "$@" || return
    _RVENV_HOOK_SEEN=
    _rvenv_hook
    command hash -r 2>/dev/null || :
}

# The user's own function or alias goes on: `_rvenv_cd` calls it.
_rvenv_cd () {
    # shellcheck disable=SC2164 # the caller sees to it
    command cd "$@"
}
if alias cd >/dev/null 2>&1; then
    _rvenv_saved=$(alias cd)
    unalias cd
    eval "_rvenv_saved=${_rvenv_saved#*=}"
    eval "_rvenv_cd () { $_rvenv_saved \"\$@\"; }"
fi
case $(type cd 2>/dev/null) in
    *function*)
        # shellcheck disable=SC3044 # yash, ksh93 and mksh have it
        case ${KSH_VERSION-}${YASH_VERSION-} in
            '') _rvenv_saved= ;;
            *) _rvenv_saved=$(if [ -n "${YASH_VERSION-}" ]; then typeset -fp cd; else typeset -f cd; fi) ;;
        esac
        case $_rvenv_saved in
            *_rvenv_hook* | *_rvenv_cd*) ;;
            'function cd'*) eval "function _rvenv_cd${_rvenv_saved#'function cd'}" ;;
            cd*) eval "_rvenv_cd${_rvenv_saved#cd}" ;;
            *)
                [ -n "${_RVENV_HOOK_CD-}" ] ||
                    echo 'rvenv: the hook replaces your function cd, which this shell cannot save' >&2
                ;;
        esac
        ;;
esac
# Read a second time, the function `cd` is the one below.
_RVENV_HOOK_CD=1
unset _rvenv_saved _RVENV_HOOK_SEEN _RVENV_HOOK_STATE || :
if alias rvenv >/dev/null 2>&1; then
    :
else
    eval 'rvenv () { _rvenv_rvenv "$@"; }'
fi
eval 'cd () { _rvenv_cd "$@" && _rvenv_hook; }'

_rvenv_hook
