# Activates and deactivates on a change of directory: `eval "$(rvenv hook bash)"` in ~/.bashrc.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
# $1: the code of the last command, which the prompt may show.
_rvenv_hook () {
    [[ $PWD == "$_RVENV_HOOK_PWD" && ${1-0} == 0 ]] || _rvenv_hook_look "$@"
}

# What was left can only come back before the user types. The length and the start of PATH stand for the whole,
# whose comparison would take longer than all the rest.
_rvenv_hook_last () {
    [[ ${1-0} == 0 && -z $_RVENV_HOOK_LEFT && ${VIRTUAL_ENV-} == "$_RVENV_HOOK_ENV" && ${#PATH} == "$_RVENV_HOOK_LENGTH" && \
        $PATH == "$_RVENV_HOOK_START"* && ! $_RVENV_HOOK_BIN -nt $_RVENV_HOOK_NEWEST ]] || _rvenv_hook_look "${1-0}" last
}

_rvenv_hook_look () {
    [[ "$PWD|${VIRTUAL_ENV-}|$PATH" == "$_RVENV_HOOK_SEEN" ]] || _rvenv_hook_update
    _RVENV_HOOK_PWD=$PWD _RVENV_HOOK_ENV=${VIRTUAL_ENV-} _RVENV_HOOK_BIN=${VIRTUAL_ENV:+$VIRTUAL_ENV/bin}
    _RVENV_HOOK_LENGTH=${#PATH} _RVENV_HOOK_START=${PATH:0:60}
    # bash remembers where it found a command: one that pip installed since comes first.
    [[ ! $_RVENV_HOOK_BIN -nt $_RVENV_HOOK_NEWEST ]] || _rvenv_hook_rehash
    [[ -z ${2-} ]] || _RVENV_HOOK_LEFT=
    # With `set -e` a code that is not 0 would end the shell.
    [[ $- == *e* ]] || return "${1-0}"
}

_rvenv_hook_update () {
    # An activation that the user ended by hand is not made again until the project is left.
    case ${_RVENV_HOOK-} in
        '' | !* | "${VIRTUAL_ENV-}") ;;
        *) export _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    eval "$(_RVENV_HOOK_STATE="$_RVENV_HOOK_STATE" _RVENV_HOOK_LEFT="$_RVENV_HOOK_LEFT" \
        _RVENV_HOOK_HELD="${_RVENV_ENTRY-${_OLD_VIRTUAL_PATH+another}}" \
        __RVENV_PROGRAM__ hook-env --shell bash)" || :
    _RVENV_HOOK_SEEN="$PWD|${VIRTUAL_ENV-}|$PATH"
}

# The newest file is the mark: the directory becomes newer than it when a file is added. After one was removed
# there is no such file, and the names are the mark.
_rvenv_hook_rehash () {
    local file files
    files=("$VIRTUAL_ENV/bin"/*)
    [[ ${files[*]} != "${_RVENV_HOOK_FILES-}" ]] || return 0
    _RVENV_HOOK_FILES=${files[*]}
    for file in "${files[@]}"; do
        hash -d "${file##*/}" 2>/dev/null || :
        [[ "$VIRTUAL_ENV/bin" -nt $file ]] || _RVENV_HOOK_NEWEST=$file
    done
}

function rvenv {
    __RVENV_PROGRAM__ "$@" || return
    _RVENV_HOOK_SEEN='' _RVENV_HOOK_PWD=''
}

# A parent that exports all its variables has not run the hook of this shell.
unset _RVENV_HOOK_STATE _RVENV_HOOK_LEFT _RVENV_HOOK_SEEN _RVENV_HOOK_PWD || :
_RVENV_HOOK_STATE=:: _RVENV_HOOK_LEFT='' _RVENV_HOOK_SEEN='' _RVENV_HOOK_PWD=''
_RVENV_HOOK_ENV='' _RVENV_HOOK_BIN='' _RVENV_HOOK_NEWEST='' _RVENV_HOOK_LENGTH='' _RVENV_HOOK_START=''
case ";${PROMPT_COMMAND[*]-};" in
    *[\;\ $'\n']_rvenv_hook[\;\ $'\n']*) ;;
    *)
        # First, so that prompts which are made at each prompt see what it did; and last, as other tools
        # change PATH. An array is more than its first element from bash 5.1 on.
        if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) &&
            [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
            PROMPT_COMMAND=('_rvenv_hook "$?"' "${PROMPT_COMMAND[@]}" '_rvenv_hook_last "$?"')
        else
            # `;` may end what is there, and a second one is a syntax error.
            # shellcheck disable=SC2128,SC2178 # as in the case above, there is the first element only
            PROMPT_COMMAND='_rvenv_hook "$?"'"${PROMPT_COMMAND:+;$PROMPT_COMMAND}"$'\n''_rvenv_hook_last "$?"'
        fi
        ;;
esac
