# Activates and deactivates on a change of directory: `eval (rvenv hook elvish | slurp)` in rc.elv.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
use str
var _rvenv-seen = ''
var _rvenv-state = [&_RVENV_HOOK_STATE='::' &_RVENV_HOOK_LEFT='']
fn _rvenv-update {
    # An activation that the user ended by hand is not made again until the project is left.
    if (and (has-env _RVENV_HOOK) (not-eq $E:_RVENV_HOOK $E:VIRTUAL_ENV) (not (str:has-prefix $E:_RVENV_HOOK !))) {
        set-env _RVENV_HOOK !$E:_RVENV_HOOK
    }
    for name [_RVENV_HOOK_STATE _RVENV_HOOK_LEFT] {
        set-env $name $_rvenv-state[$name]
    }
    try {
        set-env _RVENV_HOOK_HELD (eval '$edit:completion:arg-completer[_rvenv-entry]')
    } catch e { }
    try {
        eval ((external __RVENV_PROGRAM__) hook-env --shell elvish | slurp)
    } finally {
        # What the code remembers comes by these variables, which no other program is to see.
        for name [_RVENV_HOOK_STATE _RVENV_HOOK_LEFT] {
            set _rvenv-state[$name] = (get-env $name)
            unset-env $name
        }
        unset-env _RVENV_HOOK_HELD
    }
}
fn _rvenv-hook {|@_|
    if (not-eq $pwd'|'$E:VIRTUAL_ENV'|'$E:PATH $_rvenv-seen) {
        try {
            _rvenv-update
        } finally {
            set _rvenv-seen = $pwd'|'$E:VIRTUAL_ENV'|'$E:PATH
        }
    }
}
# Before what the user typed runs: other tools change PATH at the prompt, too, and what was left can come
# back no longer.
fn _rvenv-last {|@_|
    _rvenv-hook
    set _rvenv-state[_RVENV_HOOK_LEFT] = ''
}
# Read a second time, it is there already.
if (not (has-key $edit:completion:arg-completer _rvenv-hook)) {
    set edit:completion:arg-completer[_rvenv-hook] = { }
    set after-chdir = [$@after-chdir $_rvenv-hook~]
    set edit:before-readline = [$@edit:before-readline $_rvenv-hook~]
    set edit:after-readline = [$@edit:after-readline $_rvenv-last~]
}
edit:add-var rvenv~ {|@args|
    (external __RVENV_PROGRAM__) $@args
    set _rvenv-seen = ''
}
