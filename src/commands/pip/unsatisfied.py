"""Prints which requirements of `pip install ARGS...` this environment does not satisfy, as JSON.

Usage: python -E unsatisfied.py DIRECTORY-OF-PIP ARGS...; the directory is empty for the environment's own pip.
Prints `[]` when the arguments choose another destination, or when nothing is to be installed.
"""
import sys

# With `-c`, the current directory is first: a module in it is not the standard library's.
if sys.path[:1] == [""]:
    del sys.path[0]

import importlib.metadata
import json
import os
import re

ARCHIVES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz")


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def versions(paths):
    found = {}
    for distribution in importlib.metadata.distributions(path=paths):
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(normalized(name), distribution.version)
    return found


def chooses_elsewhere(options):
    prefix = getattr(options, "prefix_path", None)
    root = getattr(options, "root_path", None)
    python = getattr(options, "python", None)
    return (
        getattr(options, "target_dir", None)
        or getattr(options, "use_user_site", None)
        or getattr(options, "dry_run", None)
        or (prefix and os.path.realpath(prefix) != os.path.realpath(sys.prefix))
        or (root and root != os.sep)
        or (python and os.path.abspath(python) not in (sys.executable, sys.prefix))
    )


def requirements(options, names):
    from pip._internal.network.session import PipSession
    from pip._internal.req.req_file import parse_requirements

    yield from names
    for file in options.requirements:
        for line in parse_requirements(file, session=PipSession(), options=options):
            if not line.is_editable and not line.constraint:
                yield line.requirement


def main(pip, words):
    elsewhere = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if pip:
        sys.path.insert(0, pip)
    paths = sys.path[1:] if pip else list(sys.path)

    from pip._internal.commands import create_command
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement

    options, names = create_command("install", isolated="--isolated" in words).parse_args(words)
    missing = []
    if not chooses_elsewhere(options):
        installed, others = versions(paths), versions([path for path in elsewhere if path])
        for text in requirements(options, names):
            try:
                wanted = Requirement(text)
            except InvalidRequirement:
                continue  # a path or a URL
            if text.lower().endswith(ARCHIVES) or wanted.marker and not wanted.marker.evaluate({"extra": ""}):
                continue
            version = installed.get(normalized(wanted.name))
            if version is None or not wanted.specifier.contains(version, prereleases=True):
                missing.append([text, version, normalized(wanted.name) in others])
    return missing


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2:])))
