"""The tools of .ci/long: what each needs, and the commands whose answers are compared."""

import re

from tool import MODULE, PROJECT, TYPED, Tool

PIPFILE = """\
[[source]]
url = "https://pypi.org/simple"
verify_ssl = true
name = "simple"

[packages]
click = "==8.1.7"
"""
HATCH = """
[tool.hatch.envs.default]
path = ".hatch"
"""
NOXFILE = """\
import os

import nox


@nox.session(venv_backend="venv")
def tests(session):
    session.install("six")
    session.run("python", os.environ["PROGRAMS"] + "/look.py")
"""
PRE_COMMIT = """\
repos:
  - repo: local
    hooks:
      - id: look
        name: look
        language: python
        entry: python -c "import six, sys; print(six.__version__, sys.base_prefix)"
        additional_dependencies: [six]
        pass_filenames: false
        verbose: true
"""
WSGI = """\
import sys


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("before " + sys.prefix).encode()]
"""
SETTINGS = 'SECRET_KEY = "x"\nDEBUG = True\nROOT_URLCONF = "urls"\nINSTALLED_APPS = []\nDATABASES = {}\n'
URLS = """\
import sys

from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse("before " + sys.prefix))]
"""
COVERAGE = "[run]\npatch = subprocess\nparallel = true\nsource = .\nomit = .venv/*\n"
PARENT = """\
import multiprocessing
import subprocess
import sys

import child

if __name__ == "__main__":
    subprocess.run([sys.executable, "child.py"], check=True)
    process = multiprocessing.get_context("spawn").Process(target=child.work, args=(3,))
    process.start()
    process.join()
    print(process.exitcode)
"""
CHILD = """\
def work(number):
    if number == 3:
        print("as a process of multiprocessing")
    else:
        print("as a program")


if __name__ == "__main__":
    work(1)
"""
INDEX = "Demo\n====\n\n.. automodule:: demo\n   :members:\n\n.. autofunction:: click.echo\n"
CONF = 'import sys\n\nsys.path.insert(0, ".")\nproject = "demo"\nextensions = ["sphinx.ext.autodoc"]\n'
RELOAD = "{python} {programs}/reload.py "
ANSIBLE = "{tool}/ansible localhost -c local -e ansible_python_interpreter={python} "

TOOLS = [
    Tool(
        "pyright", "long", [pyright := "{tool}/pyright --pythonpath {python} app.py"],
        tool=["pyright[nodejs]"], inside=["click==8.1.7", "requests==2.31.0"], files={"app.py": TYPED},
        exit_codes={pyright: 1},
    ),
    Tool(
        "pdm", "long",
        [
            "{tool}/pdm info", "{tool}/pdm install", "{tool}/pdm list --freeze", "{tool}/pdm run demo",
            "{tool}/pdm run python {programs}/look.py", "{python} -m pip list",
        ],
        # hishel 2 lacks a class that pdm 2.29 imports.
        tool=["pdm", "hishel<2"], files={"pyproject.toml": PROJECT, "demo.py": MODULE}, unordered=True,
    ),
    Tool(
        "hatch", "long",
        ["{bin}/hatch run python {programs}/look.py", "{bin}/hatch run demo", "{bin}/hatch env show --ascii"],
        inside=["hatch"], files={"pyproject.toml": PROJECT + HATCH, "demo.py": MODULE},
    ),
    Tool(
        "pipenv", "long",
        [
            "{tool}/pipenv --venv", "{tool}/pipenv install", "{tool}/pipenv graph",
            "{tool}/pipenv run python {programs}/look.py", "{tool}/pipenv verify", "{tool}/pipenv clean --dry-run",
        ],
        tool=["pipenv"], files={"Pipfile": PIPFILE}, env={"PIPENV_VENV_IN_PROJECT": "1", "PIPENV_NOSPIN": "1"},
        unordered=True,
    ),
    Tool("nox", "long", ["{bin}/nox"], inside=["nox"], files={"noxfile.py": NOXFILE}),
    Tool(
        "pre-commit", "long",
        ["git init -q", "git add .pre-commit-config.yaml", "{bin}/pre-commit install", "{bin}/pre-commit run"],
        inside=["pre-commit"], files={".pre-commit-config.yaml": PRE_COMMIT},
    ),
    Tool(
        "pipx", "long",
        [
            "{bin}/pipx install pycowsay", "{bin}/pipx list", "{bin}/pipx runpip pycowsay list",
            "{bin}/pipx inject pycowsay six", "{bin}/pipx run pycowsay hello",
        ],
        inside=["pipx"],
    ),
    Tool(
        "build", "long", ["{python} -m build", "{python} -m build --no-isolation --wheel", "ls dist"],
        inside=["build", "setuptools"],
        files={"pyproject.toml": PROJECT.replace('"click==8.1.7"', ""), "demo.py": MODULE},
        variable=[(re.compile(r"\.tmp-\w+"), "TEMPORARY")],
    ),
    Tool(
        "PyInstaller", "long", ["{bin}/pyinstaller --log-level ERROR demo.py", "dist/demo/demo"],
        inside=["pyinstaller", "click==8.1.7"], files={"demo.py": MODULE},
    ),
    Tool(
        "PyInstaller with pip", "long", ["{bin}/pyinstaller --log-level ERROR demo.py", "dist/demo/demo"],
        inside=["pyinstaller"],
        files={"demo.py": "from pip._internal.cli.main import main\n\nraise SystemExit(main(['--version']))\n"},
    ),
    Tool(
        "shiv", "long", ["{bin}/shiv --quiet -c demo -o demo.pyz .", "{base} demo.pyz"],
        inside=["shiv"], files={"pyproject.toml": PROJECT, "demo.py": MODULE},
    ),
    Tool(
        "pex", "long",
        [
            "{tool}/pex --python {python} click==8.1.7 -o app.pex",
            "{python} app.pex -c \"import click, sys; print(click.__version__, sys.base_prefix)\"",
            "{tool}/pex3 interpreter inspect --python {python} -v",
        ],
        tool=["pex"],
    ),
    Tool(
        "gunicorn", "long",
        [RELOAD + "app.py {bin}/gunicorn --reload --reload-engine poll --bind 127.0.0.1:PORT app:app"],
        inside=["gunicorn"], files={"app.py": WSGI},
    ),
    Tool(
        "django", "long",
        [RELOAD + "urls.py {python} -m django runserver --settings settings 127.0.0.1:PORT"],
        inside=["django"], files={"settings.py": SETTINGS, "urls.py": URLS},
    ),
    Tool(
        "coverage", "long", ["{bin}/coverage run parent.py", "{bin}/coverage combine -q", "{bin}/coverage report -m"],
        inside=["coverage"], files={".coveragerc": COVERAGE, "parent.py": PARENT, "child.py": CHILD},
    ),
    Tool(
        "sphinx", "long", ["{bin}/sphinx-build -q -b text . out", "cat out/index.txt"],
        inside=["sphinx", "click==8.1.7"], files={"conf.py": CONF, "index.rst": INDEX, "demo.py": MODULE},
    ),
    Tool("celery", "long", ["{python} {programs}/celery_tasks.py"], inside=["celery"]),
    Tool(
        "ansible", "long",
        [
            ANSIBLE + "-m setup -a filter=ansible_python*", ANSIBLE + "-m pip -a name=six==1.16.0",
            ANSIBLE + "-m pip -a name=six==1.16.0", ANSIBLE + "-m pip -a 'name=six state=absent'",
            "{python} -m pip list",
        ],
        # Its module `pip` imports packaging.
        tool=["ansible-core"], inside=["packaging"],
    ),
]
