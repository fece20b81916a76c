"""Which programs are there to compare with, their versions, and how to get the others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: Program → Debian package.
PACKAGES = {
    "nginx": "nginx-light",
    "aria2c": "aria2",
    "curl": "curl",
    "wget": "wget",
    "sha256sum": "coreutils",
    "openssl": "openssl",
    "ip": "iproute2",
}
#: What comes with hfget's own environment; py-spy with its extra `bench`.
OWN = ("hfget", "hf", "python", "py-spy")

_VERSION_OPTIONS = {
    "nginx": "-v",
    "aria2c": "--version",
    "curl": "--version",
    "wget": "--version",
    "hfget": "--version",
    "hf": "version",
    "python": "--version",
}


def find(program: str) -> str | None:
    """Where a program is: what is hfget's own beside this interpreter, others on the PATH."""
    if program in OWN:
        beside = Path(sys.executable).parent / program
        return str(beside) if beside.is_file() else None
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def missing() -> list[str]:
    return [program for program in (*OWN, *PACKAGES) if find(program) is None]


def install() -> None:
    """Install what is missing from Debian's packages, if this is a Debian and we are root."""
    packages = [PACKAGES[program] for program in missing() if program in PACKAGES]
    if not packages:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"not installed (no apt-get, or not root): {' '.join(packages)}", file=sys.stderr)
        return
    # RUNLEVEL=1 keeps nginx from being started as a service
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    update = ["apt-get", "update", "-qq"]
    subprocess.run(update, env=env, check=False, stdout=subprocess.DEVNULL)
    for package in packages:
        command = ["apt-get", "install", "-qq", "--no-install-recommends", package]
        subprocess.run(command, env=env, check=False, stdout=subprocess.DEVNULL)


def versions() -> dict[str, str]:
    """Program → the version it names, for those that are here."""
    found = {}
    for program, option in _VERSION_OPTIONS.items():
        path = find(program)
        if path is not None:
            found[program] = _version(path, option)
    return found


def _version(path: str, option: str) -> str:
    env = {**os.environ, "HF_HUB_DISABLE_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    done = subprocess.run([path, option], capture_output=True, text=True, env=env, check=False)
    words = (done.stdout + done.stderr).replace("/", " ").split()
    numbers = [word for word in words if word[0].isdigit() and "." in word]
    return numbers[0] if numbers else "unknown"
