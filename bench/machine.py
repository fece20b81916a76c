"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def describe(work: Path) -> dict[str, str]:
    """CPU, memory, kernel, file system of `work`, TCP's congestion control."""
    found = {
        "CPU": f"{_first('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": f"{int(_first('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
        "kernel": platform.release(),
        "file system": _file_system(work),
        "TCP": _read("/proc/sys/net/ipv4/tcp_congestion_control"),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }
    return {name: value for name, value in found.items() if value}


def hfget_commit() -> str:
    """The commit of this checkout, with `+` if tracked files differ from it; empty without git."""
    root = Path(__file__).parent
    show = ["git", "-C", str(root), "describe", "--always", "--abbrev=10", "--dirty=+"]
    try:
        done = subprocess.run(show, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _first(path: str, key: str) -> str:
    for line in _read(path).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "0"


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _file_system(folder: Path) -> str:
    """The type of the mount that `folder` is on."""
    mounts = [line.split() for line in _read("/proc/self/mounts").splitlines()]
    here = str(folder.resolve())
    above = [
        (len(mount[1]), mount[2])
        for mount in mounts
        if mount[1] == "/" or here == mount[1] or here.startswith(mount[1] + "/")
    ]
    return max(above)[1] if above else ""
