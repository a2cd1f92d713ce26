"""Compiles sources from standard input, each to bytecode on standard output.

In: name length, source length, name, source, and so on to the end. Out, in the same order: length and
bytecode file; a length of zero where the source is not meant for this Python. Lengths are 32 bits, little-endian.
The bytecode carries the source's hash and no time (PEP 552): it stays valid however its files are copied.
"""
import importlib.util
import marshal
import sys
import warnings

FLAGS = int(sys.argv[1])
# PyPy's garbage collector decides which equal strings are one object, and later versions of the format
# write such an object once: the same sources would give different bytes.
VERSION = 0 if sys.implementation.name == "pypy" else marshal.version

warnings.simplefilter("ignore")
given = sys.stdin.buffer.read()
at = 0
while at < len(given):
    # Without `struct`, whose part in C a Python can lack.
    name_size, size = (int.from_bytes(given[start : start + 4], "little") for start in (at, at + 4))
    at += 8
    name = given[at : at + name_size].decode("utf-8")
    at += name_size
    source = given[at : at + size]
    at += size
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, ImportError):  # a name of a character needs `unicodedata`
        pyc = b""
    else:
        head = importlib.util.MAGIC_NUMBER + FLAGS.to_bytes(4, "little")
        pyc = head + importlib.util.source_hash(source) + marshal.dumps(code, VERSION)
    sys.stdout.buffer.write(len(pyc).to_bytes(4, "little") + pyc)
sys.stdout.buffer.flush()
