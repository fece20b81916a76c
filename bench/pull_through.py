"""`hfget serve --upstream` beside nginx's proxy_cache: eight clients ask at once for one file that
is not there yet, then once more.

    python -m bench.pull_through [BYTES_A_SECOND_OF_UPSTREAM]

It needs nginx and curl. Told are the bytes that all clients got a second, how many times the file
upstream sent, and when the last client had its first byte, in seconds after upstream was asked.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.nginx import nginx
from tests.hub import LocalHub
from tests.hub.repos import MiB, make_model
from tests.support.command import wait_until
from tests.support.serving import serving

CLIENTS, SIZE, ROUNDS = 8, 128 * MiB, 3
_PATH = "/org/name/resolve/main/model.safetensors"
_PORT, _SECONDS = 8184, 120
_RULES = """
  proxy_cache_path {place}/cache keys_zone=hub:10m max_size=4g;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {hub}; proxy_http_version 1.1; proxy_set_header Host $http_host;
      proxy_cache hub; proxy_cache_valid 200 10m;
      proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;
    }}
  }}
"""


def main(rate: float | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make_model(place / "up", "org/name", {"model.safetensors": SIZE})
        with LocalHub(place / "up", cdn=False, rate_total=rate) as hub:
            hub.store.warm()
            for _ in range(ROUNDS):
                with _serve(hub, place / "kept") as base:
                    _measure("hfget serve", base, hub)
                with _caching(hub, place / "nginx") as base:
                    _measure("nginx      ", base, hub)


@contextmanager
def _serve(hub: LocalHub, place: Path) -> Iterator[str]:
    place.mkdir()
    try:
        with serving(place, "--upstream", hub.endpoint, home=place) as served:
            yield served.endpoint
    finally:
        shutil.rmtree(place)


@contextmanager
def _caching(hub: LocalHub, place: Path) -> Iterator[str]:
    place.mkdir()
    base = f"http://127.0.0.1:{_PORT}"
    try:
        with nginx(place, _RULES.format(place=place, hub=hub.endpoint, port=_PORT)):
            ask = ["curl", "-s", "-o", "/dev/null", f"{base}/api/whoami-v2"]
            wait_until(lambda: subprocess.run(ask, check=False).returncode == 0, 30)
            yield base
    finally:
        shutil.rmtree(place)


def _measure(name: str, base: str, hub: LocalHub) -> None:
    for state in ("cold", "warm"):
        hub.clear_log()
        sent, asked = hub.bytes_sent("hub"), threading.Event()
        moments: list[float] = []
        watch = threading.Thread(target=_note_when_asked, args=(hub, asked, moments))
        watch.start()
        began = time.monotonic()
        command = ["curl", "-sf", "-o", "/dev/null", "-w", "%{time_starttransfer}", base + _PATH]
        clients = [
            (time.monotonic(), subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            for _ in range(CLIENTS)
        ]
        firsts = [
            start + float(client.communicate(timeout=_SECONDS)[0]) for start, client in clients
        ]
        took = time.monotonic() - began
        asked.set()
        watch.join()
        if any(client.returncode for _, client in clients):
            raise SystemExit(f"{name}: a client failed")
        late = max(0.0, max(firsts) - (moments[0] if moments else began))
        times = (hub.bytes_sent("hub") - sent) / SIZE
        speed = CLIENTS * SIZE / took / 1e6
        print(f"{name} {state}: {speed:.0f} MB/s, upstream {times:.2f} ×,", end=" ")
        print(f"first byte of the last client after {late:.1f} s", flush=True)


def _note_when_asked(hub: LocalHub, ended: threading.Event, moments: list[float]) -> None:
    """When upstream is first asked for the content."""
    while not ended.wait(0.002):
        if any("/resolve/" in one.path for one in list(hub.log)):
            moments.append(time.monotonic())
            return


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else None)
