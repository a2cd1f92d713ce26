import sys
i = sys.implementation
found = "-".join((i.name, "%d.%d" % sys.version_info[:2], getattr(sys, "abiflags", "")))
if found != sys.argv[1]: sys.exit(1)
print(getattr(sys, "_base_executable", None) or sys.executable)
