# Activates a Python virtual environment: `overlay use bin/activate.nu` in nushell.
# The rule of undo, for every shell, is in README.md beside this file. A record is a variable that nushell
# does not export.

# Removes what an activation added.
def --env undo [] {
    let own = $env._RVENV_ENTRY?.value?
    let active = $env.VIRTUAL_ENV?
    # Without an entry of this shell's, the activation was inherited or is another tool's.
    let ours = if $own != null {
        [$own]
    } else if $active != null {
        [($active | path join bin) ($active | path join Scripts)]
    } else {
        []
    }
    let entries = ($env.PATH? | default [] | split row (char esep))
    let found = ($entries | enumerate | where item in $ours)
    if not ($found | is-empty) {
        $env.PATH = ($entries | drop nth ($found | first | get index))
    }

    for name in [PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR] {
        let saved = $"_OLD_VIRTUAL_($name)"
        if $saved in $env {
            if ($name not-in $env) or ($env | get $name) == null {
                load-env {($name): ($env | get $saved)}
            }
            hide-env --ignore-errors $saved
        }
    }

    # A prompt that was set in the meantime stays; one that calls ours draws no name any more.
    let prompt = $env.PROMPT_COMMAND?
    if $env._RVENV_PROMPT? != null and ($prompt | describe) == closure {
        if (view source $prompt) =~ _RVENV_PROMPT {
            $env.PROMPT_COMMAND = $env._RVENV_PROMPT.old
        }
    }
    for name in [VIRTUAL_ENV VIRTUAL_ENV_PROMPT VIRTUAL_PREFIX _RVENV_ENTRY _RVENV_PROMPT] {
        hide-env --ignore-errors $name
        # One of an overlay below shows up then, and cannot be hidden from here.
        if ($name in $env) and ($env | get $name) != null {
            load-env {($name): null}
        }
    }
}

# Deactivates the virtual environment.
export def --env deactivate [] {
    if $env.VIRTUAL_ENV? == null and $env._RVENV_ENTRY? == null {
        error make --unspanned {msg: "no virtual environment is active"}
    }
    undo
}

# An environment has no `pydoc`, and that of PATH knows another Python's packages.
export def --wrapped pydoc [...rest] {
    if $env.VIRTUAL_ENV? == null {
        ^pydoc ...$rest
    } else {
        ^python -m pydoc ...$rest
    }
}

export-env {
    # The environment may have been moved since this file was written.
    let here = $env.FILE_PWD?
    let root = if $here == null { __RVENV_ROOT__ } else { $here | path dirname }

    undo
    let entry = ($root | path join __RVENV_SCRIPTS__)
    $env.VIRTUAL_ENV = $root
    $env.VIRTUAL_ENV_PROMPT = __RVENV_PROMPT__
    $env._RVENV_ENTRY = {value: $entry}
    $env.PATH = ($env.PATH? | default [] | split row (char esep) | prepend $entry)

    for name in [PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR] {
        if ($name in $env) and ($env | get $name) != null {
            # No module can hide its user's variables; one that is null no program gets.
            load-env {$"_OLD_VIRTUAL_($name)": ($env | get $name), ($name): null}
        }
    }

    if ($env.VIRTUAL_ENV_DISABLE_PROMPT? | is-empty) and $env.PROMPT_COMMAND? != null {
        # A prompt of the user's own can use what virtualenv's and uv's scripts set for it.
        $env.VIRTUAL_PREFIX = $"\(($env.VIRTUAL_ENV_PROMPT)\) "
        let old = $env.PROMPT_COMMAND
        let id = (random int)
        $env._RVENV_PROMPT = {id: $id, old: $old}
        $env.PROMPT_COMMAND = {||
            let rest = if ($old | describe) == closure { do $old } else { $old }
            # A copy of this prompt may be called after its activation ended, or below a later one.
            if $env._RVENV_PROMPT?.id? == $id {
                $"\(($env.VIRTUAL_ENV_PROMPT?)\) ($rest)"
            } else {
                $rest
            }
        }
    }
}
