"""Finds and starts the program of the distribution `rvenv-cli`.

This is not part of the package `rvenv`, because another project on PyPI is named `rvenv` and installs
`rvenv/__init__.py` and the script `rvenv` too. Where both are installed, this module still reports it.
"""

import os
import sys
import sysconfig
from typing import List

__all__ = ["ForeignFiles", "RvenvNotFound", "find_rvenv_bin", "main"]


class RvenvNotFound(FileNotFoundError):
    """The program is not where installers put it."""


class ForeignFiles(RuntimeError):
    """Files of the other project `rvenv` replaced those of `rvenv-cli`."""


def find_rvenv_bin() -> str:
    """Return the path of the program `rvenv` that belongs to this package.

    Raises RvenvNotFound if there is none, and ForeignFiles if the file with its name is a script, as that
    of the other project `rvenv` is.
    """
    directories = _directories()
    for directory in directories:
        path = os.path.join(directory, "rvenv" + (sysconfig.get_config_var("EXE") or ""))
        if os.path.isfile(path):
            if _is_script(path):
                raise ForeignFiles(_foreign(path))
            return path
    raise RvenvNotFound("found no program `rvenv` in {}".format(", ".join(directories)))


def main() -> None:
    """Run `rvenv` with the arguments of this process, and exit as it does."""
    try:
        _require_own_package()
        program = find_rvenv_bin()
    except (ForeignFiles, RvenvNotFound) as error:
        sys.exit("error: {}\nhint: {}".format(error, _reinstall(error)))
    arguments = [program] + sys.argv[1:]
    if sys.platform == "win32":
        sys.exit(_run(arguments))
    os.execv(program, arguments)


def _directories() -> List[str]:
    """Return where installers put programs, those that belong to this package's directory first."""
    site = _site()
    candidates = [os.path.join(site, "bin")]  # pip install --target
    if os.path.basename(site) in ("site-packages", "dist-packages"):
        # `PREFIX/lib/python3.X/site-packages` on POSIX, `PREFIX\\Lib\\site-packages` on Windows.
        windows = sys.platform == "win32"
        prefix = os.path.normpath(os.path.join(site, *[os.pardir] * (2 if windows else 3)))
        candidates.append(os.path.join(prefix, "Scripts" if windows else "bin"))
    candidates.append(sysconfig.get_path("scripts"))
    candidates.append(sysconfig.get_path("scripts", _user_scheme()))  # pip install --user
    return list(dict.fromkeys(path for path in candidates if path))


def _site() -> str:
    """Return the directory that this package is installed in."""
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _user_scheme() -> str:
    """Return the name of sysconfig's scheme for `pip install --user`."""
    if sys.version_info >= (3, 10):
        return sysconfig.get_preferred_scheme("user")
    if os.name == "nt":
        return "nt_user"
    framework = sys.platform == "darwin" and getattr(sys, "_framework", "")
    return "osx_framework_user" if framework else "posix_user"


def _is_script(path: str) -> bool:
    """Return whether the file starts with `#!`; the program of this package is compiled."""
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def _require_own_package() -> None:
    """Raise ForeignFiles if `rvenv/__init__.py` beside this package is not the one of this distribution."""
    path = os.path.join(_site(), "rvenv", "__init__.py")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            own = "rvenv_cli" in file.read()
    except FileNotFoundError:
        own = False
    if not own:
        raise ForeignFiles(_foreign(path))


def _foreign(path: str) -> str:
    return "`{}` is not a file of rvenv-cli: another project on PyPI is named `rvenv`".format(path)


def _reinstall(error: Exception) -> str:
    """Return the command that repairs the installation."""
    python = sys.executable if " " not in sys.executable else '"{}"'.format(sys.executable)
    install = python + " -m pip install --force-reinstall rvenv-cli"
    foreign = isinstance(error, ForeignFiles)
    return "{} -m pip uninstall --yes rvenv; {}".format(python, install) if foreign else install


def _run(arguments: List[str]) -> int:
    """Run the program as a child and return its exit code: Windows' exec returns to the caller at once."""
    import subprocess

    child = subprocess.Popen(arguments)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # Ctrl-C reaches the child too, which decides what it means.
            continue
