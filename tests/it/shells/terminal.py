"""Runs a shell on a pseudo-terminal: terminal.py MARK LINES-FILE PROGRAM ARGS...

Each line of the file is typed when the prompt, which ends in MARK, has been drawn; the whole transcript
goes to stdout. Python has the pseudo-terminals that the standard library of Rust lacks.
"""

import os
import pty
import select
import sys
import time

mark, lines = sys.argv[1].encode(), open(sys.argv[2], "rb").read().splitlines()
settle = float(os.environ.pop("RVENV_SETTLE", 0))
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[3], sys.argv[3:])

transcript = b""


def read(enough):
    """Reads until `enough`, the end, or five seconds."""
    global transcript
    deadline = time.monotonic() + 5
    while not enough() and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                return
            if not piece:
                return
            transcript += piece
            # What a line editor asks the terminal, it waits for.
            if b"\x1b[6n" in piece:
                os.write(terminal, b"\x1b[1;1R")
            if b"\x1b[c" in piece or b"\x1b[0c" in piece:
                os.write(terminal, b"\x1b[?1;2c")


for line in lines:
    seen = transcript.count(mark)
    os.write(terminal, line + b"\r")
    read(lambda: transcript.count(mark) > seen)
    # A line editor draws the prompt again and again, and may drop what is typed while a command runs.
    while settle and select.select([terminal], [], [], settle)[0]:
        size = len(transcript)
        read(lambda: len(transcript) > size)
        if len(transcript) == size:
            break
os.write(terminal, b"exit\r")
read(lambda: False)
sys.stdout.buffer.write(transcript)
