"""Runs of the command, forked from a process that has imported what hfget builds on.

To start Python and import libraries takes more than half of a short run. The code of hfget itself
is imported by each run anew, in a process of its own, with the environment it is given.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).with_name("fork_server.py")
#: What Python reads as it starts, and a fork can no longer change.
_AT_START = ("PYTHON", "LC_", "LANG", "MALLOC_", "OPENSSL_", "GLIBC_")
#: What a fork inherits besides, as /proc/self/status calls it.
_INHERITED = ("Uid", "Gid", "Groups", "Umask", "SigBlk", "SigIgn", "NoNewPrivs", "Seccomp")
_LARGEST_REPLY = 4096

_servers: dict[object, socket.socket] = {}
_lock = threading.Lock()


class Forked:
    """One run; `stdout` and `stderr` are the reading ends of its pipes."""

    def __init__(self, reply: socket.socket, stdout: int, stderr: int) -> None:
        self._reply = reply
        self._streams = (stdout, stderr)
        self.pid = int(self._next()["pid"])

    def communicate(self, timeout: float) -> tuple[int, bytes, bytes]:
        """Exit code, output and errors, as subprocess gives them.

        Raises subprocess.TimeoutExpired after so many seconds; then the process is killed.
        """
        deadline = time.monotonic() + timeout
        said: dict[int, list[bytes]] = {stream: [] for stream in self._streams}
        open_streams = list(self._streams)
        try:
            while open_streams:
                rest = deadline - time.monotonic()
                ready, _, _ = select.select(open_streams, [], [], max(rest, 0.0))
                if not ready:
                    self._give_up(timeout)
                for stream in ready:
                    if piece := os.read(stream, 1 << 16):
                        said[stream].append(piece)
                    else:
                        open_streams.remove(stream)
            if not select.select([self._reply], [], [], max(deadline - time.monotonic(), 0.0))[0]:
                self._give_up(timeout)
            code = int(self._next()["code"])
        finally:
            for stream in self._streams:
                os.close(stream)
            self._reply.close()
        out, err = (b"".join(said[stream]) for stream in self._streams)
        return code, out, err

    def _give_up(self, timeout: float) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired(f"hfget, forked as {self.pid}", timeout)

    def _next(self) -> dict[str, Any]:
        line = b""
        while not line.endswith(b"\n"):
            piece = self._reply.recv(_LARGEST_REPLY)
            assert piece, "the server that forks has ended"
            line += piece
        found: dict[str, Any] = json.loads(line)
        return found


def fork_hfget(
    arguments: Sequence[str], *, directory: Path, environment: Mapping[str, str]
) -> Forked:
    """`python -m hfget ARGUMENTS` in `directory`, with nothing on its standard input."""
    asked = {"arguments": arguments, "directory": str(directory), "environment": dict(environment)}
    with _lock:
        server = _server_for(environment)
        ours, theirs = socket.socketpair()
        out, err = os.pipe(), os.pipe()
        with closing(theirs), Path(os.devnull).open("rb") as nothing:
            given = [theirs.fileno(), nothing.fileno(), out[1], err[1]]
            try:
                # the length first: a stream keeps no borders
                message = json.dumps(asked).encode()
                socket.send_fds(server, [len(message).to_bytes(4, "big")], given)
                server.sendall(message)
            finally:
                os.close(out[1])
                os.close(err[1])
    return Forked(ours, out[0], err[0])


def _server_for(environment: Mapping[str, str]) -> socket.socket:
    """The server whose forks are as a new process with this environment would be."""
    fixed = {name: value for name, value in environment.items() if name.startswith(_AT_START)}
    key = (os.getpid(), tuple(sorted(fixed.items())), _inherited())
    if key not in _servers:
        ours, theirs = socket.socketpair()
        with closing(theirs):
            subprocess.Popen(
                [sys.executable, str(_SERVER), str(theirs.fileno())],
                env={**fixed, "PATH": environment.get("PATH", os.defpath)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        _servers[key] = ours  # it ends when this end is closed
    return _servers[key]


def _inherited() -> tuple[str, ...]:
    status = Path("/proc/self/status").read_text().splitlines()
    limits = Path("/proc/self/limits").read_text()
    return (*(line for line in status if line.split(":")[0] in _INHERITED), limits)
