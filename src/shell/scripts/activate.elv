# Activates a Python virtual environment: `eval (slurp < bin/activate.elv)` in elvish.
{|root scripts name|
    deactivate
    set-env VIRTUAL_ENV $root
    set-env VIRTUAL_ENV_PROMPT $name
    set paths = [$root/$scripts $@paths]

    if (has-env PYTHONHOME) {
        set-env _OLD_VIRTUAL_PYTHONHOME $E:PYTHONHOME
        unset-env PYTHONHOME
    }

    try {
        eval &ns=(ns [&deactivate~=$deactivate~]) '
            edit:add-var deactivate~ $deactivate~
            if (eq $E:VIRTUAL_ENV_DISABLE_PROMPT "") {
                var old = $edit:prompt
                edit:add-var _OLD_VIRTUAL_PROMPT $old
                set edit:prompt = { put "("$E:VIRTUAL_ENV_PROMPT") "; $old }
                edit:add-var _rvenv_prompt $edit:prompt
            }
        '
    } catch e { }
} __RVENV_ROOT__ __RVENV_SCRIPTS__ __RVENV_PROMPT__
