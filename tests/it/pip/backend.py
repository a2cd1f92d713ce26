"""A build backend (PEP 517, PEP 660) that lives in the source tree of `demo` and needs `aid` to build.

Run as a script, it makes the directory of wheels and sources that the tests install from.
"""
import base64
import hashlib
import os
import shutil
import sys
import tarfile
import zipfile

PYPROJECT = """[build-system]
requires = ["aid"]
build-backend = "backend"
backend-path = ["."]

[project]
name = "demo"
version = "1.0"
"""
MODULE = "def main():\n    print('demo runs')\n"


def make_wheel(directory, name, version, files, scripts=""):
    info = "%s-%s.dist-info/" % (name, version)
    files = dict(files)
    files[info + "METADATA"] = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
    files[info + "WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if scripts:
        files[info + "entry_points.txt"] = "[console_scripts]\n%s\n" % scripts
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += "%s,sha256=%s,%d\n" % (path, digest, len(text.encode()))
    files[info + "RECORD"] = record + info + "RECORD,,\n"
    wheel = "%s-%s-py3-none-any.whl" % (name, version)
    with zipfile.ZipFile(os.path.join(directory, wheel), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def build_wheel(directory, config_settings=None, metadata_directory=None):
    import aid
    assert aid.HERE
    return make_wheel(directory, "demo", "1.0", {"demo.py": MODULE}, "demo-cmd = demo:main")


def build_editable(directory, config_settings=None, metadata_directory=None):
    import aid
    assert aid.HERE
    return make_wheel(directory, "demo", "1.0", {"demo.pth": os.getcwd() + "\n"}, "demo-cmd = demo:main")


def build_sdist(directory, config_settings=None):
    raise NotImplementedError


if __name__ == "__main__":
    house, source = sys.argv[1:]
    for folder in (house, source):
        os.makedirs(folder)
    make_wheel(house, "aid", "1.0", {"aid.py": "HERE = True\n"})
    make_wheel(house, "ready", "1.0", {"ready.py": MODULE}, "ready-cmd = ready:main")
    for name, text in {"pyproject.toml": PYPROJECT, "demo.py": MODULE, "PKG-INFO": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"}.items():
        with open(os.path.join(source, name), "w") as out:
            out.write(text)
    shutil.copy(__file__, os.path.join(source, "backend.py"))
    with tarfile.open(os.path.join(house, "demo-1.0.tar.gz"), "w:gz") as archive:
        archive.add(source, "demo-1.0")
