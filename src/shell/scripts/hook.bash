# Activates and deactivates on a change of directory: `eval "$(rvenv hook bash)"` in ~/.bashrc.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
# The prompt may show the code of the last command, so a code that is not 0 is returned by `_rvenv_hook_look`.
# `case` compares several values faster than `[[` does one; unquoted, a key is not quoted once more.
_rvenv_hook () {
    case $?:$PWD:${VIRTUAL_ENV-}:$PATH in
        $_RVENV_HOOK_INSIDE*) [[ ! $_RVENV_HOOK_BIN -nt $_RVENV_HOOK_NEWEST ]] || _rvenv_hook_look 0 last ;;
        $_RVENV_HOOK_OUTSIDE*) ;;
        *) _rvenv_hook_look "$?" last ;;
    esac
}

_rvenv_hook_first () {
    case $?:$PWD in
        "0:$_RVENV_HOOK_PWD") ;;
        *) _rvenv_hook_look "$?" ;;
    esac
}

_rvenv_hook_look () {
    [[ "$PWD|${VIRTUAL_ENV-}|$PATH" == "$_RVENV_HOOK_SEEN" ]] || _rvenv_hook_update
    # bash remembers where it found a command: one that pip installed since comes first.
    _RVENV_HOOK_BIN=${VIRTUAL_ENV:+$VIRTUAL_ENV/bin}
    [[ ! $_RVENV_HOOK_BIN -nt $_RVENV_HOOK_NEWEST ]] || _rvenv_hook_rehash
    _RVENV_HOOK_PWD=$PWD _RVENV_HOOK_INSIDE=- _RVENV_HOOK_OUTSIDE=-
    if [[ ${2-} == last ]]; then
        # What was left can only come back before the user types.
        _RVENV_HOOK_LEFT=''
        # What follows the entry on PATH cannot hide the environment's programs. `%q` writes a pattern, too.
        if [[ -z $_RVENV_HOOK_BIN ]]; then
            printf -v _RVENV_HOOK_OUTSIDE %q "0:$PWD::"
        else
            printf -v _RVENV_HOOK_INSIDE %q \
                "0:$PWD:$VIRTUAL_ENV:${PATH%"${PATH#*"$_RVENV_HOOK_BIN"}"}"
        fi
    fi
    # With `set -e` a code that is not 0 would end the shell, and with `set -E` run the user's trap once more.
    [[ $- == *e* || ($- == *E* && -n $(trap -p ERR)) ]] || return "$1"
}

_rvenv_hook_update () {
    # An activation that the user ended by hand is not made again until the project is left.
    case ${_RVENV_HOOK-} in
        '' | !* | "${VIRTUAL_ENV-}") ;;
        *) _RVENV_HOOK="!$_RVENV_HOOK" ;;
    esac
    eval "$(_RVENV_HOOK_STATE="$_RVENV_HOOK_STATE" _RVENV_HOOK_LEFT="$_RVENV_HOOK_LEFT" \
        _RVENV_HOOK_HELD="${_RVENV_ENTRY-${_OLD_VIRTUAL_PATH+another}}" \
        __RVENV_PROGRAM__ hook-env --shell bash)" || :
    _RVENV_HOOK_SEEN="$PWD|${VIRTUAL_ENV-}|$PATH"
}

# The newest file is the mark: the directory becomes newer than it when a file is added. After one was removed
# there is no such file, and the names are the mark.
_rvenv_hook_rehash () {
    local file files options=$-
    set +f
    files=("$VIRTUAL_ENV/bin"/*)
    [[ $options != *f* ]] || set -f
    [[ ${files[*]} != "${_RVENV_HOOK_FILES-}" ]] || return 0
    _RVENV_HOOK_FILES=${files[*]}
    for file in "${files[@]}"; do
        builtin hash -d "${file##*/}" 2>/dev/null || :
        [[ "$VIRTUAL_ENV/bin" -nt $file ]] || _RVENV_HOOK_NEWEST=$file
    done
}

function rvenv {
    __RVENV_PROGRAM__ "$@" || return
    _RVENV_HOOK_SEEN='' _RVENV_HOOK_PWD='' _RVENV_HOOK_INSIDE=- _RVENV_HOOK_OUTSIDE=-
}

# A parent that exports all its variables has not run the hook of this shell.
unset _RVENV_HOOK_STATE _RVENV_HOOK_LEFT _RVENV_HOOK_SEEN _RVENV_HOOK_PWD || :
_RVENV_HOOK_STATE=:: _RVENV_HOOK_LEFT='' _RVENV_HOOK_SEEN='' _RVENV_HOOK_PWD=''
_RVENV_HOOK_BIN='' _RVENV_HOOK_NEWEST='' _RVENV_HOOK_INSIDE=- _RVENV_HOOK_OUTSIDE=-
case ";${PROMPT_COMMAND[*]-};" in
    *[\;\ $'\n']_rvenv_hook[\;\ $'\n']*) ;;
    *)
        # Beside others first, so that prompts which are made at each prompt see what it did; and last, as other
        # tools change PATH. An array is more than its first element from bash 5.1 on.
        if [[ -z ${PROMPT_COMMAND[*]-} ]]; then
            PROMPT_COMMAND=_rvenv_hook
        elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) &&
            [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
            PROMPT_COMMAND=(_rvenv_hook_first "${PROMPT_COMMAND[@]}" _rvenv_hook)
        else
            # `;` may end what is there, and a second one is a syntax error.
            # shellcheck disable=SC2128,SC2178 # as in the case above, there is the first element only
            PROMPT_COMMAND="_rvenv_hook_first;$PROMPT_COMMAND"$'\n'_rvenv_hook
        fi
        ;;
esac
