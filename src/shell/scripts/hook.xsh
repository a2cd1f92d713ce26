# Activates and deactivates on a change of directory: `execx($(rvenv hook xonsh))` in ~/.xonshrc.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
def _rvenv_hook(program):
    import os
    import re
    import subprocess

    from xonsh.built_ins import XSH
    from xonsh.events import events

    # Read a second time, it is there already.
    is_first = not hasattr(XSH, "_RVENV_HOOK_STATE")
    XSH._RVENV_HOOK_STATE = "::"
    XSH._RVENV_HOOK_LEFT = ""
    seen = None

    def now():
        env = XSH.env
        return [env.get("PWD"), env.get("VIRTUAL_ENV"), list(env.get("PATH", ()))]

    def update():
        env = XSH.env
        # An activation that the user ended by hand is not made again until the project is left.
        mark = env.get("_RVENV_HOOK", "")
        if mark and mark != env.get("VIRTUAL_ENV") and not mark.startswith("!"):
            env["_RVENV_HOOK"] = "!" + mark
        variables = dict(env.detype())
        for name in ("_RVENV_HOOK_STATE", "_RVENV_HOOK_LEFT"):
            variables[name] = getattr(XSH, name)
        if hasattr(XSH, "_rvenv_activation"):
            variables["_RVENV_HOOK_HELD"] = XSH._rvenv_activation["entry"]
        command = [program, "hook-env", "--shell", "xonsh"]
        asked = subprocess.run(command, env=variables, stdout=subprocess.PIPE)
        if asked.stdout:
            XSH.execer.exec(os.fsdecode(asked.stdout), glbs=XSH.ctx)

    def hook(cmd="", **_):
        nonlocal seen
        if re.search(r"(^|[\s(\[$!|&;])rvenv\s", str(cmd)) or now() != seen:
            update()
            seen = now()

    # Before what the user typed runs: other tools change PATH at the prompt, too, and what was left can come
    # back no longer.
    def last(**_):
        hook()
        XSH._RVENV_HOOK_LEFT = ""

    if is_first:
        # Not every line editor has an event for a prompt.
        events.on_chdir(lambda **_: hook())
        events.on_postcommand(hook)
        events.on_precommand(last)
        hook()


_rvenv_hook(__RVENV_PROGRAM__)
del _rvenv_hook
