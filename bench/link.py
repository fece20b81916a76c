"""Two network namespaces with a long link in between: the server's end and the client's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import stop

#: Of the range that RFC 2544 sets aside for benchmarks.
SERVER, CLIENT = "198.18.0.1", "198.18.0.2"
_DELAY_PROGRAM = Path(__file__).with_name("delay.py")


class NoLinkError(Exception):
    """This machine cannot have such a link; the text says why."""


@dataclass(frozen=True, slots=True)
class Quality:
    """`round_trip` in seconds, `rate` in bytes a second each way, `loss` a probability.

    In front of the link is a queue of one round trip, the rule of thumb for routers.
    """

    round_trip: float
    rate: float
    loss: float = 0.0

    def __str__(self) -> str:
        text = f"{self.round_trip * 1000:.0f} ms round trip, {self.rate * 8 / 1e9:g} Gbit/s"
        return f"{text}, {self.loss:.1%} loss" if self.loss else text


@dataclass(frozen=True, slots=True)
class Link:
    """`server` and `client` are what a command must begin with to run at that end."""

    server: tuple[str, ...]
    client: tuple[str, ...]
    made_by: str


@contextmanager
def link(quality: Quality) -> Iterator[Link]:
    """A link as long as the block lasts. Raises NoLinkError."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        raise NoLinkError("network namespaces need root and iproute2")
    names = (f"hfget-server-{os.getpid()}", f"hfget-client-{os.getpid()}")
    devices = (f"hfs{os.getpid()}", f"hfc{os.getpid()}")
    made: list[str] = []
    carrier: subprocess.Popen[str] | None = None
    try:
        for name in names:
            _run("ip", "netns", "add", name)
            made.append(name)
        netem = _make_veth(devices)
        if not netem:
            carrier = _start_carrier(devices, quality)
        for name, device, address in zip(names, devices, (SERVER, CLIENT), strict=True):
            _bring_up(name, device, address)
            if netem:
                _run("tc", "-n", name, "qdisc", "add", "dev", device, *_netem(quality))
        inside = [("ip", "netns", "exec", name) for name in names]
        made_by = "netem" if netem else "a user-space link (bench/delay.py)"
        yield Link(inside[0], inside[1], made_by)
    finally:
        if carrier is not None:
            stop(carrier)
        for name in made:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def _make_veth(devices: tuple[str, str]) -> bool:
    """A pair of devices on which netem works; none, and False, if the kernel has no sch_netem."""
    _run("ip", "link", "add", devices[0], "type", "veth", "peer", "name", devices[1])
    trial = ["tc", "qdisc", "add", "dev", devices[0], "root", "netem", "delay", "1ms"]
    if subprocess.run(trial, capture_output=True, check=False).returncode != 0:
        _run("ip", "link", "delete", devices[0])
        return False
    for device in devices:
        # one segment a packet, else loss takes whole bundles of them
        _run("ip", "link", "set", device, "gso_max_segs", "1")
    return True


def _netem(quality: Quality) -> list[str]:
    delay = quality.round_trip / 2
    # as many packets as are under way, and those in the queue
    limit = int((delay + quality.round_trip) * quality.rate / 1500) + 1
    return [
        *("root", "netem", "limit", str(limit), "delay", f"{delay * 1000:g}ms"),
        *("rate", f"{quality.rate * 8:.0f}bit", "loss", f"{quality.loss * 100:g}%"),
    ]


def _start_carrier(devices: tuple[str, str], quality: Quality) -> subprocess.Popen[str]:
    command = [sys.executable, str(_DELAY_PROGRAM), *devices]
    command += ["--delay", str(quality.round_trip / 2), "--rate", str(quality.rate)]
    command += ["--loss", str(quality.loss), "--queue", str(quality.round_trip)]
    carrier = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    assert carrier.stdout is not None and carrier.stderr is not None
    if carrier.stdout.readline() != "ready\n":
        stop(carrier)
        raise NoLinkError(f"no TUN device is to be had: {carrier.stderr.read().strip()[-200:]}")
    return carrier


def _bring_up(name: str, device: str, address: str) -> None:
    _run("ip", "link", "set", device, "netns", name)
    _run("ip", "-n", name, "address", "add", f"{address}/30", "dev", device)
    _run("ip", "-n", name, "link", "set", "lo", "up")
    _run("ip", "-n", name, "link", "set", device, "up", "txqueuelen", "2000")
    # no run shall learn from the one before
    forget = "echo 1 > /proc/sys/net/ipv4/tcp_no_metrics_save"
    _run("ip", "netns", "exec", name, "sh", "-c", forget)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoLinkError(f"{' '.join(command)}: {done.stderr.strip()}")
