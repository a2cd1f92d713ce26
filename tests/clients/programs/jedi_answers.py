"""Prints what jedi, as an editor uses it, knows of the environment in the first argument."""

import sys

import jedi

environment = jedi.create_environment(sys.argv[1], safe=False)
print(environment.version_info, environment.executable)
print(*environment.get_sys_path(), sep="\n")
project = jedi.Project(".", environment_path=sys.argv[1])
for text in ["import click\nclick.ech", "import pip\npip.mai", "import packa", "from click import Opti"]:
    script = jedi.Script(text, path="new.py", project=project)
    print(text.splitlines()[-1], [found.full_name for found in script.complete()])
script = jedi.Script("import click\nclick.echo", path="new.py", project=project)
print([(found.full_name, found.module_path, found.line) for found in script.goto(follow_imports=True)])
