import os, sys
i = sys.implementation
found = "-".join((i.name, "%d.%d" % sys.version_info[:2], getattr(sys, "abiflags", "")))
if found != sys.argv[1]: sys.exit(3)
print(os.path.realpath(sys._base_executable))
