# Takes back what an activation put in, and nothing else: no saved PATH or prompt is written over
# what was edited since, and a child shell that inherited the activation can do it too.
# Positional parameters serve as local variables, which not every shell has.
# shellcheck disable=SC3044 # where there is no `typeset`, theirs stays
if [ -n "${VIRTUAL_ENV-}" ]; then
    # The `pydoc` of other tools goes with their `deactivate`, whose place ours takes.
    case $(typeset -f deactivate 2>/dev/null) in
        *'unset -f pydoc'*) unset -f pydoc || : ;;
    esac
fi
deactivate () {
    if [ "${1-}" != nondestructive ]; then
        unset -f deactivate || :
    fi

    if [ -n "${VIRTUAL_ENV-}" ]; then
        PATH=":${PATH-}:"
        case $PATH in
            *":$VIRTUAL_ENV/bin:"*) set -- "$VIRTUAL_ENV/bin" ;;
            *) set -- "$VIRTUAL_ENV/Scripts" ;;
        esac
        case $PATH in
            *":$1:"*) PATH=${PATH%%":$1:"*}:${PATH#*":$1:"} ;;
        esac
        PATH=${PATH#:}
        PATH=${PATH%:}
        [ -n "$PATH${_OLD_VIRTUAL_PATH+x}" ] || unset PATH
    fi

    if [ -n "${_OLD_VIRTUAL_PYTHONHOME+x}" ]; then
        if [ -z "${PYTHONHOME+x}" ]; then
            export PYTHONHOME="$_OLD_VIRTUAL_PYTHONHOME"
        fi
        unset _OLD_VIRTUAL_PYTHONHOME
    fi

    if [ -n "${PS1+x}" ] && [ -z "${VIRTUAL_ENV_DISABLE_PROMPT-}" ]; then
        # shellcheck disable=SC2016 # the prompt expands it
        set -- '${VIRTUAL_ENV_PROMPT:+($VIRTUAL_ENV_PROMPT) }'
        if [ -n "${ZSH_VERSION-}" ]; then
            eval 'set -- "$1" "(${${VIRTUAL_ENV_PROMPT-}//\%/%%}) " "%(9V.(%9v) .)"'
        fi
        while [ "$#" -gt 0 ]; do
            case $PS1 in
                *"$1"*) PS1=${PS1%%"$1"*}${PS1#*"$1"} && break ;;
            esac
            shift
        done
        # Another tool's activation, whose prefix is its own secret.
        if [ "$#" -eq 0 ] && [ -n "${_OLD_VIRTUAL_PS1-}" ]; then
            case $PS1 in
                *"$_OLD_VIRTUAL_PS1") PS1=$_OLD_VIRTUAL_PS1 ;;
            esac
        fi
    fi

    if [ -n "${ZSH_VERSION-}" ] && [ -n "${_OLD_VIRTUAL_PSVAR+x}" ]; then
        eval 'setopt local_options no_ksh_arrays
        psvar[9]=$_OLD_VIRTUAL_PSVAR
        unset _OLD_VIRTUAL_PSVAR
        while ((${#psvar})) && [[ -z ${psvar[-1]} ]]; do psvar[-1]=(); done'
    fi

    # What virtualenv's activation put aside: to it, empty is the same as not set.
    set -- _OLD_PKG_CONFIG_PATH PKG_CONFIG_PATH \
        _OLD_VIRTUAL_TCL_LIBRARY TCL_LIBRARY _OLD_VIRTUAL_TK_LIBRARY TK_LIBRARY
    while [ "$#" -gt 0 ]; do
        eval "[ -z \"\${$1+x}\" ] || { $2=\$$1; [ -n \"\$$2\" ] || unset $2; unset $1; }"
        shift 2
    done

    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PS1 || :
    hash -r 2>/dev/null || :
}
