"""Runs cells in a kernel of this environment and prints what they print."""

from jupyter_client.manager import start_new_kernel

CELLS = ["import sys; print(sys.prefix)", "%pip list --format=freeze", "%pip check", "!which python", "1 / 0"]


def run(client, cell):
    """The text that a cell prints, and its status; the kernel sends the text in pieces of any size."""
    texts = []

    def collect(message):
        content = message["content"]
        if message["msg_type"] in ("stream", "error"):
            texts.append(content.get("text") or "%s: %s" % (content["ename"], content["evalue"]))

    reply = client.execute_interactive(cell, output_hook=collect, timeout=120)
    return "".join(texts), reply["content"]["status"]


manager, client = start_new_kernel(startup_timeout=120)
try:
    for cell in CELLS:
        print(cell, *run(client, cell), sep="\n")
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
