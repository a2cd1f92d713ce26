# Activates a Python virtual environment: `source bin/activate.fish`.
# root: the environment, scripts: its directory of programs, name: what the prompt shows,
# file: the name of this file, or nothing where this is evaluated and no file.
function _rvenv_activate -a root scripts name file
    functions -e _rvenv_activate

    if test -n "$file"
        # Where is this file? Its environment may have been moved since it was written.
        # Without IFS a name keeps its line ends: all but the one that each command adds.
        set -l IFS ''
        set -l self (builtin realpath -- $argv[5] 2>/dev/null)
        set -l written (builtin realpath -- $root/$scripts/$file 2>/dev/null)
        if test "$self" != "$written"
            set root (string replace -r '/[^/]*/[^/]*$' '' -- "$self")
        end
    end

    # MSYS2 and Cygwin have paths of their own for Windows' ones.
    if string match -qr '^[A-Za-z]:[/\\\\]|^\\\\\\\\' -- "$root"
        set root (cygpath -u -- $root | string collect)
    end

    deactivate nondestructive
    set -gx VIRTUAL_ENV $root
    set -gx VIRTUAL_ENV_PROMPT $name
    # The scripts of other tools look for it when they take over.
    set -q PATH
    and set -g _OLD_VIRTUAL_PATH $PATH
    set -gx PATH $root/$scripts $PATH

    if set -q PYTHONHOME
        set -gx _OLD_VIRTUAL_PYTHONHOME $PYTHONHOME
        set -e PYTHONHOME
    end

    if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt
        functions -c fish_prompt _old_fish_prompt
        set -g _OLD_FISH_PROMPT_OVERRIDE $root
        function fish_prompt
            set -l last $status
            set_color green
            printf '(%s)' "$VIRTUAL_ENV_PROMPT"
            set_color normal
            printf ' '
            # The user's prompt may show the status of the last command: `exit` ends what is sourced only.
            echo "exit $last" | source
            _old_fish_prompt
        end
    end
end
# Only what is sourced has a trace.
if test -n __RVENV_FILE__
    and not status stack-trace | string length -q
    echo "activate.fish: must be sourced, not run: source bin/activate.fish" >&2
    exit 1
end
_rvenv_activate __RVENV_ROOT__ __RVENV_SCRIPTS__ __RVENV_PROMPT__ __RVENV_FILE__ (status filename | string collect)
