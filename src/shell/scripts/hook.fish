# Activates and deactivates on a change of directory: `rvenv hook fish | source` in config.fish.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
# At a prompt where nothing changed there is no function to call: a change defines the ones that look at it.
function _rvenv_hook_changed --on-variable PATH --on-variable VIRTUAL_ENV
    function _rvenv_hook --on-event fish_prompt
        _rvenv_hook_look
    end
    # Other tools' handlers may run after ours: before the command that the user typed, PATH is looked at
    # again, and what was left can come back no longer.
    function _rvenv_hook_preexec --on-event fish_preexec
        _rvenv_hook_look
        set -g _RVENV_HOOK_LEFT ''
        functions --erase _rvenv_hook_preexec
    end
end

function _rvenv_hook_look --on-variable PWD
    test "$PWD|$VIRTUAL_ENV|$PATH" = "$_RVENV_HOOK_SEEN"
    or _rvenv_hook_update
    functions --erase _rvenv_hook
end

function _rvenv_hook_update
    # An activation that the user ended by hand is not made again until the project is left.
    if set -q _RVENV_HOOK; and test "$_RVENV_HOOK" != "$VIRTUAL_ENV"
        and not string match -q '!*' -- $_RVENV_HOOK
        set -gx _RVENV_HOOK "!$_RVENV_HOOK"
    end
    status is-interactive
    or return 0
    set -l state $_RVENV_HOOK_STATE ::
    set -l held $_RVENV_ENTRY
    not set -q _OLD_VIRTUAL_PATH
    or set -a held another
    _RVENV_HOOK_STATE=$state[1] _RVENV_HOOK_LEFT="$_RVENV_HOOK_LEFT" _RVENV_HOOK_HELD="$held[1]" \
        __RVENV_PROGRAM__ hook-env --shell fish | builtin source
    set -g _RVENV_HOOK_SEEN "$PWD|$VIRTUAL_ENV|$PATH"
end

function rvenv
    __RVENV_PROGRAM__ $argv
    and set -g _RVENV_HOOK_SEEN ''
    and _rvenv_hook_changed
end

# A parent that exports all its variables has not run the hook of this shell.
set -e _RVENV_HOOK_SEEN _RVENV_HOOK_STATE _RVENV_HOOK_LEFT
_rvenv_hook_changed
