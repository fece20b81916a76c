"""Runs of the command, forked from a process that has imported what a download imports.

To start Python and to import takes four fifths of a short run. What is imported for all of them
looks at no environment (tests/unit/test_forking.py); what does is imported by each run.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shlex
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
_CLIENT = Path(__file__).with_name("fork_client.py")
#: What Python reads as it starts, and a fork can no longer change.
_AT_START = ("PYTHON", "LC_", "LANG", "MALLOC_", "OPENSSL_", "GLIBC_")
#: What a fork inherits besides, as /proc/self/status calls it.
_INHERITED = ("Uid", "Gid", "Groups", "Umask", "SigBlk", "SigIgn", "NoNewPrivs", "Seccomp")
_LARGEST_REPLY = 4096
#: Room for what a command says before a test reads it: a full pipe would stop the command.
_PIPE_BYTES = 1 << 20

_servers: dict[object, socket.socket] = {}
_lock = threading.Lock()


class Forked:
    """One run, which can be used as subprocess.Popen can."""

    def __init__(self, reply: socket.socket, stdout: int, stderr: int) -> None:
        self._reply, self._unread = reply.detach(), b""
        self._lock = threading.Lock()
        self.stdout, self.stderr = (os.fdopen(stream, "rb") for stream in (stdout, stderr))
        self._said: dict[int, list[bytes]] = {stdout: [], stderr: []}
        self.returncode: int | None = None
        self.pid = int(self._next()["pid"])

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """What it says to its end.

        Raises subprocess.TimeoutExpired after so many seconds; what was said is kept.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        streams = [stream for stream in (self.stdout, self.stderr) if not stream.closed]
        while streams:
            ready = self._ready(streams, deadline)
            for stream in ready:
                if piece := os.read(stream.fileno(), 1 << 16):
                    self._said[stream.fileno()].append(piece)
                else:
                    streams.remove(stream)
                    stream.close()
        self._wait_until(deadline)
        out, err = (b"".join(said) for said in self._said.values())
        return out, err

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired after so many seconds."""
        return self._wait_until(None if timeout is None else time.monotonic() + timeout)

    def poll(self) -> int | None:
        """The exit code, None as long as it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._reply)

    def _wait_until(self, deadline: float | None) -> int:
        if self.returncode is None and not self._unread:
            self._ready([self._reply], deadline)
        with self._lock:  # two threads may have waited
            if self.returncode is None:
                self.returncode = int(self._next()["code"])
        return self.returncode

    def _ready(self, streams: list[Any], deadline: float | None) -> list[Any]:
        rest = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        ready, _, _ = select.select(streams, [], [], rest)
        if not ready:
            raise subprocess.TimeoutExpired(f"hfget, forked as {self.pid}", rest or 0.0)
        return ready

    def _next(self) -> dict[str, Any]:
        while b"\n" not in self._unread:
            piece = os.read(self._reply, _LARGEST_REPLY)
            assert piece, "the server that forks has ended"
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found


def fork_hfget(
    arguments: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    under: Sequence[str] = (),
) -> Forked:
    """`python -m hfget ARGUMENTS` in `directory`, with nothing on its standard input.

    `under` are the words of a command such as setpriv that changes what a process may do.
    """
    asked = {"arguments": arguments, "directory": str(directory), "environment": dict(environment)}
    with _lock:
        server = _server_for(environment, under)
        ours, theirs = socket.socketpair()
        out, err = os.pipe(), os.pipe()
        for _, end in (out, err):
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
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


def in_a_shell(environment: Mapping[str, str]) -> tuple[str, tuple[int, ...]]:
    """`hfget` as a function of a shell that has this environment, and what it must inherit.

    One run at a time: they share a way to the server.
    """
    with _lock:
        server = _server_for(environment, ()).fileno()
    client = shlex.join([sys.executable, "-I", "-S", str(_CLIENT), str(server)])
    return f'hfget() {{ {client} "$@"; }}; ', (server,)


def _server_for(environment: Mapping[str, str], under: Sequence[str]) -> socket.socket:
    """The server whose forks are as a new process with this environment would be."""
    fixed = {name: value for name, value in environment.items() if name.startswith(_AT_START)}
    key = (os.getpid(), tuple(under), tuple(sorted(fixed.items())), _inherited())
    if key not in _servers:
        ours, theirs = socket.socketpair()
        with closing(theirs):
            subprocess.Popen(
                [*under, sys.executable, str(_SERVER), str(theirs.fileno())],
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
