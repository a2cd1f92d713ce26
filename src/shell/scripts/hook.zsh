# Activates and deactivates on a change of directory: `eval "$(rvenv hook zsh)"` in ~/.zshrc.
# Only a change of directory starts a process, and so does a prompt after an rvenv command.
_rvenv_hook() {
    # A subshell's changes end with it.
    [[ $ZSH_SUBSHELL == 0 ]] || return 0
    # Commands that pip installed meanwhile are to be found before those that were looked up once.
    [[ -z ${VIRTUAL_ENV-} ]] || rehash
    # An activation that the user ended by hand is not to be made again until the project is left.
    case ${_RVENV_HOOK-} in
        ('' | !* | "${VIRTUAL_ENV-}") ;;
        (*) _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    if [[ $PWD != "${_RVENV_HOOK_PWD-}" ]]; then
        typeset -g _RVENV_HOOK_PWD="$PWD"
        eval "$(__RVENV_PROGRAM__ hook-env --shell zsh)" || :
    fi
}

function rvenv {
    __RVENV_PROGRAM__ "$@" || return
    typeset -g _RVENV_HOOK_PWD=
    rehash
}

# It comes first, so that prompts which are made anew each time see what it did.
typeset -ga chpwd_functions precmd_functions
chpwd_functions=(_rvenv_hook ${chpwd_functions:#_rvenv_hook})
precmd_functions=(_rvenv_hook ${precmd_functions:#_rvenv_hook})
