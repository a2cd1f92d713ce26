"""An entry of the table of .ci/clients, and files that several entries use."""

from dataclasses import dataclass, field


@dataclass
class Tool:
    """One tool.

    In `commands`, {tool} is the scripts directory of the tool's own environment, {env} the environment that is
    judged, {bin} its scripts directory, {python} its Python, {base} the base Python, {uv} uv, {programs} the
    directory of this name.
    """

    name: str
    # `short` for .ci/run, `long` for .ci/long.
    part: str
    commands: list
    # Requirements of the tool's own environment.
    tool: list = field(default_factory=list)
    # Requirements that are installed into the environment that is judged.
    inside: list = field(default_factory=list)
    # Files of the project, by name.
    files: dict = field(default_factory=dict)
    # Variables.
    env: dict = field(default_factory=dict)
    # Exit codes that are not 0, by command.
    exit_codes: dict = field(default_factory=dict)
    # Further (pattern, replacement) for text that differs between two runs on the same environment.
    variable: list = field(default_factory=list)
    # Whether the order of the lines differs between two runs.
    unordered: bool = False


PROJECT = """\
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["click==8.1.7"]

[project.scripts]
demo = "demo:main"

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = ["demo"]
"""
MODULE = """\
import sys

import click


@click.command()
def main() -> None:
    click.echo("click from " + sys.prefix)


if __name__ == "__main__":
    main()
"""
# The index that pip uses; poetry's default one has an interface that mirrors lack.
POETRY = """\
[[tool.poetry.source]]
name = "simple"
url = "https://pypi.org/simple/"
priority = "primary"
"""
TYPED = """\
import click
import requests


def name(count: int) -> str:
    click.echo(count, nl="yes")
    return requests.get("http://localhost").status_code
"""
