"""What this machine can do at all: copy over loopback, write to page cache and disk, hash."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from bench.contents import MIB

LOOPBACK, WRITE, HASH = "loopback copy", "page-cache write", "sha256, one core"
DISK = "disk write, fdatasync at the end"


def measure_limits(source: Path, work: Path, repeats: int) -> dict[str, float]:
    """Medians in bytes a second, each measured with the bytes of `source`, a large file."""
    size = source.stat().st_size
    _read(source, lambda block: None)
    measured: dict[str, list[float]] = {LOOPBACK: [], WRITE: [], DISK: [], HASH: []}
    for _ in range(repeats):
        measured[LOOPBACK].append(_timed(lambda: _copy_over_loopback(source)))
        for name, durable in ((WRITE, False), (DISK, True)):
            measured[name].append(_timed(partial(_write, work / "limit.bin", size, durable)))
            (work / "limit.bin").unlink()
            os.sync()
        measured[HASH].append(_timed(lambda: _read(source, hashlib.sha256().update)))
    return {name: size / median(seconds) for name, seconds in measured.items()}


def _timed(action: Callable[[], None]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start


def _copy_over_loopback(source: Path) -> None:
    """sendfile on one side, recv into one buffer on the other; nothing touches the disk."""
    with socket.create_server(("127.0.0.1", 0)) as listener, open(source, "rb") as file:

        def send() -> None:
            with listener.accept()[0] as connection:
                connection.sendfile(file)

        sender = threading.Thread(target=send)
        sender.start()
        buffer = bytearray(MIB)
        with socket.create_connection(listener.getsockname()) as receiver:
            while receiver.recv_into(buffer):
                pass
        sender.join()


def _write(target: Path, size: int, durable: bool) -> None:
    block = os.urandom(MIB)
    with open(target, "wb", buffering=0) as out:
        for at in range(0, size, MIB):
            os.pwrite(out.fileno(), block, at)
        if durable:
            os.fdatasync(out.fileno())


def _read(source: Path, take: Callable[[memoryview], None]) -> None:
    buffer = memoryview(bytearray(MIB))
    with open(source, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            take(buffer[:count])
