"""Tells what a plan needs to know about the Python that runs this, as one line of JSON between two markers.

Runs on every Python from 2.7 on, so that one that is too old is told by its version and not by a
traceback: nothing below `facts` may use newer syntax either.
"""
import json
import os
import sys


def facts():
    import importlib.util
    import sysconfig

    variable = sysconfig.get_config_var
    library = stdlib(sysconfig)
    wheels, wheel_dirs = ensurepip_wheels(importlib.util.find_spec, variable("WHEEL_PKG_DIR"))
    return {
        "executable": sys.executable,
        "base_executable": getattr(sys, "_base_executable", None),
        "image": image(),
        "prefix": without_parents(sys.prefix),
        "base_prefix": without_parents(sys.base_prefix),
        "build": {
            "free_threaded": variable("Py_GIL_DISABLED") == 1,
            "debug": hasattr(sys, "gettotalrefcount"),
        },
        "platform": {"nt": "windows"}.get(os.name, "macos" if sys.platform == "darwin" else "linux"),
        "machine": machine(sysconfig),
        "pointer_bits": 64 if sys.maxsize > 2**32 else 32,
        "cache_tag": sys.implementation.cache_tag,
        "bytecode_magic": importlib.util.MAGIC_NUMBER.hex(),
        "extension_suffix": variable("EXT_SUFFIX"),
        "wheel_platform": wheel_platform(sysconfig.get_platform(), importlib.util.find_spec),
        "scheme": scheme(sysconfig),
        "stdlib": library,
        "library": os.path.relpath(library, sys.base_prefix),
        "shared_library": shared_library(variable),
        "companions": companions(os.path.abspath(sys.executable), library),
        "wheels": wheels,
        "wheel_dirs": wheel_dirs,
        "has_zlib": has_zlib(),
        "missing_modules": missing_modules(importlib.util.find_spec),
    }


def machine(sysconfig):
    """The machine that the interpreter was built for.

    Not `platform.machine()` on Linux, which is the kernel's and can be changed for a process (personality(2)),
    nor on Windows, where it is the processor's kind, and slow.
    """
    if os.name == "nt":
        kind = sysconfig.get_platform()  # win-amd64, win-arm64, win32
        return "x86" if kind == "win32" else kind.split("-")[-1]
    import platform

    return elf_machine() or platform.machine()


def elf_machine():
    """The machine in the header of the running executable, by the kernel's name (elf(5))."""
    names = {3: "i686", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "armv7l", 62: "x86_64", 183: "aarch64"}
    names.update({243: "riscv64", 258: "loongarch64"})
    try:
        with open("/proc/self/exe", "rb") as file:
            header = file.read(20)
    except OSError:
        return None
    if header[:4] != b"\x7fELF" or len(header) < 20:
        return None
    name = names.get(int.from_bytes(header[18:20], sys.byteorder))
    return "ppc64le" if name == "ppc64" and sys.byteorder == "little" else name


def wheel_platform(name, find_spec):
    """What the platform part of a wheel's tags follows; none where only more work could find it out."""
    name = name.replace("-", "_").replace(".", "_")
    if not name.startswith(("linux_", "macosx_")):
        return {"name": name, "library": None}
    if name.startswith("macosx_"):
        import platform

        # Emulated or not, the running process counts, and not what it was built for.
        release, _, machine = platform.mac_ver()
        version = [int(part) for part in (release.split(".") + ["0"])[:2] if part.isdigit()]
        return {"name": "macosx_" + machine, "library": ["macos"] + version} if len(version) == 2 else None
    if find_spec("_manylinux") is not None:  # it may refuse some of the tags (PEP 600)
        return None
    library = c_library()
    return {"name": name, "library": library} if library else None


def c_library():
    """The C library and its version."""
    try:
        kind, version = os.confstr("CS_GNU_LIBC_VERSION").split()
        major, minor = version.split(".")[:2]
        return [kind, int(major), int(minor)]
    except (AttributeError, OSError, ValueError):
        pass
    # musl names itself when its loader, which the executable names, is run.
    import re
    import subprocess

    try:
        with open(sys.executable, "rb") as file:
            loader = re.search(rb"/lib/ld-musl-[a-z0-9_]+\.so\.1", file.read(1 << 16))
        found = loader and subprocess.run([loader.group()], stderr=subprocess.PIPE).stderr.decode()
        version = found and re.search(r"musl libc.*\nVersion (\d+)\.(\d+)", found)
        return version and ["musl", int(version.group(1)), int(version.group(2))]
    except OSError:
        return None


def image():
    """The file that the kernel runs, where it shows it: a program may start another one by its own name."""
    try:
        return os.readlink("/proc/self/exe")
    except (AttributeError, OSError):
        return None


def without_parents(path):
    """Before 3.11, a prefix that was found through a link can be `/a/b/../c`."""
    return os.path.realpath(path) if os.pardir in path.split(os.sep) else os.path.abspath(path)


def scheme(sysconfig):
    """Where an environment keeps things, relative to its root."""
    root = dict.fromkeys(("base", "platbase", "installed_base", "installed_platbase"), "")

    def path(key, name):
        return sysconfig.get_path(key, name, root).replace(os.sep, "/").lstrip("/")

    keys = ("scripts", "include", "purelib", "platlib")
    # The `venv` scheme is what the `venv` module itself goes by from 3.11 on; a distributor's
    # backport of it to an older Python changes sysconfig, not what `venv` makes.
    if sys.version_info >= (3, 11) and "venv" in sysconfig.get_scheme_names():
        return {key: path(key, "venv") for key in keys}
    native = "nt" if os.name == "nt" else "posix_prefix"
    purelib = path("purelib", native)
    if native == "posix_prefix" and sys.implementation.name == "cpython":
        purelib = "lib/python%d.%d/site-packages" % sys.version_info[:2]  # what `venv` hard-codes
    include = "Include" if os.name == "nt" else "include"
    return {"scripts": path("scripts", native), "include": include, "purelib": purelib, "platlib": purelib}


def stdlib(sysconfig):
    """Where the standard library is: an archive in Windows' embeddable package, the source in a build
    directory, where sysconfig knows the place that it would be installed to."""
    path = os.path.abspath(sysconfig.get_path("stdlib"))
    if os.path.isdir(path) and not sysconfig.is_python_build():
        return path
    archives = [entry for entry in sys.path if entry.lower().endswith(".zip") and os.path.isfile(entry)]
    loaded = os.path.dirname(os.path.abspath(getattr(os, "__file__", None) or path))
    return ([loaded] if os.path.exists(loaded) else archives + [path])[0]


def shared_library(variable):
    """The library that holds the interpreter, where it is not in the executable itself."""
    name = variable("INSTSONAME") or variable("LDLIBRARY")
    if not name or name.endswith(".a"):
        return None
    # The installation may have been moved, so what lies in it goes before what was built in.
    places = [os.path.join(sys.base_prefix, "lib"), os.path.dirname(os.path.realpath(sys.executable)), sys.base_prefix]
    # macOS' frameworks are named from the directory that holds them on.
    for place in places + [variable("PYTHONFRAMEWORKPREFIX") or "", variable("LIBDIR") or ""]:
        path = os.path.join(place, name)
        if os.path.isabs(path) and os.path.isfile(path):
            return path
    return None


def companions(executable, stdlib):
    """What a copy of the executable does not start without, and what stands for it on Windows."""
    home, name = os.path.split(executable)
    if os.name == "nt":
        launchers = os.path.join(stdlib, "venv", "scripts", "nt")
        archive = files(home, (".zip",), "python")  # the embeddable package's library
        return files(home, (".exe", ".dll")) + archive + files(launchers, (".exe",))
    library = (".so", ".dylib")
    beside = files(home, library, "libpypy")
    # A relocatable build finds its libraries in `../lib`, relative to the copy then.
    prefix = os.path.dirname(home)
    if prefix in ("/", "/usr", "/usr/local") or not (beside or finds_relatively(executable)):
        return beside
    return beside + files(os.path.join(prefix, "lib"), library, "lib")


def finds_relatively(executable):
    """Whether the executable names its libraries relative to itself. Only the small ones, which hold
    little else than the call of such a library, are looked into."""
    try:
        if os.path.getsize(executable) > 1 << 20:
            return False
        with open(executable, "rb") as file:
            text = file.read()
    except OSError:
        return False
    return any(mark in text for mark in (b"$ORIGIN", b"@executable_path", b"@loader_path"))


def files(place, suffixes, start=""):
    """The files of a directory that end in one of the suffixes, or in one and a version."""
    try:
        names = sorted(os.listdir(place))
    except OSError:
        return []
    stems = [(name, name.lower().rstrip(".0123456789")) for name in names]
    return [
        os.path.join(place, name) for name, stem in stems if stem.endswith(suffixes) and name.startswith(start)
    ]


def ensurepip_wheels(find_spec, wheel_pkg_dir):
    """What `ensurepip` would install, in its order, and every directory that the answer rests on.

    Read from ensurepip's text and directories: to import it pulls in much, and Debian's is not there
    at all without python3-venv while its wheels may be.
    """
    projects = ["setuptools", "pip"] if sys.version_info < (3, 12) else ["pip"]
    spec = find_spec("ensurepip")
    home = os.path.dirname(spec.origin) if spec and spec.origin else None
    places = []
    if wheel_pkg_dir:
        places.append((wheel_pkg_dir, {}))
    if home:
        places.append((os.path.join(home, "_bundled"), bundled_versions(spec.origin)))
    # Debian patches this directory in by name; Debian's and Fedora's system Pythons share it.
    if sys.base_prefix == "/usr":
        places.append(("/usr/share/python-wheels", {}))
    stdlib = os.path.dirname(os.path.abspath(os.__file__))
    watched = [home or os.path.join(stdlib, "ensurepip")] + [place for place, _ in places]
    for place, versions in places:
        found = [newest_wheel(place, project, versions.get(project)) for project in projects]
        if all(found):  # as ensurepip does, take all from one place or none
            return found, watched
    return [], watched


def bundled_versions(source):
    """`_PIP_VERSION = "24.2"` and the like: a bundle may hold an older wheel too."""
    import re

    try:
        with open(source, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError):
        return {}
    found = re.findall(r"""^_(PIP|SETUPTOOLS)_VERSION = ["']([^"']+)["']""", text, re.MULTILINE)
    return {project.lower(): version for project, version in found}


def newest_wheel(place, project, version):
    """The wheel of `project` in `place`: of this very version where one is known."""
    try:
        names = os.listdir(place)
    except OSError:
        return None
    found = []
    for name in names:
        parts = name.split("-")
        if name.endswith(".whl") and len(parts) >= 5 and parts[0] == project and version in (None, parts[1]):
            key = [int(part) if part.isdigit() else -1 for part in parts[1].split(".")]
            found.append((key, parts[1], os.path.join(place, name)))
    if not found:
        return None
    return {"project": project, "version": max(found)[1], "path": max(found)[2]}


def missing_modules(find_spec):
    """What pip imports and a Python can lack, as headers were not there or files were left out."""
    names = ["zlib", "pyexpat", "select", "_socket", "_struct", "unicodedata", "_ssl"]
    if os.name == "posix" and sys.implementation.name == "cpython":
        names.append("_posixsubprocess")
    return [name for name in names if find_spec(name) is None]


def has_zlib():
    try:
        import zlib  # noqa: F401
    except ImportError:
        return False
    return True


def answer():
    info = sys.version_info
    told = {
        "version": {"major": info[0], "minor": info[1], "micro": info[2], "level": info[3], "serial": info[4]},
        "implementation": sys.implementation.name if hasattr(sys, "implementation") else "cpython",
    }
    if info >= (3, 6):
        told["facts"] = facts()
    return json.dumps(told)


def write(text):
    """Writes to stdout itself: a start-up file may have replaced `sys.stdout`."""
    data = text.encode("ascii")
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    try:
        sys.stdout.flush()
    except Exception:
        pass
    # One write, so that no thread of a start-up file writes in between, and no function that runs at the exit
    # can hang.
    write("\n<<<rvenv-probe\n" + answer() + "\nrvenv-probe>>>\n")
    os._exit(0)
