# Activates and deactivates on a change of directory: `rvenv hook fish | source` in config.fish.
# Only a change of directory starts a process, and so does a prompt after an rvenv command.
function _rvenv_hook --on-variable PWD --on-event fish_prompt
    # An activation that the user ended by hand is not to be made again until the project is left.
    if set -q _RVENV_HOOK; and test "$_RVENV_HOOK" != "$VIRTUAL_ENV"
        and not string match -q '!*' -- $_RVENV_HOOK
        set -gx _RVENV_HOOK "!$_RVENV_HOOK"
    end
    if status is-interactive; and test "$PWD" != "$_RVENV_HOOK_PWD"
        set -g _RVENV_HOOK_PWD $PWD
        __RVENV_PROGRAM__ hook-env --shell fish | source
    end
end

function rvenv
    __RVENV_PROGRAM__ $argv
    and set -g _RVENV_HOOK_PWD ''
end
