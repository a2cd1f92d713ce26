"""The tools of .ci/run: what each needs, and the commands whose answers are compared."""

import re

from tool import MODULE, POETRY, PROJECT, TYPED, Tool

TOOLS = [
    Tool(
        "jedi", "short", ["{tool}/python {programs}/jedi_answers.py {env}"],
        tool=["jedi"], inside=["click==8.1.7", "packaging"],
    ),
    Tool(
        "mypy", "short", [mypy := "{tool}/mypy --python-executable {python} app.py"],
        tool=["mypy"], inside=["click==8.1.7", "requests==2.31.0", "types-requests"], files={"app.py": TYPED},
        exit_codes={mypy: 1},
    ),
    Tool(
        "uv", "short",
        [
            "{uv} pip list", "{uv} pip freeze", "{uv} pip check", "{uv} pip tree", "{uv} pip show -f six",
            "{uv} pip install --upgrade pip==24.0", "{python} -m pip --version", "{uv} pip uninstall pip",
            "{python} {programs}/look.py", "{uv} sync", "{uv} sync --check", "{uv} run python {programs}/look.py",
            "{uv} run demo", "{uv} add --quiet idna==3.6", "{uv} run -q --with six python -c \"import six, idna\"",
        ],
        inside=["six==1.16.0"], files={"pyproject.toml": PROJECT, "demo.py": MODULE}, unordered=True,
        variable=[(re.compile(r"(Installed|Uninstalled|Prepared|Resolved|Audited|Checked) .*"), r"\1")],
    ),
    Tool(
        "poetry", "short",
        [
            "{tool}/poetry env info", "{tool}/poetry install", "{tool}/poetry run demo",
            "{tool}/poetry run python {programs}/look.py", "{tool}/poetry sync", "{python} -m pip list",
        ],
        tool=["poetry"],
        files={"pyproject.toml": PROJECT + POETRY, "demo.py": MODULE},
        env={"POETRY_VIRTUALENVS_IN_PROJECT": "true"}, unordered=True,
    ),
    Tool(
        "tox", "short", ["{bin}/tox run -q", "{bin}/tox config -k env_dir base_python", "{python} -m pip check"],
        inside=["tox"],
        files={
            "tox.ini": "[tox]\nenv_list = py\nskipsdist = true\n[testenv]\ndeps = six\npass_env = PROGRAMS\n"
            "commands = python {env:PROGRAMS}/look.py\n"
        },
    ),
    Tool("ipykernel", "short", ["{python} {programs}/kernel.py"], inside=["ipykernel", "jupyter-client"],
         env={"PYDEVD_DISABLE_FILE_VALIDATION": "1"}),
]
