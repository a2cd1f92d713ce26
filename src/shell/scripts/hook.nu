# Activates and deactivates on a change of directory. nushell evaluates nothing, so once, and after
# each upgrade: `rvenv hook nushell | save -f rvenv-hook.nu`, and in config.nu: `source rvenv-hook.nu`.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command. A
# record is a variable that nushell does not export.
def --env _rvenv_hook [] {
    let now = [$env.PWD ($env.VIRTUAL_ENV? | default "") ($env.PATH? | default [])]
    if $now == $env._RVENV_HOOK_SEEN?.value? {
        return
    }
    # An activation that the user ended by hand is not made again until the project is left.
    let mark = ($env._RVENV_HOOK? | default "")
    if $mark != "" and $mark != ($env.VIRTUAL_ENV? | default "") and not ($mark | str starts-with "!") {
        $env._RVENV_HOOK = $"!($mark)"
    }
    let memory = {
        _RVENV_HOOK_STATE: ($env._RVENV_HOOK_STATE?.value? | default "::")
        _RVENV_HOOK_LEFT: ($env._RVENV_HOOK_LEFT?.value? | default "")
        _RVENV_HOOK_HELD: ($env._RVENV_ENTRY?.value? | default "")
    }
    let changes = (with-env $memory { ^__RVENV_PROGRAM__ hook-env --shell nushell | lines })
    for line in $changes {
        $line | from json | load-env
    }
    $env._RVENV_HOOK_SEEN = {value: [$env.PWD ($env.VIRTUAL_ENV? | default "") ($env.PATH? | default [])]}
}

# Before what the user typed runs: other tools change PATH at the prompt, too, and what was left can come back
# no longer. After an rvenv command the prompt looks again.
def --env _rvenv_hook_last [] {
    _rvenv_hook
    $env._RVENV_HOOK_LEFT = {value: ""}
    if (commandline) =~ '\brvenv\b' {
        $env._RVENV_HOOK_SEEN = null
    }
}

# Read a second time, it is there already.
if $env._RVENV_HOOK_SEEN? == null {
    $env._RVENV_HOOK_SEEN = {value: []}
    $env.config = ($env.config
        | upsert hooks.env_change.PWD {|config| $config.hooks?.env_change?.PWD? | default [] | append {|_before, _after| _rvenv_hook } }
        | upsert hooks.pre_prompt {|config| $config.hooks?.pre_prompt? | default [] | append {|| _rvenv_hook } }
        | upsert hooks.pre_execution {|config| $config.hooks?.pre_execution? | default [] | append {|| _rvenv_hook_last } })
}
