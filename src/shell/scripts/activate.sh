# Activates a Python virtual environment: `. bin/activate` in sh, bash, zsh, dash, ksh, mksh, yash.
# $1: the environment, $2: its directory of programs, $3: its name in the prompt,
# $4: the name of this file, or nothing where this is evaluated and no file.
# Syntax that only some shells can read hides in `eval`.
# shellcheck disable=SC3013 # all of them have `test -ef`
_rvenv_activate () {
    unset -f _rvenv_activate
    [ -z "${ZSH_VERSION-}" ] || eval 'emulate -L zsh'

    if [ -n "$4" ]; then
        # $4: where the file was written, $5: its name if it is run, $6: where it is.
        set -- "$1" "$2" "$3" "$1/$2/$4" ''
        # Where is this file? Its environment may have been moved since it was written.
        if [ -n "${BASH_VERSION-}" ]; then
            eval 'set -- "$1" "$2" "$3" "$4" "$5" "${BASH_SOURCE[0]-}"
                [ "${FUNCNAME[1]-}" != main ] || set -- "$1" "$2" "$3" "$4" "$0" "$6"'
        elif [ -n "${ZSH_VERSION-}" ]; then
            # In zsh $0 is the sourced file, or this function, and `%x` is made for reading:
            # it shows a tab as `\t`. Where zsh emulates sh, the module is not loaded.
            zmodload -F zsh/parameter p:funcsourcetrace
            eval 'set -- "$1" "$2" "$3" "$4" "" "${${${funcsourcetrace[@]:0:1}%:*}:a}"
                [[ $ZSH_EVAL_CONTEXT == *file* ]] || set -- "$1" "$2" "$3" "$4" "$6" "$6"'
        elif case ${KSH_VERSION-} in *93*) ;; *) false ;; esac; then
            eval 'set -- "$1" "$2" "$3" "$4" "$5" "${.sh.file}"
                [ "${.sh.level}" != 1 ] || set -- "$1" "$2" "$3" "$4" "$0" "$6"'
        else
            # These cannot tell a sourced file from one that is run.
            set -- "$1" "$2" "$3" "$4" "" "$4"
        fi
        if [ -n "$5" ] && [ "$5" -ef "$6" ]; then
            echo "You must source this script: \$ source $0" >&2
            exit 1
        fi
        if ! [ "$6" -ef "$4" ] && [ -f "$6" ]; then
            if [ -n "${ZSH_VERSION-}" ]; then
                set -- "${6%/*/*}" "$2" "$3"
            else
                case $6 in
                    */*) ;;
                    *) set -- "$1" "$2" "$3" "$4" "$5" "./$6" ;;
                esac
                # The `x` keeps a newline at the end of the name.
                set -- "$(CDPATH='' command cd -- "${6%/*}/.." >/dev/null && pwd && echo x)" "$2" "$3"
                set -- "${1%??}" "$2" "$3"
            fi
        elif ! [ -f "$4" ]; then
            echo "activate: the environment is no longer at $1: use rvenv activate" >&2
            return 1
        fi
    fi

    _rvenv_deactivate nondestructive
    case $1 in
        # Git Bash, MSYS and Cygwin have paths of their own for Windows' ones.
        [A-Za-z]:[/\\]* | \\\\*) set -- "$(cygpath -u "$1" || echo "$1")" "$2" "$3" ;;
    esac

    # The scripts of other tools look for these two when they take over.
    if [ -n "${ZSH_VERSION-}" ]; then
        eval 'typeset -g _OLD_VIRTUAL_PATH=${PATH-} _OLD_VIRTUAL_PS1=${PS1-} _RVENV_ENTRY=$1/$2'
    else
        _OLD_VIRTUAL_PATH=${PATH-}
        _OLD_VIRTUAL_PS1=${PS1-}
        _RVENV_ENTRY=$1/$2
    fi
    [ -n "${PATH+x}" ] || unset _OLD_VIRTUAL_PATH
    # First, as it is what can fail: PATH may be read-only.
    PATH=$_RVENV_ENTRY${PATH:+:$PATH}
    # With `set -k`, `export` gets no assignments; zsh can warn of those that a function makes without it.
    export PATH VIRTUAL_ENV="$1" VIRTUAL_ENV VIRTUAL_ENV_PROMPT="$3" VIRTUAL_ENV_PROMPT
    if [ -z "${ZSH_VERSION-}" ]; then
        VIRTUAL_ENV=$1
        VIRTUAL_ENV_PROMPT=$3
    fi

    set -- PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR
    while [ "$#" -gt 0 ]; do
        eval "[ -z \"\${$1+x}\" ] || {
            export _OLD_VIRTUAL_$1=\"\$$1\" _OLD_VIRTUAL_$1
            [ -n \"\${ZSH_VERSION-}\" ] || _OLD_VIRTUAL_$1=\$$1
            unset $1
        }"
        shift
    done

    if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT-}" ]; then
        # Drawing a prompt expands it, so the name stays in its variable.
        # shellcheck disable=SC2016
        set -- '${VIRTUAL_ENV_PROMPT:+($VIRTUAL_ENV_PROMPT) }'
        if [ -n "${ZSH_VERSION-}" ]; then
            # zsh expands variables by option, which may change later, and `%` in any case.
            eval 'case $VIRTUAL_ENV_PROMPT in
                (*[\$\`\\]*) typeset -g _OLD_VIRTUAL_PSVAR=${psvar[9]-}; psvar[9]=$VIRTUAL_ENV_PROMPT; set -- "%(9V.(%9v) .)" ;;
                (*) set -- "(${VIRTUAL_ENV_PROMPT//\%/%%}) " ;;
            esac'
        elif [ -n "${BASH_VERSION-}" ]; then
            # Without `promptvars` bash expands backslashes only.
            eval 'shopt -q promptvars || set -- "(${VIRTUAL_ENV_PROMPT//\\/\\\\}) "'
        fi
        # A script has no prompt, but other programs' scripts look for the name in it, as the standard library's
        # `activate` sets one there.
        if [ -n "${ZSH_VERSION-}" ]; then
            eval 'typeset -g _RVENV_PREFIX=$1 _RVENV_PROMPT=${PS1+1}'
        else
            _RVENV_PREFIX=$1
            _RVENV_PROMPT=${PS1+1}
        fi
        PS1=$1${PS1-}
    fi

    # An environment has no `pydoc`, and that of PATH knows another Python's packages. The user's own stays.
    case $(command -v pydoc) in
        '' | /*)
            eval 'pydoc () { python -m pydoc "$@"; }'
            if [ -n "${ZSH_VERSION-}" ]; then eval 'typeset -g _RVENV_PYDOC=1'; else _RVENV_PYDOC=1; fi
            ;;
    esac

    command hash -r 2>/dev/null || :
}
[ -z "${_RVENV_QUOTES+x}" ] || { unset _RVENV_QUOTES; setopt csh_junkie_quotes; }
_rvenv_activate __RVENV_ROOT__ __RVENV_SCRIPTS__ __RVENV_PROMPT__ __RVENV_FILE__
