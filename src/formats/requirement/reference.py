"""The values of markers for pip: reads pairs of a marker and an extra, prints the variables and the values."""

import json
import os
import sys

try:
    import pip  # noqa: F401
except ImportError:
    import ensurepip

    bundle = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    sys.path[:0] = [os.path.join(bundle, name) for name in os.listdir(bundle) if name.startswith("pip-")]
from pip._vendor.packaging import markers


def value(marker, extra):
    try:
        return markers.Marker(marker).evaluate({"extra": extra})
    except Exception:
        return None


with open(sys.argv[1], encoding="utf-8") as file:
    values = [value(*case) for case in json.load(file)]
environment = {name: text for name, text in markers.default_environment().items() if name != "extra"}
json.dump([environment, values], sys.stdout)
