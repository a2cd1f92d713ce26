# Activates and deactivates on a change of directory: `execx($(rvenv hook xonsh))` in ~/.xonshrc.
# Only a change of directory starts a process.
def _rvenv_hook(program):
    import os
    import subprocess

    from xonsh.built_ins import XSH
    from xonsh.events import events

    last = None

    def hook(**_):
        nonlocal last
        env = XSH.env
        # An activation that the user ended by hand is not to be made again until the project is left.
        mark = env.get("_RVENV_HOOK", "")
        if mark and mark != env.get("VIRTUAL_ENV") and not mark.startswith("!"):
            env["_RVENV_HOOK"] = "!" + mark
        if env["PWD"] != last:
            last = env["PWD"]
            command = [program, "hook-env", "--shell", "xonsh"]
            asked = subprocess.run(command, env=env.detype(), stdout=subprocess.PIPE)
            if asked.stdout:
                XSH.execer.exec(os.fsdecode(asked.stdout), glbs=XSH.ctx)

    # Not every line editor has an event for a prompt.
    events.on_chdir(hook)
    events.on_postcommand(hook)
    hook()


_rvenv_hook(__RVENV_PROGRAM__)
del _rvenv_hook
