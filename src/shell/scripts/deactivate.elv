# The rule of undo, for every shell, is in README.md beside this file.
# Only an interactive elvish has the module edit:, so what needs it is compiled by an eval of its own. The map
# of completers is the one place there that code of every namespace can see, and no child does.
fn deactivate {|&everywhere=$false @_|
    var ours = []
    try {
        set ours = [(eval '$edit:completion:arg-completer[_rvenv-entry]')]
    } catch e { }
    # Without an entry of this shell's, the activation was inherited or is another tool's.
    if (and (has-env VIRTUAL_ENV) (or $everywhere (eq $ours []))) {
        set ours = [$@ours $E:VIRTUAL_ENV/bin $E:VIRTUAL_ENV/Scripts]
    }
    var kept = []
    for entry $paths {
        if (not (has-value $ours $entry)) {
            set kept = [$@kept $entry]
        } elif (not $everywhere) {
            set ours = []
        }
    }
    if (not-eq $kept $paths) {
        set paths = $kept
    }

    for name [PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR] {
        if (has-env _OLD_VIRTUAL_$name) {
            if (not (has-env $name)) {
                set-env $name (get-env _OLD_VIRTUAL_$name)
            }
            unset-env _OLD_VIRTUAL_$name
        }
    }

    # A prompt that was set in the meantime stays; one that calls ours draws no name any more.
    # Only ours knows the option, and what was there before it: no other code sees the variables of the prompt.
    try {
        eval '$edit:prompt &_rvenv_undo=$true'
    } catch e { }
    try {
        eval 'set edit:completion:arg-completer = (dissoc $edit:completion:arg-completer _rvenv-entry)'
    } catch e { }
    try {
        eval 'edit:del-var deactivate~'
    } catch e { }

    unset-env VIRTUAL_ENV
    unset-env VIRTUAL_ENV_PROMPT
}
