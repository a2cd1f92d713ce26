"""Prints the prefix, the distributions, and the names in site-packages of the Python that runs it."""

import importlib.metadata
import os
import sys
import sysconfig

print(sys.prefix, sys.base_prefix)
print(sorted(found.metadata["Name"] + " " + found.version for found in importlib.metadata.distributions()))
print(sorted(name for name in os.listdir(sysconfig.get_path("purelib")) if name != "__pycache__"))
