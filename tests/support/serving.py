"""`hfget serve` as a process of its own, and bytes to and from it as they are."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

SECONDS = 60


@dataclass
class Served:
    """A running server: its endpoint, its process, and the lines it has said."""

    endpoint: str
    pid: int
    said: list[str] = field(default_factory=list)

    def says(self, text: str) -> bool:
        """Whether a line with this text comes, in bounded time: not before an answer, perhaps."""
        until = time.monotonic() + SECONDS
        while not any(text in line for line in list(self.said)):
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    @property
    def port(self) -> int:
        return urlsplit(self.endpoint).port or 80

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def exchange(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send one request on a connection of its own; status, headers and body. Status 0 if the
        server closes without an answer."""
        with self.connect() as connection:
            connection.sendall(request)
            received = b""
            while block := connection.recv(1 << 16):
                received += block
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return int(first.split()[1]) if first else 0, headers, body

    def ask(
        self, path: str, method: str = "GET", host: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request, its header names written with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}"]
        lines += [f"{name}: {value}" for name, value in named.items()]
        return self.exchange("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))


@contextlib.contextmanager
def serving(
    root: Path, *arguments: str, home: Path, open_files: str = "", **environment: str
) -> Iterator[Served]:
    """`hfget serve ROOT` on a free port; it must end by SIGINT, with code 0.

    With `open_files` it may have no more descriptors.
    """
    command = [sys.executable, "-m", "hfget", "serve", str(root), "--port", "0", *arguments]
    if open_files:
        command = ["sh", "-c", f'ulimit -n {open_files}; exec "$@"', "sh", *command]
    kept = {name: text for name, text in os.environ.items() if not name.startswith("HF_")}
    env = {**kept, "XDG_CACHE_HOME": str(home / "xdg"), "HF_HOME": str(home / "hf"), **environment}
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
    lines: queue.Queue[str] = queue.Queue()
    assert server.stderr is not None
    served = Served("", server.pid)
    reader = threading.Thread(
        target=_pass_on, args=(server.stderr, lines, served.said), daemon=True
    )
    reader.start()
    try:
        served.endpoint = _listening(lines)
        yield served
        server.send_signal(signal.SIGINT)
        assert server.wait(SECONDS) == 0
    finally:
        server.kill()
        server.wait(SECONDS)
        reader.join(SECONDS)
        server.stderr.close()


def _pass_on(lines: Iterable[str], into: queue.Queue[str], said: list[str]) -> None:
    for line in lines:
        said.append(line.rstrip("\n"))
        into.put(line)


def _listening(lines: queue.Queue[str]) -> str:
    said = []
    for _ in range(50):
        try:
            said.append(lines.get(timeout=SECONDS))
        except queue.Empty:
            break
        if said[-1].startswith("listening on "):
            return said[-1].removeprefix("listening on ").strip()
    raise AssertionError("".join(said))
