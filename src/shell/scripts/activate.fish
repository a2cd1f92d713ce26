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
    set -g _RVENV_ENTRY $root/$scripts
    set -gx PATH $_RVENV_ENTRY $PATH

    for name in PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR
        if set -q $name
            set -gx _OLD_VIRTUAL_$name $$name
            set -e $name
        end
    end

    # An environment has no `pydoc`, and that of PATH knows another Python's packages. The user's own stays.
    if not functions -q pydoc
        set -g _RVENV_PYDOC 1
        function pydoc
            python -m pydoc $argv
        end
    end

    if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt
        # A name that no later activation takes: a copy of this prompt may call it for ever.
        set -l count 1
        while functions -q _rvenv_prompt_$count; or functions fish_prompt | string match -q "*_rvenv_prompt_$count*"
            set count (math $count + 1)
        end
        set -g _RVENV_PROMPT _rvenv_prompt_$count
        functions -c fish_prompt $_RVENV_PROMPT
        # The loop below calls what this names. A test in its place would change the status that the user's prompt shows.
        set -g $_RVENV_PROMPT $_RVENV_PROMPT
        # The whole of it in one function, which can be copied and saved. Users have functions named `.` and `source`.
        eval "function fish_prompt
            # An outer copy of this prompt has drawn the name.
            set -l outer \$_rvenv_is_drawn
            set -lx _rvenv_is_drawn 1
            set -l lines
            for prompt in \$$_RVENV_PROMPT
                set lines (\$prompt)
            end
            # One that `funcsave` saved, in another session.
            set -q $_RVENV_PROMPT
            or set lines (prompt_pwd)'> '
            if test -n \"\$VIRTUAL_ENV_PROMPT\" -a -z \"\$outer\"
                builtin set_color green
                builtin printf '(%s) ' \"\$VIRTUAL_ENV_PROMPT\"
                builtin set_color normal
            end
            # A line end after the last line would be drawn where another program wraps the prompt.
            builtin printf %s \$lines[1]
            set -q lines[2]
            and builtin printf '\n%s' \$lines[2..-1]
            status is-interactive
            or builtin echo
        end"
    end
end
# Only what is sourced has a trace.
if test -n __RVENV_FILE__
    and not status stack-trace | string length -q
    echo "You must source this script: \$ source bin/activate.fish" >&2
    exit 1
end
_rvenv_activate __RVENV_ROOT__ __RVENV_SCRIPTS__ __RVENV_PROMPT__ __RVENV_FILE__ (status filename | string collect)
