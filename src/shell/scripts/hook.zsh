# Activates and deactivates on a change of directory: `eval "$(rvenv hook zsh)"` in ~/.zshrc.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
_rvenv_hook() {
    # A subshell's changes end with it.
    [[ $ZSH_SUBSHELL == 0 ]] || return 0
    [[ "$PWD|${VIRTUAL_ENV-}|$PATH" == "${_RVENV_HOOK_SEEN-}" ]] || _rvenv_hook_update
    # zsh remembers where it found a command: one that pip installed since comes first.
    # `-nt` is false for a file that is not there.
    [[ -n ${VIRTUAL_ENV-} ]] &&
        [[ ! -e ${_RVENV_HOOK_NEWEST-} || "$VIRTUAL_ENV/bin" -nt $_RVENV_HOOK_NEWEST ]] && _rvenv_hook_rehash
    return 0
}

_rvenv_hook_update() {
    # An activation that the user ended by hand is not made again until the project is left.
    case ${_RVENV_HOOK-} in
        ('' | !* | "${VIRTUAL_ENV-}") ;;
        (*) typeset -gx _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    eval "$(_RVENV_HOOK_STATE="${_RVENV_HOOK_STATE:-::}" _RVENV_HOOK_LEFT="${_RVENV_HOOK_LEFT-}" \
        _RVENV_HOOK_HELD="${_RVENV_ENTRY-${_OLD_VIRTUAL_PATH+another}}" \
        __RVENV_PROGRAM__ hook-env --shell zsh)" || :
    typeset -g _RVENV_HOOK_SEEN="$PWD|${VIRTUAL_ENV-}|$PATH"
}

# The newest file is the mark: the directory becomes newer than it when a file is added. `rehash` would
# drop the user's own `hash` entries, and have zsh read all of PATH.
_rvenv_hook_rehash() {
    local file
    for file in "$VIRTUAL_ENV/bin"/*(N); do
        [[ ! -x $file ]] || hash -- "${file##*/}"="$file"
        [[ "$VIRTUAL_ENV/bin" -nt $file ]] || typeset -g _RVENV_HOOK_NEWEST=$file
    done
}

# What was left can only come back before the user types.
_rvenv_hook_last() {
    _rvenv_hook
    typeset -g _RVENV_HOOK_LEFT=
}

function rvenv {
    __RVENV_PROGRAM__ "$@" || return
    typeset -g _RVENV_HOOK_SEEN=
}

# A parent that exports all its variables has not run the hook of this shell.
unset _RVENV_HOOK_SEEN _RVENV_HOOK_STATE _RVENV_HOOK_LEFT
# First, so that prompts which are made at each prompt see what it did; and last, as other tools change PATH.
typeset -ga chpwd_functions precmd_functions
chpwd_functions=(_rvenv_hook ${chpwd_functions[@]:#_rvenv_hook})
precmd_functions=(_rvenv_hook ${${precmd_functions[@]:#_rvenv_hook}:#_rvenv_hook_last} _rvenv_hook_last)
