"""One run of aria2c: one file, its address on standard input, its progress read as it tells it.

https://aria2.github.io/manual/en/html/aria2c.html
"""

from __future__ import annotations

import logging
import os
import re
import select
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from hfget.errors import DiskError
from hfget.external.programs import ca_options, environment
from hfget.messages import advice
from hfget.messages import external_texts as texts
from hfget.system import os_reason, safe_url

_log = logging.getLogger("hfget")

#: More connections to one server it does not take.
MOST_CONNECTIONS = 16
_READOUT = re.compile(rb"\[#\w+ (\d+)B/\d+B[^\]]* CN:(\d+)")
#: Seconds between two looks, and until one that was asked to end is killed.
_POLL_SECONDS, _END_SECONDS = 0.1, 0.5
#: Not what a file of the user's says, nor anything that a torrent or a metalink would.
_FIXED = (
    "--no-conf=true",
    "--no-netrc=true",
    "--follow-torrent=false",
    "--follow-metalink=false",
    "--input-file=-",
    "--continue=true",
    "--allow-overwrite=false",
    "--auto-file-renaming=false",
    "--file-allocation=none",
    "--auto-save-interval=1",
    "--remote-time=false",
    "--http-accept-gzip=false",
    "--min-split-size=1M",
    "--lowest-speed-limit=1K",
    "--max-tries=3",
    "--summary-interval=1",
    "--human-readable=false",
    "--enable-color=false",
    "--console-log-level=error",
    "--download-result=hide",
)


class Order(NamedTuple):
    """What one run is to do. `rate` is in bytes a second, 0 for no limit."""

    url: str
    place: Path
    connections: int
    timeouts: tuple[float, float]
    proxy: str | None = None
    rate: int = 0


def run(
    program: str,
    order: Order,
    stopped: Callable[[], bool],
    progress: Callable[[int, int], None],
) -> int:
    """The exit code, once the program has ended; once `stopped` says so it is ended.

    `progress` is told the bytes that are on disk and the connections, each second. When this
    process dies, the program ends too, and keeps its notes. Raises DiskError if it cannot be
    started.
    """
    try:
        process = subprocess.Popen(
            [program, *_arguments(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=order.place.parent,  # it takes blanks off the name of a folder
            env=environment(),
            start_new_session=True,  # Ctrl-C is for hfget, which ends it
        )
    except OSError as error:
        raise DiskError(
            texts.CANNOT_START(tool="aria2c", reason=os_reason(error)),
            hint=advice.LEAVE_TOOL_OUT(option="--tool aria2c"),
        ) from error
    try:
        pipe: Any = process.stdin
        with suppress(OSError), pipe:
            pipe.write(_input(order).encode())
        if _watch(process, stopped, progress):
            process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        pass  # its output has ended, and it has not
    finally:
        _end(process)
    code = process.wait()
    _log.debug("aria2c: %s ended with code %d", safe_url(order.url), code)
    return code


def _arguments(order: Order) -> Sequence[str]:
    connect, read = order.timeouts
    connections = min(order.connections, MOST_CONNECTIONS)
    return [
        *_FIXED,
        "--dir=.",
        f"--split={connections}",
        f"--max-connection-per-server={connections}",
        f"--connect-timeout={max(1, round(connect))}",
        f"--timeout={max(1, round(read))}",
        f"--stop-with-process={os.getpid()}",
        f"--max-overall-download-limit={order.rate}",
        *(f"--{name}={path}" for name, path in ca_options("ca-certificate", "")),
    ]


def _input(order: Order) -> str:
    lines = [order.url, f"  out={order.place.name}"]
    if order.proxy:
        lines.append(f"  all-proxy={order.proxy}")
    return "\n".join(lines) + "\n"


def _watch(
    process: subprocess.Popen[bytes],
    stopped: Callable[[], bool],
    progress: Callable[[int, int], None],
) -> bool:
    """Until its output ends, which it does by itself, or it is to be ended."""
    assert process.stdout is not None
    fd, words = process.stdout.fileno(), b""
    while not stopped():
        if not select.select([fd], [], [], _POLL_SECONDS)[0]:
            continue
        piece = os.read(fd, 1 << 16)
        if not piece:
            return True
        words += piece
        found = list(_READOUT.finditer(words))
        if found:
            progress(int(found[-1][1]), int(found[-1][2]))
            words = words[found[-1].end() :]
        words = words[-4096:]
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Have it write its notes and end; a second signal is what it does not survive."""
    try:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait()
    finally:
        if process.stdout is not None:
            process.stdout.close()
