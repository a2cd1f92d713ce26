# The rule of undo, for every shell, is in README.md beside this file.
def _rvenv_deactivate(args=(), everywhere=False):
    import os

    from xonsh.built_ins import XSH

    env = XSH.env
    # What this shell's activation added, and the user's own `deactivate`. The session's attributes are not exported.
    own = XSH.__dict__.pop("_rvenv_activation", {})
    entries = [own["entry"]] if own else []
    # Without an entry of this shell's, the activation was inherited or is another tool's.
    if env.get("VIRTUAL_ENV") and (everywhere or not own):
        entries += [os.path.join(env["VIRTUAL_ENV"], scripts) for scripts in ("bin", "Scripts")]
    for entry in entries:
        removed = 0
        while entry in env["PATH"] and (everywhere or not removed):
            env["PATH"].remove(entry)
            removed += 1
        if removed and not everywhere:
            break
    for name in ("PYTHONHOME", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "PYTHONPLATLIBDIR"):
        if "_OLD_VIRTUAL_" + name in env:
            value = env.pop("_OLD_VIRTUAL_" + name)
            if name not in env:
                env[name] = value
    for name in ("VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT"):
        env.pop(name, None)
    if getattr(XSH.aliases._raw.get("deactivate"), "__name__", "") == "_rvenv_deactivate":
        XSH.aliases.pop("deactivate")
    if own.get("alias") is not None:
        XSH.aliases["deactivate"] = own["alias"]
    if own.get("pydoc"):
        XSH.aliases.pop("pydoc", None)

    # A field that was wrapped meanwhile still calls ours, which then draws what xonsh does.
    if env.get("XONSH_INTERACTIVE"):
        from xonsh.prompt.env import env_name

        if getattr(env["PROMPT_FIELDS"].get("env_name"), "__name__", "") == "_rvenv_env_name":
            env["PROMPT_FIELDS"]["env_name"] = env_name


