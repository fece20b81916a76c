"""What scenarios need from the machine: a small file system, a shim, and whether it is there."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

#: Squid's check of a password, where Debian puts it.
SQUID_LOGIN = Path("/usr/lib/squid/basic_ncsa_auth")
_SECONDS = 60
_BLOCK = 1 << 16


def missing(needs: tuple[str, ...]) -> str:
    """What a scenario needs and this machine lacks; empty if nothing."""
    have = {
        "root": sys.platform == "linux" and os.geteuid() == 0 and bool(shutil.which("mount")),
        "gcc": sys.platform == "linux" and bool(shutil.which("gcc")),
        "nginx": bool(shutil.which("nginx")),
        "squid": bool(shutil.which("squid")) and SQUID_LOGIN.exists(),
        "mitmdump": bool(shutil.which("mitmdump")),
        "olah-cli": bool(shutil.which("olah-cli")),
        "openssl": bool(shutil.which("openssl")),
        "hf": bool(shutil.which("hf", path=str(Path(sys.executable).parent))),
    }
    return ", ".join(need for need in needs if not have[need])


def mount_tmpfs(stack: ExitStack, folder: Path, size: int) -> None:
    """Mount a file system in memory at `folder` until `stack` ends."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        check=True,
        timeout=_SECONDS,
    )
    stack.callback(subprocess.run, ["umount", "-l", str(folder)], check=False, timeout=_SECONDS)


def remount(folder: Path, size: int, how: str = "rw") -> None:
    subprocess.run(
        ["mount", "-o", f"remount,{how},size={size}", str(folder)], check=True, timeout=_SECONDS
    )


def fill(path: Path, keep: int) -> None:
    """Write `path` until only `keep` bytes are free on its file system."""
    with path.open("wb", buffering=0) as file:
        while True:
            usage = os.statvfs(path)
            room = usage.f_bavail * usage.f_frsize - keep
            if room < _BLOCK:
                return
            file.write(bytes(min(room, 64 * _BLOCK)))


@functools.cache
def shim() -> Path:
    """The library that makes system calls fail, compiled once a process."""
    folder = Path(tempfile.mkdtemp(prefix="hfget-shim-"))
    library = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    subprocess.run(
        ["gcc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"],
        check=True,
        timeout=_SECONDS,
    )
    return library


def unmet(rules: str, met: Path) -> list[str]:
    """Those of the shim's rules that have not struck; `met` is the file it names them in."""
    struck = set(met.read_text().splitlines()) if met.exists() else set()
    return [rule for rule in rules.split(";") if ":".join(rule.split(":")[:2]) not in struck]
