# Activates a Python virtual environment: `source bin/activate.xsh` in xonsh.
# file: the name of this file, or nothing where this is evaluated and no file.
def _rvenv_activate(root, scripts, name, file, here):
    import os

    from xonsh.built_ins import XSH
    from xonsh.prompt.env import env_name

    # The environment may have been moved since this file was written.
    if file and os.path.basename(here) == file:
        root = os.path.dirname(os.path.dirname(os.path.abspath(here)))

    _rvenv_deactivate()
    env = XSH.env
    env["VIRTUAL_ENV"] = root
    env["VIRTUAL_ENV_PROMPT"] = name
    entry = os.path.join(root, scripts)
    env["PATH"].insert(0, entry)
    for variable in ("PYTHONHOME", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "PYTHONPLATLIBDIR"):
        if variable in env:
            env["_OLD_VIRTUAL_" + variable] = env.pop(variable)
    XSH._rvenv_activation = {"entry": entry, "alias": XSH.aliases._raw.get("deactivate")}
    XSH.aliases["deactivate"] = _rvenv_deactivate
    # An environment has no `pydoc`, and that of PATH knows another Python's packages. The user's own stays.
    if "pydoc" not in XSH.aliases:
        XSH.aliases["pydoc"] = ["python", "-m", "pydoc"]
        XSH._rvenv_activation["pydoc"] = True

    # xonsh draws VIRTUAL_ENV_PROMPT as it is: without brackets, and with colours where it has braces.
    def _rvenv_env_name():
        name = env.get("VIRTUAL_ENV_PROMPT")
        if not name or env.get("VIRTUAL_ENV_DISABLE_PROMPT"):
            return env_name()
        return "({}) ".format(name.replace("{", "{{").replace("}", "}}"))

    # A field that the user made stays.
    if env.get("XONSH_INTERACTIVE") and env["PROMPT_FIELDS"].get("env_name") is env_name:
        env["PROMPT_FIELDS"]["env_name"] = _rvenv_env_name


_rvenv_activate(__RVENV_ROOT__, __RVENV_SCRIPTS__, __RVENV_PROMPT__, __RVENV_FILE__, globals().get("__file__") or "")
del _rvenv_activate
