"""How much several endpoints bring together: python -m bench.mirrors

Hubs on loopback, each limited by connection and in all. Every line is a run of the command on one
file: seconds, relative to the best endpoint alone and to the sum, bytes sent more than once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.hub import LocalHub
from tests.hub.repos import MiB, make_model

REPO = "org/m"
SIZE = 160 * MiB


@dataclass(frozen=True)
class Link:
    """A hub of `total` bytes a second, and `each` over one connection."""

    total: float
    each: float | None = None


class Outcome(NamedTuple):
    """Seconds from the first request for content, what each hub sent, what the run reported."""

    seconds: float
    sent: list[int]
    report: dict[str, Any]


def run(links: Sequence[Link], files: dict[str, bytes | str | int], *options: str) -> Outcome:
    """One download from hubs with these links, the first preferred."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_model(folder / "repos", REPO, files)
        hubs = [
            stack.enter_context(
                LocalHub(
                    folder / "repos",
                    cdn=False,
                    rate_total=link.total,
                    rate_per_connection=link.each,
                )
            )
            for link in links
        ]
        for hub in hubs:
            hub.commit(REPO)
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "HF_HOME": str(folder / "hf")}
        endpoints = [word for hub in hubs for word in ("--endpoint", hub.endpoint)]
        command = [sys.executable, "-m", "hfget", REPO, "--json", *endpoints, *options]
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, timeout=300, check=False
        )
        ended = time.monotonic()
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        report = next(line for line in reversed(lines) if line["event"] == "report")
        times = [request.at for hub in hubs for request in hub.requests(path="*/resolve/*")]
        transfer = ended - min(times)
        return Outcome(transfer, [hub.bytes_sent(path="*/resolve/*") for hub in hubs], report)


def tell(name: str, links: Sequence[Link], files: dict[str, bytes | str | int]) -> None:
    """Measure the links one by one and together, and print a line."""
    size = sum(int(what) for what in files.values() if isinstance(what, int))
    alone = [run([link], files).seconds for link in links]
    together = run(links, files)
    best = min(alone)
    whole = 1 / sum(1 / seconds for seconds in alone)
    twice = sum(together.sent) / size - 1
    shares = " + ".join(f"{sent / size:.0%}" for sent in together.sent)
    print(
        f"{name:34} {together.seconds:6.1f} s  best alone {best:5.1f} s: "
        f"{best / together.seconds:4.2f} x  sum {whole:5.1f} s: {whole / together.seconds:4.2f} x  "
        f"twice {twice:6.2%}  {shares}  ok={together.report['ok']}"
    )


BIG: dict[str, bytes | str | int] = {"w.bin": SIZE}
SMALL: dict[str, bytes | str | int] = {f"s{n:03}.bin": 100_000 + n for n in range(300)}
MB = 1e6
CASES: dict[str, tuple[Sequence[Link], dict[str, bytes | str | int]]] = {
    "two of 8 MB/s": ([Link(8 * MB), Link(8 * MB)], BIG),
    "two of 8 MB/s, 1 MB/s each": ([Link(8 * MB, MB), Link(8 * MB, MB)], BIG),
    "three of 8, 4 and 2 MB/s": ([Link(8 * MB), Link(4 * MB), Link(2 * MB)], BIG),
    "one of 16, one of 0.16 MB/s": ([Link(16 * MB), Link(0.16 * MB)], BIG),
    "one of 0.16, one of 16 MB/s": ([Link(0.16 * MB), Link(16 * MB)], BIG),
    "300 small files, two of 4 MB/s": ([Link(4 * MB), Link(4 * MB)], SMALL),
}


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for title, (links, files) in CASES.items():
        if not wanted or any(word in title for word in wanted):
            tell(title, links, files)
