# Activates and deactivates on a change of directory: `eval (rvenv hook elvish | slurp)` in rc.elv.
# Only a change of directory starts a process, and so does a prompt after an rvenv command.
use str
var _rvenv-last = ''
var _rvenv-hook = {|@_|
    # An activation that the user ended by hand is not to be made again until the project is left.
    if (and (has-env _RVENV_HOOK) (not-eq $E:_RVENV_HOOK $E:VIRTUAL_ENV) (not (str:has-prefix $E:_RVENV_HOOK !))) {
        set-env _RVENV_HOOK !$E:_RVENV_HOOK
    }
    if (not-eq $pwd $_rvenv-last) {
        set _rvenv-last = $pwd
        eval ((external __RVENV_PROGRAM__) hook-env --shell elvish | slurp)
    }
}
set after-chdir = [$@after-chdir $_rvenv-hook]
set edit:before-readline = [$@edit:before-readline $_rvenv-hook]
edit:add-var rvenv~ {|@args|
    (external __RVENV_PROGRAM__) $@args
    set _rvenv-last = ''
}
