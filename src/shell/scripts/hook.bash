# Activates and deactivates on a change of directory: `eval "$(rvenv hook bash)"` in ~/.bashrc.
# Only a change of directory starts a process, and so does a prompt after an rvenv command.
_rvenv_hook () {
    local code=$?
    # Commands that pip installed meanwhile are to be found before those that were looked up once.
    [[ -z ${VIRTUAL_ENV-} ]] || hash -r 2>/dev/null || :
    # An activation that the user ended by hand is not to be made again until the project is left.
    case ${_RVENV_HOOK-} in
        '' | !* | "${VIRTUAL_ENV-}") ;;
        *) _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    if [[ $PWD != "${_RVENV_HOOK_PWD-}" ]]; then
        _RVENV_HOOK_PWD=$PWD
        eval "$(__RVENV_PROGRAM__ hook-env --shell bash)" || :
    fi
    # With `set -e` a code that is not 0 would end the shell.
    [[ $- == *e* ]] || return "$code"
}

function rvenv {
    __RVENV_PROGRAM__ "$@" || return
    _RVENV_HOOK_PWD=
    hash -r 2>/dev/null || :
}

case ";${PROMPT_COMMAND[*]-};" in
    *[\;\ ]_rvenv_hook[\;\ ]*) ;;
    *)
        # It comes first, so that prompts which are made anew each time see what it did. An array
        # is more than its first element from bash 5.1 on.
        if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) &&
            [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
            PROMPT_COMMAND=(_rvenv_hook "${PROMPT_COMMAND[@]}")
        else
            # shellcheck disable=SC2128,SC2178 # as in the case above, there is the first element only
            PROMPT_COMMAND="_rvenv_hook${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
        fi
        ;;
esac
