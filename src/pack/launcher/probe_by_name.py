import os, sys
series, count, launcher = sys.argv[1:4]
def fits():
    i = sys.implementation
    flags = getattr(sys, "abiflags", "")
    if "-".join((i.name, "%d.%d" % sys.version_info[:2], flags)) != series: return False
    library, name = os.path.split(os.path.dirname(os.__file__))
    own = os.path.join(library, name, "os.py")
    # As this Python looks for its library: above the program, then where it was built for.
    above = launcher
    while above != os.path.dirname(above):
        above = os.path.dirname(above)
        other = os.path.join(above, "lib", name, "os.py")
        if os.path.exists(other): return os.path.samefile(other, own)
    if i.name != "cpython": return False
    data = __import__("_sysconfigdata_%s_%s_%s" % (flags, sys.platform, getattr(i, "_multiarch", "")))
    return os.path.samefile(os.path.join(data.build_time_vars["prefix"], "lib", name, "os.py"), own)
try: program = fits() and [sys.executable, launcher]
except Exception: program = None
if not program:
    os.environ["RVENV_PACK_AFTER"] = count
    program = ["/bin/sh", "/bin/sh", launcher]
os.execv(program[0], program[1:] + sys.argv[4:])
