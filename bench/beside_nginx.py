"""`hfget serve` beside nginx on this machine: the time that the same client takes for both, and the
processor time of both servers, which says the same on a machine that is busy otherwise.

    python -m bench.beside_nginx [ROUNDS]

It needs Linux, nginx, curl and wget. Each round asks both, one after the other, in turn first.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.nginx import nginx
from tests.support.serving import serving

LARGE_BYTES, SMALL_FILES, SMALL_BYTES, MIB = 512 << 20, 2000, 2048, 1 << 20
_RULES = """
  tcp_nopush on; keepalive_requests 1000000;
  server {{
    listen 127.0.0.1:{port};
    location ~ ^/(org/[^/]+)/resolve/main/(.*)$ {{ alias {root}/$1/$2; }}
  }}
"""
_PORT = 8181


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        root = place / "root"
        _make(root)
        rules = _RULES.format(root=root, port=_PORT)
        with nginx(place, rules) as pid, serving(root, home=place) as served:
            bases = {f"http://127.0.0.1:{_PORT}": pid, served.endpoint: served.pid}
            _await(list(bases))
            for name, client in _clients(place).items():
                _compare(name, client, bases, rounds)


def _make(root: Path) -> None:
    large, small = root / "org/large", root / "org/small"
    large.mkdir(parents=True)
    small.mkdir()
    with open(large / "model.safetensors", "wb") as file:
        for _ in range(LARGE_BYTES // MIB):
            file.write(os.urandom(MIB))
    for number in range(SMALL_FILES):
        (small / f"{number:04}.txt").write_bytes(os.urandom(SMALL_BYTES // 2).hex().encode())


def _await(bases: list[str]) -> None:
    """Until both have everything; hashing a gigabyte takes a while."""
    for base in bases:
        for path in ("org/large/resolve/main/model.safetensors", "org/small/resolve/main/0000.txt"):
            command = ["curl", "-sf", "-r", "0-9", "-o", os.devnull, f"{base}/{path}"]
            for _ in range(300):
                if subprocess.run(command, check=False).returncode == 0:
                    break
                time.sleep(0.2)
            else:
                raise SystemExit(f"{base} does not serve {path}")


def _clients(place: Path) -> dict[str, Callable[[str], list[str]]]:
    def curl_large(base: str) -> list[str]:
        return ["curl", "-s", "-o", os.devnull, f"{base}/org/large/resolve/main/model.safetensors"]

    def urls(base: str) -> list[str]:
        return [f"{base}/org/small/resolve/main/{n:04}.txt" for n in range(SMALL_FILES)]

    def curl_small(base: str) -> list[str]:
        lines = (f"url={url}\noutput={os.devnull}\n" for url in urls(base))
        (place / "list").write_text("".join(lines))
        return ["curl", "-s", "-Z", "--parallel-max", "16", "-K", str(place / "list")]

    def wget_small(base: str) -> list[str]:
        (place / "list").write_text("\n".join(urls(base)))
        return ["wget", "-q", "-O", os.devnull, "-i", str(place / "list")]

    return {
        "one file of 512 MiB, curl": curl_large,
        "2,000 files of 2 KiB, curl, 16 connections": curl_small,
        "2,000 files of 2 KiB, wget, 1 connection": wget_small,
    }


def _processor_seconds(pid: int) -> float:
    """What a process and its children have used so far (proc(5): schedstat)."""
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    own = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    children = [child for task in tasks for child in (task / "children").read_text().split()]
    return own + sum(_processor_seconds(int(child)) for child in children)


def _compare(
    name: str, client: Callable[[str], list[str]], bases: dict[str, int], rounds: int
) -> None:
    times: dict[str, list[float]] = {base: [] for base in bases}
    work: dict[str, list[float]] = {base: [] for base in bases}
    for number in range(rounds):
        for base in bases if number % 2 else reversed(bases):
            command, before = client(base), _processor_seconds(bases[base])
            began = time.monotonic()
            subprocess.run(command, check=True, timeout=120, stderr=subprocess.DEVNULL)
            times[base].append(time.monotonic() - began)
            work[base].append(_processor_seconds(bases[base]) - before)
    theirs, ours = times.values()
    ratio = statistics.median(one / two for one, two in zip(theirs, ours, strict=True))
    best = min(theirs) / min(ours)
    print(f"{name}: nginx {min(theirs):.3f} s, hfget serve {min(ours):.3f} s at best", flush=True)
    print(f"    of nginx: {ratio:.2f} (median of {rounds}), {best:.2f} (best)", flush=True)
    one, two = (statistics.median(each) * 1000 for each in work.values())
    print(f"    processor: nginx {one:.0f} ms, hfget serve {two:.0f} ms (median)", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
