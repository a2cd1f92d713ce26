"""What pip's own parser makes of the requirements files that are named: one line of JSON for each."""

import json
import os
import sys

try:
    import pip  # noqa: F401
except ImportError:
    import ensurepip

    bundle = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    sys.path[:0] = [os.path.join(bundle, name) for name in os.listdir(bundle) if name.startswith("pip-")]
from pip._internal.req import req_file

OPTIONS = ["index_url", "extra_index_urls", "find_links", "no_index", "pre", "prefer_binary", "require_hashes", "trusted_hosts"]


def parsed(name):
    parser = req_file.RequirementsFileParser(None, req_file.get_line_parser(None))
    found = {"requirements": [], "options": []}
    for line in parser.parse(name, False):
        # pip 23 has no attribute for a line without one.
        requirement = getattr(line, "requirement", None)
        if requirement is not None:
            hashes = line.opts.hashes or {}
            hashes = sorted(kind + ":" + value.lower() for kind, values in hashes.items() for value in values)
            if line.opts.editables:
                hashes.append("editable")
            found["requirements"].append([requirement.strip(), hashes])
            continue
        for option in OPTIONS:
            value = getattr(line.opts, option)
            for one in value if isinstance(value, list) else [value]:
                if one:
                    found["options"].append([option, "" if one is True else one])
        control = line.opts.format_control
        for option in ("no_binary", "only_binary"):
            for one in sorted(getattr(control, option)):
                found["options"].append([option, one])
    return found


for name in sys.argv[1:]:
    try:
        print(json.dumps(parsed(name)))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
