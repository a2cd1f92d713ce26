# Activates and deactivates on a change of directory. nushell evaluates nothing, so once, and after
# each upgrade: `rvenv hook nushell | save -f rvenv-hook.nu`, and in config.nu: `source rvenv-hook.nu`.
$env.config = ($env.config | upsert hooks.env_change.PWD {|config|
    let others = ($config.hooks?.env_change?.PWD? | default [])
    $others | append {|_before, _after|
        # An activation that the user ended by hand is not to be made again until the project is left.
        let mark = ($env._RVENV_HOOK? | default "")
        if $mark != "" and $mark != ($env.VIRTUAL_ENV? | default "") and not ($mark | str starts-with "!") {
            $env._RVENV_HOOK = $"!($mark)"
        }
        for line in (^__RVENV_PROGRAM__ hook-env --shell nushell | lines) {
            $line | from json | load-env
        }
    }
})
