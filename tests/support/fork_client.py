"""`hfget` in a shell of a test: the server that forks runs it, with the streams of this process.

Imports little: it is started for each run. See `forking.in_a_shell`.
"""

from __future__ import annotations

import json
import os
import socket
import sys


def run(control: socket.socket, arguments: list[str]) -> int:
    """The exit code of `hfget ARGUMENTS`, as a shell has it."""
    environment = dict(os.environ)
    asked = {"arguments": arguments, "directory": os.getcwd(), "environment": environment}  # noqa: PTH109
    message = json.dumps(asked).encode()
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            length = len(message).to_bytes(4, "big")
            socket.send_fds(control, [length], [theirs.fileno(), 0, 1, 2])
        control.sendall(message)
        with ours.makefile("rb") as lines:
            _, ended = lines  # its pid, its end
    code = int(json.loads(ended)["code"])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(run(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]))
