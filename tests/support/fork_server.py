"""Started by `forking`: imports what a download does, then forks for each run that is asked for."""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

# What a download imports that is not hfget's and does not read the environment as it is imported.
import filelock  # noqa: F401
import requests  # noqa: F401
import typer.main  # noqa: F401
import urllib3  # noqa: F401

#: What of hfget imports all that a download, `ls` and `verify` need.
_PARTS = (
    *("cli.main", "cli.deadline", "cli.logs", "cli.session", "cli.token"),
    *("cli.commands.get", "cli.commands.ls", "cli.commands.verify"),
    *("operations.from_options", "operations.plan_transfer", "operations.run"),
    *("operations.on_disk.verification", "ui.lines", "ui.ndjson"),
)


def import_hfget() -> None:
    """Nothing that is imported here may look at a process or its environment."""
    for name in _PARTS:
        importlib.import_module(f"hfget.{name}")


def serve(control: socket.socket) -> list[str] | None:
    """The arguments of a run, in its process; None once nobody asks any more."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_ends(running)
        if control.fileno() not in ready:
            continue
        head, given, _, _ = socket.recv_fds(control, 4, 4)
        if not head:
            return None
        asked = json.loads(_exactly(control, int.from_bytes(head, "big")))
        reply = socket.socket(fileno=given[0])
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for ours in (control, reply, *running.values()):
                ours.close()
            os.close(woken)
            os.close(wake)
            return _become(asked, given[1:])
        for end in given[1:]:
            os.close(end)
        running[pid] = reply
        reply.sendall(json.dumps({"pid": pid}).encode() + b"\n")


def _tell_ends(running: dict[int, socket.socket]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            # whose test may have given it up
            with running.pop(pid) as reply, suppress(OSError):
                reply.sendall(json.dumps({"code": code}).encode() + b"\n")


def _exactly(control: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        piece = control.recv(length - len(found))
        if not piece:
            sys.exit(1)
        found += piece
    return found


def _become(asked: dict[str, object], streams: list[int]) -> list[str]:
    """As a new process: directory, environment, standard streams, path."""
    for target, source in enumerate(streams):
        os.dup2(source, target)
        os.close(source)
    directory, arguments, environment = (
        asked[name] for name in ("directory", "arguments", "environment")
    )
    assert isinstance(directory, str)
    assert isinstance(arguments, list)
    assert isinstance(environment, dict)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.orig_argv[1:] = ["-m", "hfget", *arguments]
    sys.path[0] = str(Path.cwd())
    return arguments


if __name__ == "__main__":
    import_hfget()
    gc.collect()
    gc.freeze()  # no fork has to look through it, or to copy it
    found = serve(socket.socket(fileno=int(sys.argv[1])))
    if found is not None:
        sys.argv[1:] = found
        runpy.run_module("hfget", run_name="__main__", alter_sys=True)
