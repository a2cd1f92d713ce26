# Activates and deactivates on a change of directory: `eval "$(rvenv hook zsh)"` in ~/.zshrc.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
_rvenv_hook() {
    [[ $PWD == "$_RVENV_HOOK_PWD" && $PATH == "$_RVENV_HOOK_PATH" && ${VIRTUAL_ENV-} == "$_RVENV_HOOK_ENV" ]] ||
        _rvenv_hook_look
}

# What was left can only come back before the user types. `-nt` is false for a file that is not there.
_rvenv_hook_last() {
    [[ -z $_RVENV_HOOK_LEFT && $PATH == "$_RVENV_HOOK_PATH" && ${VIRTUAL_ENV-} == "$_RVENV_HOOK_ENV" &&
        -e $_RVENV_HOOK_NEWEST && ! ${VIRTUAL_ENV:+$VIRTUAL_ENV/bin} -nt $_RVENV_HOOK_NEWEST ]] || {
        _rvenv_hook_look
        typeset -g _RVENV_HOOK_LEFT=
    }
}

_rvenv_hook_look() {
    # A subshell's changes end with it.
    [[ $ZSH_SUBSHELL == 0 ]] || return 0
    [[ "$PWD|${VIRTUAL_ENV-}|$PATH" == "$_RVENV_HOOK_SEEN" ]] || _rvenv_hook_update
    typeset -g _RVENV_HOOK_PWD=$PWD _RVENV_HOOK_ENV=${VIRTUAL_ENV-} _RVENV_HOOK_PATH=$PATH
    # zsh remembers where it found a command: one that pip installed since comes first.
    if [[ -z ${VIRTUAL_ENV-} ]]; then
        typeset -g _RVENV_HOOK_NEWEST=/
    elif [[ ! -e $_RVENV_HOOK_NEWEST || "$VIRTUAL_ENV/bin" -nt $_RVENV_HOOK_NEWEST ]]; then
        _rvenv_hook_rehash
    fi
    return 0
}

_rvenv_hook_update() {
    # An activation that the user ended by hand is not made again until the project is left.
    case ${_RVENV_HOOK-} in
        ('' | !* | "${VIRTUAL_ENV-}") ;;
        (*) typeset -gx _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    eval "$(_RVENV_HOOK_STATE="$_RVENV_HOOK_STATE" _RVENV_HOOK_LEFT="$_RVENV_HOOK_LEFT" \
        _RVENV_HOOK_HELD="${_RVENV_ENTRY-${_OLD_VIRTUAL_PATH+another}}" \
        __RVENV_PROGRAM__ hook-env --shell zsh)" || :
    typeset -g _RVENV_HOOK_SEEN="$PWD|${VIRTUAL_ENV-}|$PATH" _RVENV_HOOK_NEWEST=
}

# The newest file is the mark: the directory becomes newer than it when a file is added. After one was removed
# there is no such file, and the names are the mark. `rehash` would drop the user's own `hash` entries, and have
# zsh read all of PATH.
_rvenv_hook_rehash() {
    local file files
    files="$(print -rl -- "$VIRTUAL_ENV/bin"/*(N))"
    [[ -z $_RVENV_HOOK_NEWEST || $files != "$_RVENV_HOOK_FILES" ]] || return 0
    typeset -g _RVENV_HOOK_FILES=$files
    for file in "$VIRTUAL_ENV/bin"/*(N); do
        [[ ! -x $file ]] || hash -- "${file##*/}"="$file"
        [[ "$VIRTUAL_ENV/bin" -nt $file ]] || typeset -g _RVENV_HOOK_NEWEST=$file
    done
}

function rvenv {
    __RVENV_PROGRAM__ "$@" || return
    typeset -g _RVENV_HOOK_SEEN= _RVENV_HOOK_PWD=
}

# A parent that exports all its variables has not run the hook of this shell.
unset _RVENV_HOOK_STATE _RVENV_HOOK_LEFT _RVENV_HOOK_SEEN _RVENV_HOOK_PWD
typeset -g _RVENV_HOOK_STATE=:: _RVENV_HOOK_LEFT= _RVENV_HOOK_SEEN= _RVENV_HOOK_PWD=
typeset -g _RVENV_HOOK_ENV= _RVENV_HOOK_PATH= _RVENV_HOOK_NEWEST= _RVENV_HOOK_FILES=
# First, so that prompts which are made at each prompt see what it did; and last, as other tools change PATH.
typeset -ga chpwd_functions precmd_functions
chpwd_functions=(_rvenv_hook ${chpwd_functions[@]:#_rvenv_hook})
precmd_functions=(_rvenv_hook ${${precmd_functions[@]:#_rvenv_hook}:#_rvenv_hook_last} _rvenv_hook_last)
