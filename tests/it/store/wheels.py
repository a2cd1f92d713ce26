"""Makes a directory of archives of every kind: what pip installs from it is put into the store.

As a module it is the build backend of its own source archives.
"""
import base64
import hashlib
import io
import os
import sys
import sysconfig
import tarfile
import zipfile

CODE = "def main():\n    print(__file__)\n"
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "wheels"\nbackend-path = ["."]\n'


def wheel(directory, name, version="1.0", files=None, tag="py3-none-any", build="", points="", metadata="", pure=True):
    stem = name.replace("-", "_") + "-" + version
    info = stem + ".dist-info/"
    contents = {path: data if isinstance(data, bytes) else data.encode() for path, data in (files or {}).items()}
    header = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s\nText\n" % (name, version, metadata)
    contents[info + "METADATA"] = header.encode()
    about = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: %s\n" % str(pure).lower()
    pythons, abi, platform = tag.split("-")
    about += "".join("Tag: %s-%s-%s\n" % (python, abi, platform) for python in pythons.split("."))
    contents[info + "WHEEL"] = (about + ("Build: %s\n" % build if build else "")).encode()
    if points:
        contents[info + "entry_points.txt"] = points.encode()
    record = ""
    for path, data in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        path = '"%s"' % path if "," in path else path
        record += "%s,sha256=%s,%d\n" % (path, digest, len(data))
    contents[info + "RECORD"] = (record + info + "RECORD,,\n").encode()
    file = stem + ("-" + build if build else "") + "-" + tag + ".whl"
    with zipfile.ZipFile(os.path.join(directory, file), "w") as archive:
        for path, data in contents.items():
            entry = zipfile.ZipInfo(path, (2020, 1, 2, 3, 4, 6))
            entry.external_attr = (0o100755 if path.endswith((".run", "data-py", "data-sh")) else 0o100644) << 16
            archive.writestr(entry, data)
    return file


def source(directory, name, version="1.0"):
    files = {"pyproject.toml": PYPROJECT, "PKG-INFO": "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)}
    with open(os.path.abspath(__file__)) as own:
        files["wheels.py"] = own.read()
    with tarfile.open(os.path.join(directory, "%s-%s.tar.gz" % (name, version)), "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo("%s-%s/%s" % (name, version, path))
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def build_wheel(directory, config_settings=None, metadata_directory=None):
    with open("PKG-INFO") as metadata:
        name = metadata.read().split("Name: ")[1].split("\n")[0]
    where = sys.prefix if name == "rooted" else "nowhere"
    return wheel(directory, name, files={name + ".py": CODE + "WHERE = %r\n" % where})


def make(directory):
    os.makedirs(directory, exist_ok=True)
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    points = "[console_scripts]\n{0} = {0}:main\n[gui_scripts]\n{0}-gui = {0}:main\n"
    wheel(directory, "plain", files={"plain.py": CODE}, points=points.format("plain"))
    package = {"pack/__init__.py": CODE, "pack/sub/__init__.py": "", "pack/sub/deep.py": "x = 1\n", "pack/data.json": "{}"}
    package.update({"pack/template.py": "this is {{ no python }}\n", "pack/tool.run": "#!/bin/sh\n", "pack/a, b.txt": "comma"})
    wheel(directory, "pack", files=package, metadata="Requires-Dist: plain\nProvides-Extra: more\nRequires-Dist: ns.one; extra == 'more'\n")
    wheel(directory, "ns.one", files={"ns/one.py": CODE})
    wheel(directory, "ns_two", files={"ns/two.py": CODE, "ns/inner/x.py": CODE})
    data = {"share/doc/data.txt": "data", "etc/data.conf": "conf"}
    files = {"with_data-1.0.data/data/" + path: text for path, text in data.items()}
    files["with_data-1.0.data/headers/data.h"] = "#define X\n"
    files["with_data-1.0.data/scripts/data-py"] = "#!python\nimport with_data; with_data.main()\n"
    files["with_data-1.0.data/scripts/data-sh"] = "#!/bin/sh\necho data\n"
    files["with_data-1.0.data/platlib/with_data_plat.py"] = CODE
    files["with_data.py"] = CODE
    wheel(directory, "with-data", files=files)
    wheel(directory, "path-file", files={"path_file.pth": "import sys\n", "path_file.py": CODE})
    wheel(directory, "stable", files={"stable/__init__.py": CODE, "stable/_x.abi3.so": b"\x7fELF\0"}, tag="cp38-abi3-" + platform, pure=False)
    wheel(directory, "both", files={"both.py": CODE}, tag="py2.py3-none-any")
    wheel(directory, "tagged", files={"tagged.py": CODE}, build="2b")
    wheel(directory, "Mixed.Name_of-it", files={"mixed_name.py": CODE})
    wheel(directory, "unicode", files={"unicode/\u00e9.py": CODE, "unicode/__init__.py": ""})
    wheel(directory, "flat", files={"flat/data.txt": "x", "flat/more.txt": "y"}, points="[console_scripts]\nflat = flat:b\n")
    source(directory, "built")
    source(directory, "rooted")


if __name__ == "__main__":
    make(sys.argv[1])
