# Takes back what an activation put in, and nothing else: no saved PATH is written over what was
# edited since, and a child shell that inherited the activation can do it too.
def _rvenv_deactivate(args=()):
    import os

    from xonsh.built_ins import XSH

    env = XSH.env
    if env.get("VIRTUAL_ENV"):
        for scripts in ("bin", "Scripts"):
            entry = os.path.join(env["VIRTUAL_ENV"], scripts)
            if entry in env["PATH"]:
                env["PATH"].remove(entry)
                break
    if "_OLD_VIRTUAL_PYTHONHOME" in env and "PYTHONHOME" not in env:
        env["PYTHONHOME"] = env["_OLD_VIRTUAL_PYTHONHOME"]
    for name in ("VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "_OLD_VIRTUAL_PYTHONHOME"):
        env.pop(name, None)
    XSH.aliases.pop("deactivate", None)

    if env.get("XONSH_INTERACTIVE"):
        from xonsh.prompt.env import env_name

        if getattr(env["PROMPT_FIELDS"].get("env_name"), "__name__", "") == "_rvenv_env_name":
            env["PROMPT_FIELDS"]["env_name"] = env_name


