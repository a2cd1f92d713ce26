# Takes back what an activation put in, and nothing else: no saved PATH is written over what was
# edited since, and a child shell that inherited the activation can do it too.
# Only an interactive elvish has the module edit:, so what needs it is compiled by an eval of its own.
fn deactivate {|@flags|
    if (has-env VIRTUAL_ENV) {
        var ours = [$E:VIRTUAL_ENV/bin $E:VIRTUAL_ENV/Scripts]
        var kept = []
        for entry $paths {
            if (has-value $ours $entry) {
                set ours = []
            } else {
                set kept = [$@kept $entry]
            }
        }
        set paths = $kept
    }

    if (and (has-env _OLD_VIRTUAL_PYTHONHOME) (not (has-env PYTHONHOME))) {
        set-env PYTHONHOME $E:_OLD_VIRTUAL_PYTHONHOME
    }

    # A prompt that was set in the meantime stays.
    # Only ours knows the option, and what was there before it: no other code sees the variables of the prompt.
    try {
        eval '$edit:prompt &_rvenv_undo=$true'
    } catch e { }
    try {
        eval 'edit:del-var deactivate~'
    } catch e { }

    for name [VIRTUAL_ENV VIRTUAL_ENV_PROMPT _OLD_VIRTUAL_PYTHONHOME] {
        unset-env $name
    }
}
