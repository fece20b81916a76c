"""A hub and a CDN for the length of a workload: one nginx, two ports, static answers.

The hub answers as the Hub does where downloaders look: repo info, tree pages of a thousand
entries with `Link: rel="next"`, small files directly with the git blob id as ETag, LFS files
by a redirect to the CDN with `X-Linked-Etag` and `X-Linked-Size`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench import hubfiles, tools
from bench.contents import Repo
from bench.measure import stop

_START_SECONDS = 10.0
_SO_MAX_PACING_RATE = getattr(socket, "SO_MAX_PACING_RATE", 47)


@dataclass(frozen=True, slots=True)
class Throttle:
    """Of each connection to the CDN, `rate` bytes a second.

    By nginx (`limit_rate`), which gives the first 2 MiB of every request at once; or `strict`,
    paced by the kernel without any such gift.
    """

    rate: int
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a server's log has of one run. `redirects` are not counted among the `requests`."""

    requests: int
    redirects: int
    connections: int
    sent_bytes: int


@dataclass(frozen=True, slots=True)
class Server:
    """A running hub. `ca` is the file of the CA that its certificate is from, if it has one."""

    endpoint: str
    log: Path
    ca: Path | None

    def url(self, repo: Repo) -> str:
        """Where the first file of the repo is."""
        path = f"{repo.repo_id}/resolve/{repo.commit}/{quote(repo.entries[0].path)}"
        return f"{self.endpoint}/{path}"

    def mark(self) -> int:
        """A position in the log, for `traffic`."""
        return self.log.stat().st_size

    def traffic(self, since: int) -> Traffic:
        time.sleep(0.05)  # an answer is logged after its last byte
        with open(self.log, encoding="utf-8") as log:
            log.seek(since)
            return parse_log(log.read())


def parse_log(text: str) -> Traffic:
    """Lines of `connection status bytes`."""
    rows = [line.split() for line in text.splitlines()]
    redirects = sum(row[1].startswith("3") and row[1] != "304" for row in rows)
    sent = sum(int(row[2]) for row in rows if row[1] in ("200", "206"))
    return Traffic(len(rows) - redirects, redirects, len({row[0] for row in rows}), sent)


@contextmanager
def serve(
    repo: Repo,
    folder: Path,
    *,
    address: str = "127.0.0.1",
    inside: tuple[str, ...] = (),
    tls: bool = False,
    throttle: Throttle | None = None,
) -> Iterator[Server]:
    """A hub with one repo, its files in `folder`, as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    hubfiles.write_answers(repo, folder / "api")
    with ExitStack() as stack:
        ports, sockets = _ports(address, inside)
        for listener in sockets:
            stack.enter_context(listener)
        strict = throttle is not None and throttle.strict
        if strict:
            assert throttle is not None
            sockets[1].setsockopt(socket.SOL_SOCKET, _SO_MAX_PACING_RATE, throttle.rate)
        else:
            for listener in sockets:
                listener.close()
        ca = _make_certificate(folder, address) if tls else None
        site = hubfiles.Site(address, *ports, tls, 0 if strict or not throttle else throttle.rate)
        config = folder / "nginx.conf"
        config.write_text(hubfiles.nginx_config(repo, folder, site))
        (folder / "access.log").write_bytes(b"")
        process = _start(config, folder, inside, [s.fileno() for s in sockets] if strict else [])
        stack.callback(stop, process)
        _wait(process, folder, address, ports, inside)
        scheme = "https" if tls else "http"
        yield Server(f"{scheme}://{address}:{ports[0]}", folder / "access.log", ca)


def _ports(address: str, inside: tuple[str, ...]) -> tuple[tuple[int, int], list[socket.socket]]:
    """Two free ports, and sockets that listen on them; a namespace of our own is all free."""
    if inside:
        return (8080, 8081), []
    sockets = []
    for _ in range(2):
        listener = socket.create_server((address, 0), backlog=511)
        sockets.append(listener)
    return (sockets[0].getsockname()[1], sockets[1].getsockname()[1]), sockets


def _start(
    config: Path, folder: Path, inside: tuple[str, ...], inherited: list[int]
) -> subprocess.Popen[bytes]:
    """nginx in the foreground. Listening sockets are handed over as in its own upgrades."""
    nginx = tools.find("nginx")
    assert nginx is not None
    env = dict(os.environ)
    if inherited:
        env["NGINX"] = "".join(f"{handle};" for handle in inherited)
    command = [*inside, nginx, "-e", str(folder / "error.log"), "-p", str(folder)]
    return subprocess.Popen(
        [*command, "-c", str(config)],
        env=env,
        pass_fds=inherited,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(
    process: subprocess.Popen[bytes],
    folder: Path,
    address: str,
    ports: tuple[int, int],
    inside: tuple[str, ...],
) -> None:
    """Until nginx listens. Raises RuntimeError with its own words if it does not."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (folder / "nginx.pid").exists() and (inside or _answers(address, ports[0])):
            time.sleep(0.2 if inside else 0)
            return
        time.sleep(0.02)
    stop(process)
    log = (folder / "error.log").read_text() if (folder / "error.log").exists() else ""
    raise RuntimeError(f"nginx did not start: {log[-500:]}")


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def _make_certificate(folder: Path, address: str) -> Path:
    """A private CA and a certificate for `address` by it, in `folder`; returns the CA's file."""
    openssl = tools.find("openssl")
    assert openssl is not None
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    extension = folder / "san.cnf"
    extension.write_text(f"subjectAltName=IP:{address}\nbasicConstraints=CA:FALSE\n")
    steps = [
        [
            "req",
            "-x509",
            *key,
            "-subj",
            "/CN=hfget bench CA",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
        ],
        ["req", *key[:-2], "-subj", "/CN=hub", "-keyout", "hub.key", "-out", "hub.csr"],
        [
            *("x509", "-req", "-in", "hub.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2"),
            *("-CAcreateserial", "-extfile", "san.cnf", "-out", "hub.pem"),
        ],
    ]
    for step in steps:
        subprocess.run([openssl, *step], cwd=folder, capture_output=True, check=True)
    return folder / "ca.pem"
