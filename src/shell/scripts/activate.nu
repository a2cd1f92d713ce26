# Activates a Python virtual environment: `overlay use bin/activate.nu` in nushell.

# Takes back what an activation put in, and nothing else.
export def --env deactivate [] {
    let active = $env.VIRTUAL_ENV?
    if $active != null {
        let ours = [($active | path join bin) ($active | path join Scripts)]
        let entries = ($env.PATH | split row (char esep))
        let found = ($entries | enumerate | where item in $ours)
        if not ($found | is-empty) {
            $env.PATH = ($entries | drop nth ($found | first | get index))
        }
    }

    if $env._OLD_VIRTUAL_PYTHONHOME? != null and $env.PYTHONHOME? == null {
        $env.PYTHONHOME = $env._OLD_VIRTUAL_PYTHONHOME
    }
    if $env._OLD_VIRTUAL_PROMPT? != null {
        # A prompt that was set in the meantime stays.
        if (view source $env.PROMPT_COMMAND) =~ _OLD_VIRTUAL_PROMPT {
            $env.PROMPT_COMMAND = $env._OLD_VIRTUAL_PROMPT
        }
    }
    hide-env --ignore-errors VIRTUAL_ENV VIRTUAL_ENV_PROMPT _OLD_VIRTUAL_PYTHONHOME _OLD_VIRTUAL_PROMPT
}

export-env {
    # The environment may have been moved since this file was written.
    let here = $env.FILE_PWD?
    let root = if $here == null { __RVENV_ROOT__ } else { $here | path dirname }

    deactivate
    $env.VIRTUAL_ENV = $root
    $env.VIRTUAL_ENV_PROMPT = __RVENV_PROMPT__
    $env.PATH = ($env.PATH? | default [] | split row (char esep) | prepend ($root | path join __RVENV_SCRIPTS__))

    if $env.PYTHONHOME? != null {
        $env._OLD_VIRTUAL_PYTHONHOME = $env.PYTHONHOME
        # No module can hide its user's variables; one that is null no program gets.
        $env.PYTHONHOME = null
    }

    if ($env.VIRTUAL_ENV_DISABLE_PROMPT? | is-empty) and $env.PROMPT_COMMAND? != null {
        $env._OLD_VIRTUAL_PROMPT = $env.PROMPT_COMMAND
        $env.PROMPT_COMMAND = {||
            let old = $env._OLD_VIRTUAL_PROMPT
            let rest = if ($old | describe) == closure { do $old } else { $old }
            $"\(($env.VIRTUAL_ENV_PROMPT)\) ($rest)"
        }
    }
}
