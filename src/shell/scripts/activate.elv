# Activates a Python virtual environment: `eval (slurp < bin/activate.elv)` in elvish.
# file: the name of this file, or nothing where this is evaluated and no file.
{|root scripts name file|
    # Where this file is, elvish cannot tell: after a move there is only this.
    use path
    if (and (not-eq $file '') (not (path:is-regular &follow-symlink $root/$scripts/$file))) {
        fail 'activate.elv: the environment is no longer at '$root': use rvenv activate'
    }

    deactivate
    set-env VIRTUAL_ENV $root
    set-env VIRTUAL_ENV_PROMPT $name
    set paths = [$root/$scripts $@paths]

    for name [PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR] {
        if (has-env $name) {
            set-env _OLD_VIRTUAL_$name (get-env $name)
            unset-env $name
        }
    }

    try {
        eval &ns=(ns [&deactivate~=$deactivate~ &entry=$root/$scripts]) '
            edit:add-var deactivate~ $deactivate~
            var own = { put $entry }
            set edit:completion:arg-completer[_rvenv-entry] = $own
            if (eq $E:VIRTUAL_ENV_DISABLE_PROMPT "") {
                var old = $edit:prompt
                set edit:prompt = {|&_rvenv_undo=$false|
                    if $_rvenv_undo {
                        set edit:prompt = $old
                    } else {
                        # A copy of this prompt may be called after its activation ended, or below a later one.
                        var active = $edit:completion:arg-completer
                        if (and (has-key $active _rvenv-entry) (eq $active[_rvenv-entry] $own)) {
                            put "("$E:VIRTUAL_ENV_PROMPT") "
                        }
                        $old
                    }
                }
            }
        '
    } catch e { }
} __RVENV_ROOT__ __RVENV_SCRIPTS__ __RVENV_PROMPT__ __RVENV_FILE__
