# Activates and deactivates on a change of directory: `eval "$(rvenv hook zsh)"` in ~/.zshrc.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
# A number as an index is faster than a variable: $1 is the last entry that the functions of the prompt look at.
_rvenv_hook_define() {
    local now="\$PWD:\${VIRTUAL_ENV-}:\${path[1,$1]}"
    eval "_rvenv_hook() { [[ $now == \"\$_RVENV_HOOK_KEY\" ]] || _rvenv_hook_look last; }
        _rvenv_hook_first() { [[ $now == \"\$_RVENV_HOOK_KEY\" ]] || _rvenv_hook_look; }"
}

# zsh remembers where it found a command: before the one that was typed, what pip installed since is looked up.
# `-nt` is false for a file that is not there.
_rvenv_hook_preexec() {
    [[ -e $_RVENV_HOOK_NEWEST && ! $_RVENV_HOOK_BIN -nt $_RVENV_HOOK_NEWEST ]] || _rvenv_hook_rehash
}

_rvenv_hook_look() {
    # A subshell's changes end with it.
    [[ $ZSH_SUBSHELL == 0 ]] || return 0
    emulate -L zsh
    [[ "$PWD|${VIRTUAL_ENV-}|$PATH" == "$_RVENV_HOOK_SEEN" ]] || _rvenv_hook_update
    typeset -g _RVENV_HOOK_KEY= _RVENV_HOOK_BIN=${VIRTUAL_ENV:+$VIRTUAL_ENV/bin}
    # What was left can only come back before the user types.
    [[ ${1-} != last ]] || typeset -g _RVENV_HOOK_LEFT=
    [[ -z $_RVENV_HOOK_LEFT ]] || return 0
    # What follows the entry on PATH cannot hide the environment's programs.
    local -i last=0
    [[ -z $_RVENV_HOOK_BIN ]] || last=${path[(ie)$_RVENV_HOOK_BIN]}
    typeset -g _RVENV_HOOK_KEY="$PWD:${VIRTUAL_ENV-}:${path[1,last]}"
    _rvenv_hook_define $last
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
    emulate -L zsh
    setopt null_glob
    local file files
    if [[ -z $_RVENV_HOOK_BIN ]]; then
        typeset -g _RVENV_HOOK_NEWEST=/
        return 0
    fi
    files="$(print -rl -- "$_RVENV_HOOK_BIN"/*)"
    [[ -z $_RVENV_HOOK_NEWEST || $files != "$_RVENV_HOOK_FILES" ]] || return 0
    typeset -g _RVENV_HOOK_FILES=$files
    for file in "$_RVENV_HOOK_BIN"/*; do
        [[ ! -x $file ]] || builtin hash -- "${file##*/}"="$file"
        [[ $_RVENV_HOOK_BIN -nt $file ]] || typeset -g _RVENV_HOOK_NEWEST=$file
    done
}

function rvenv {
    __RVENV_PROGRAM__ "$@" || return
    typeset -g _RVENV_HOOK_SEEN= _RVENV_HOOK_KEY=
}

# A parent that exports all its variables has not run the hook of this shell.
unset _RVENV_HOOK_STATE _RVENV_HOOK_LEFT _RVENV_HOOK_SEEN _RVENV_HOOK_KEY
typeset -g _RVENV_HOOK_STATE=:: _RVENV_HOOK_LEFT= _RVENV_HOOK_SEEN= _RVENV_HOOK_KEY=
typeset -g _RVENV_HOOK_BIN= _RVENV_HOOK_NEWEST= _RVENV_HOOK_FILES=
_rvenv_hook_define 0
# Beside others first, so that prompts which are made at each prompt see what it did; and last, as other tools
# change PATH.
typeset -ga chpwd_functions precmd_functions preexec_functions
chpwd_functions=(_rvenv_hook_first ${chpwd_functions[@]:#_rvenv_hook_first})
precmd_functions=(${${precmd_functions[@]:#_rvenv_hook_first}:#_rvenv_hook})
precmd_functions=(${precmd_functions[*]:+_rvenv_hook_first} ${precmd_functions[@]} _rvenv_hook)
preexec_functions=(${preexec_functions[@]:#_rvenv_hook_preexec} _rvenv_hook_preexec)
