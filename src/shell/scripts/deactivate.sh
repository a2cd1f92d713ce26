# The rule of undo, for every shell, is in README.md beside this file.
# Positional parameters serve as local variables, which not every shell has.
# shellcheck disable=SC3044 # where there is no `typeset`, a function cannot be saved
# zsh's option `csh_junkie_quotes` permits no newline in quotes: it is off until the function below is called.
[ -z "${ZSH_VERSION-}" ] || eval '[[ ! -o csh_junkie_quotes ]] || { unsetopt csh_junkie_quotes; typeset -g _RVENV_QUOTES=; }'
# An alias would replace the name in `deactivate ()`. Shells that parse the whole text before they run it need
# the `eval` at the end, too.
if alias deactivate >/dev/null 2>&1; then
    _RVENV_ALIAS="$(alias deactivate)" || :
    unalias deactivate
fi
if command -v deactivate >/dev/null 2>&1; then
    # yash prints it by another option. It may be a program: what fails there must not run the user's trap for ERR.
    case $( { typeset -f deactivate || :; typeset -fp deactivate || :; } 2>/dev/null) in
        # The `pydoc` of other tools goes with their `deactivate`, which ours replaces.
        *'unset -f pydoc'*) unset -f pydoc || : ;;
        *VIRTUAL_ENV* | *_rvenv_deactivate* | '') ;;
        *) _RVENV_FUNCTION="$(if [ -n "${YASH_VERSION-}" ]; then typeset -fp deactivate; else typeset -f deactivate; fi)" ;;
    esac
fi
_rvenv_deactivate () {
    # PATH itself may drop entries that are assigned to it, as zsh's `typeset -U` does.
    [ -z "${ZSH_VERSION-}" ] || eval 'emulate -L zsh; local _rvenv_path _rvenv_mode'
    if [ "${1-}" != nondestructive ]; then
        if [ -n "${_RVENV_FUNCTION-}" ]; then
            eval "$_RVENV_FUNCTION"
        else
            unset -f deactivate || :
        fi
        unset -f _rvenv_deactivate || :
        [ -z "${_RVENV_ALIAS-}" ] || eval "alias ${_RVENV_ALIAS#alias }" || :
        unset _RVENV_FUNCTION _RVENV_ALIAS || :
    fi

    _rvenv_path=":${PATH-}:"
    _rvenv_mode=${1-}
    if [ -z "${_RVENV_ENTRY-}" ] || [ "$_rvenv_mode" = everywhere ]; then
        # Without an entry of this shell's, the activation was inherited or is another tool's.
        set -- ${_RVENV_ENTRY:+"$_RVENV_ENTRY"} ${VIRTUAL_ENV:+"$VIRTUAL_ENV/bin"} \
            ${VIRTUAL_ENV:+"$VIRTUAL_ENV/Scripts"}
    else
        set -- "$_RVENV_ENTRY"
    fi
    while [ "$#" -gt 0 ]; do
        case $_rvenv_path in
            *":$1:"*)
                _rvenv_path=${_rvenv_path%%":$1:"*}:${_rvenv_path#*":$1:"}
                [ "$_rvenv_mode" = everywhere ] || set --
                ;;
            *) shift ;;
        esac
    done
    _rvenv_path=${_rvenv_path#:}
    _rvenv_path=${_rvenv_path%:}
    if [ -n "$_rvenv_path" ] || [ -z "${_RVENV_ENTRY-}" ] || [ -n "${_OLD_VIRTUAL_PATH+x}" ]; then
        [ "$_rvenv_path" = "${PATH-}" ] || PATH=$_rvenv_path
    else
        unset PATH
    fi

    set -- PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR
    while [ "$#" -gt 0 ]; do
        eval "[ -z \"\${_OLD_VIRTUAL_$1+x}\" ] || {
            if [ -z \"\${$1+x}\" ]; then
                export $1=\"\$_OLD_VIRTUAL_$1\" $1
                [ -n \"\${ZSH_VERSION-}\" ] || $1=\$_OLD_VIRTUAL_$1
            fi
            unset _OLD_VIRTUAL_$1
        }"
        shift
    done

    if [ -n "${PS1+x}" ]; then
        if [ -n "${_RVENV_PREFIX-}" ]; then
            # Wherever it is now: the prompt may have been wrapped or copied.
            case $PS1 in
                *"$_RVENV_PREFIX"*) PS1=${PS1%%"$_RVENV_PREFIX"*}${PS1#*"$_RVENV_PREFIX"} ;;
            esac
            [ -n "$PS1${_RVENV_PROMPT-}" ] || unset PS1
        elif [ -n "${VIRTUAL_ENV_PROMPT-}${_OLD_VIRTUAL_PS1-}" ]; then
            # Inherited in the prompt, drawn by an editor, or another tool's, whose prefix only the rest tells.
            # shellcheck disable=SC2016 # the prompt expands it
            case $PS1 in
                '${VIRTUAL_ENV_PROMPT:+($VIRTUAL_ENV_PROMPT) }'*) PS1=${PS1#*' }'} ;;
                "(${VIRTUAL_ENV_PROMPT-}) "*) PS1=${PS1#"(${VIRTUAL_ENV_PROMPT-}) "} ;;
                *"${_OLD_VIRTUAL_PS1:-/}") PS1=$_OLD_VIRTUAL_PS1 ;;
            esac
        fi
    fi

    if [ -n "${ZSH_VERSION-}" ] && [ -n "${_OLD_VIRTUAL_PSVAR+x}" ]; then
        eval 'psvar[9]=$_OLD_VIRTUAL_PSVAR
        unset _OLD_VIRTUAL_PSVAR
        while ((${#psvar})) && [[ -z ${psvar[-1]} ]]; do psvar[-1]=(); done'
    fi

    # What virtualenv's activation saved: to it, empty is the same as not set.
    set -- _OLD_PKG_CONFIG_PATH PKG_CONFIG_PATH \
        _OLD_VIRTUAL_TCL_LIBRARY TCL_LIBRARY _OLD_VIRTUAL_TK_LIBRARY TK_LIBRARY
    while [ "$#" -gt 0 ]; do
        eval "[ -z \"\${$1+x}\" ] || { $2=\$$1; [ -n \"\$$2\" ] || unset $2; unset $1; }"
        shift 2
    done

    [ -z "${_RVENV_PYDOC-}" ] || unset -f pydoc || :
    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PS1 || :
    unset _RVENV_ENTRY _RVENV_PREFIX _RVENV_PROMPT _RVENV_PYDOC _rvenv_path _rvenv_mode || :
    command hash -r 2>/dev/null || :
}
eval 'deactivate () { _rvenv_deactivate "$@"; }'
