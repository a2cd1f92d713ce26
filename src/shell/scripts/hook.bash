# Activates and deactivates on a change of directory: `eval "$(rvenv hook bash)"` in ~/.bashrc.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
_rvenv_hook () {
    local code=$?
    if [[ "$PWD|${VIRTUAL_ENV-}|$PATH" != "${_RVENV_HOOK_SEEN-}" ]]; then
        _rvenv_hook_update
    fi
    # bash remembers where it found a command: one that pip installed since comes first.
    if [[ -n ${VIRTUAL_ENV-} && "$VIRTUAL_ENV/bin" -nt ${_RVENV_HOOK_NEWEST-} ]]; then
        _rvenv_hook_rehash
    fi
    # With `set -e` a code that is not 0 would end the shell.
    [[ $- == *e* ]] || return "$code"
}

_rvenv_hook_update () {
    # An activation that the user ended by hand is not made again until the project is left.
    case ${_RVENV_HOOK-} in
        '' | !* | "${VIRTUAL_ENV-}") ;;
        *) export _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    eval "$(_RVENV_HOOK_STATE="${_RVENV_HOOK_STATE:-::}" _RVENV_HOOK_LEFT="${_RVENV_HOOK_LEFT-}" \
        _RVENV_HOOK_HELD="${_RVENV_ENTRY-${_OLD_VIRTUAL_PATH+another}}" \
        __RVENV_PROGRAM__ hook-env --shell bash)" || :
    _RVENV_HOOK_SEEN="$PWD|${VIRTUAL_ENV-}|$PATH"
}

# The newest file is the mark: the directory becomes newer than it when a file is added.
_rvenv_hook_rehash () {
    local file
    for file in "$VIRTUAL_ENV/bin"/*; do
        hash -d "${file##*/}" 2>/dev/null || :
        [[ "$VIRTUAL_ENV/bin" -nt $file ]] || _RVENV_HOOK_NEWEST=$file
    done
}

# What was left can only come back before the user types.
_rvenv_hook_last () {
    local code=$?
    _rvenv_hook
    _RVENV_HOOK_LEFT=
    [[ $- == *e* ]] || return "$code"
}

function rvenv {
    __RVENV_PROGRAM__ "$@" || return
    _RVENV_HOOK_SEEN=
}

# A parent that exports all its variables has not run the hook of this shell.
unset _RVENV_HOOK_SEEN _RVENV_HOOK_STATE _RVENV_HOOK_LEFT || :
case ";${PROMPT_COMMAND[*]-};" in
    *[\;\ $'\n']_rvenv_hook[\;\ $'\n']*) ;;
    *)
        # First, so that prompts which are made at each prompt see what it did; and last, as other tools
        # change PATH. An array is more than its first element from bash 5.1 on.
        if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) &&
            [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
            PROMPT_COMMAND=(_rvenv_hook "${PROMPT_COMMAND[@]}" _rvenv_hook_last)
        else
            # `;` may end what is there, and a second one is a syntax error.
            # shellcheck disable=SC2128,SC2178 # as in the case above, there is the first element only
            PROMPT_COMMAND="_rvenv_hook${PROMPT_COMMAND:+;$PROMPT_COMMAND}"$'\n'_rvenv_hook_last
        fi
        ;;
esac
