"""Activates this virtual environment in the Python that is running.

exec(open(path).read(), {"__file__": path}), for a program that cannot start the environment's own Python.
"""

import os
import site
import sys
import sysconfig


def _version(root):
    try:
        with open(os.path.join(root, "pyvenv.cfg"), encoding="utf-8") as lines:
            pairs = [line.partition("=") for line in lines]
    except OSError:
        return None
    for name, _, value in pairs:
        if name.strip() in ("version", "version_info"):
            return ".".join(value.strip().split(".")[:2])
    return None


def _activate(root, scripts, prompt):
    if "__file__" in globals():
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.prefix == root:
        return
    running = "{}.{}".format(*sys.version_info[:2])
    version = _version(root)
    if version not in (None, running):
        raise RuntimeError("{} is an environment of Python {}, and this is Python {}".format(root, version, running))
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


_activate(__RVENV_ROOT__, __RVENV_SCRIPTS__, __RVENV_PROMPT__)
