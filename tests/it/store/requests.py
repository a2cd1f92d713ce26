"""Makes the archives that requests are generated for, below the directory that is named: `links` has all of
them; `few` lacks the better wheel of `best`. Prints name, version and SHA-256 of each archive."""
import hashlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wheels

WHEELS = [
    ("alpha", "1.0", "Requires-Dist: beta>=1.0\n", {}),
    ("beta", "1.0", "", {}),
    ("beta", "2.0", "", {}),
    ("gamma", "1.0", "Provides-Extra: more\nRequires-Dist: delta; extra == 'more'\n", {}),
    ("delta", "1.0", "Requires-Python: >=3.8\n", {}),
    ("epsilon", "1.0", "Requires-Dist: absent; python_version < '3'\nRequires-Dist: delta; os_name == 'posix'\n", {}),
    ("zeta", "1.0", "", {"shared.py": "zeta = 1\n"}),
    ("eta", "1.0", "", {"shared.py": "eta = 1\n"}),
    ("theta", "1.0rc1", "", {}),
    ("iota", "1.0", "", {}),
    ("iota", "1.0+local", "", {}),
    ("Kappa.k_k", "1.0", "Requires-Dist: gamma[more] (==1.0)\n", {}),
    ("lambda", "1.0", "Requires-Dist: beta<2\n", {}),
    ("mu", "1.0", "Provides-Extra: a\nProvides-Extra: b\nRequires-Dist: gamma[more]==1.0; extra == 'a'\n"
     "Requires-Dist: beta>1; extra == 'b' and python_version >= '3'\nRequires-Dist: absent; extra == 'c'\n", {}),
    ("nu", "1.0", "Requires-Dist: mu!=2; platform_python_implementation == 'CPython'\n", {"deep/zeta/x.py": "x = 1\n"}),
    ("xi", "1.0", "Requires-Python: <3\n", {}),
]


def make(directory, name, version, metadata, files, tag="py3-none-any"):
    module = name.split(".")[0].lower()
    files = dict(files, **{module + ".py": "version = %r\ntag = %r\n" % (version, tag)})
    points = "[console_scripts]\n%s = %s:print\n" % (module, module)
    return wheels.wheel(directory, name, version, files, tag=tag, metadata=metadata, points=points)


for directory in ("links", "few"):
    path = os.path.join(sys.argv[1], directory)
    os.makedirs(path)
    made = [(wheel[0], wheel[1], make(path, *wheel)) for wheel in WHEELS]
    made.append(("best", "1.0", make(path, "best", "1.0", "", {})))
    if directory == "links":
        own = "cp%d%d-none-any" % sys.version_info[:2]
        made.append(("best", "1.0", make(path, "best", "1.0", "", {}, tag=own)))
        for name, version, file in made:
            with open(os.path.join(path, file), "rb") as archive:
                print(name, version, hashlib.sha256(archive.read()).hexdigest())
