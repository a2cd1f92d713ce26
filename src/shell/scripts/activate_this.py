"""Activates this virtual environment in the Python that is running.

runpy.run_path(path) or exec(open(path).read(), {"__file__": path}), for a program that cannot start the environment's
own Python.
"""

import os
import site
import sys
import sysconfig


def _configuration(root):
    try:
        with open(os.path.join(root, "pyvenv.cfg"), encoding="utf-8") as lines:
            pairs = [line.partition("=") for line in lines]
    except OSError:
        return {}
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _check_version(root, configuration):
    running = "{}.{}".format(*sys.version_info[:2])
    version = configuration.get("version", configuration.get("version_info", running))
    version = ".".join(version.split(".")[:2])
    if version != running:
        raise RuntimeError("{} is an environment of Python {}, and this is Python {}".format(root, version, running))


def _set_variables(root, scripts, prompt):
    for name in ("PYTHONHOME", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "PYTHONPLATLIBDIR"):
        os.environ.pop(name, None)
    entries = os.environ.get("PATH", "").split(os.pathsep)
    active = os.environ.get("VIRTUAL_ENV")
    for entry in (os.path.join(active, name) for name in ("bin", "Scripts") if active):
        if entry in entries:
            entries.remove(entry)
    os.environ["PATH"] = os.pathsep.join([os.path.join(root, scripts)] + [entry for entry in entries if entry])
    os.environ["VIRTUAL_ENV"] = root
    os.environ["VIRTUAL_ENV_PROMPT"] = prompt


def _set_prefix(root, has_system_site):
    """Sets what `site` sets at the start of the environment's own Python, and what `sysconfig` derives from it."""
    scheme = {"posix": "posix_prefix"}.get(os.name, os.name)
    if "venv" in sysconfig.get_scheme_names():
        scheme = "venv"
    before = set(sys.path)
    for kind in ("purelib", "platlib"):
        site.addsitedir(sysconfig.get_path(kind, scheme, {"base": root, "platbase": root}))
    # What the environment has comes before what the base has.
    sys.path.sort(key=lambda entry: entry in before)
    sys.real_prefix = sys.prefix
    sys.prefix = sys.exec_prefix = root
    # Until 3.13 `site` changes the prefix of an environment; from 3.14 on it finds both prefixes changed.
    own = [root] if sys.version_info < (3, 14) else [root, root]
    site.PREFIXES[:] = own + (site.PREFIXES if has_system_site else [])
    if not has_system_site:
        site.ENABLE_USER_SITE = False
    # Both are kept from the start, and what follows from them is kept at the first use; from CPython 3.11 on a second
    # name says whether it is.
    sysconfig._PREFIX = sysconfig._EXEC_PREFIX = os.path.normpath(root)
    sysconfig._CONFIG_VARS = None
    sysconfig._CONFIG_VARS_INITIALIZED = False
    # Their default was derived at the import; Debian's is another one outside environments.
    default = getattr(sysconfig, "get_default_scheme", None) or sysconfig._get_default_scheme
    for function in (sysconfig.get_path, sysconfig.get_paths):
        function.__defaults__ = (default(),) + function.__defaults__[1:]


def _activate(scripts, prompt):
    # `exec` without `__file__` has the calling script's name or none.
    if os.path.basename(globals().get("__file__", "")) != "activate_this.py":
        raise RuntimeError("You must use import runpy; runpy.run_path(this_file)")
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    configuration = _configuration(root)
    _check_version(root, configuration)
    _set_variables(root, scripts, prompt)
    if sys.prefix != root:
        _set_prefix(root, configuration.get("include-system-site-packages", "").lower() == "true")


_activate(__RVENV_SCRIPTS__, __RVENV_PROMPT__)
