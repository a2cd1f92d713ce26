"""reload.py FILE COMMAND...: prints the page of a server before and after `before` becomes `after` in a file.

PORT in the command is a free port. The server has to load the file again by itself.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

# Seconds; only a server that hangs takes them.
DEADLINE = 90


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def wait_for(text, url):
    end, page = time.monotonic() + DEADLINE, "no answer"
    while time.monotonic() < end:
        try:
            page = urllib.request.urlopen(url, timeout=10).read().decode()
        except OSError as error:
            page = str(error)
        if page.startswith(text):
            return page
        time.sleep(0.1)
    sys.exit("expected %r, got %r" % (text, page))


file, port = Path(sys.argv[1]), free_port()
command = [word.replace("PORT", port) for word in sys.argv[2:]]
with open("server.log", "wb") as log:
    server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
try:
    url = "http://127.0.0.1:%s/" % port
    print(wait_for("before", url))
    file.write_text(file.read_text().replace("before", "after"))
    print(wait_for("after", url))
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(DEADLINE)
