"""A mirror that leads to another host for the content: renamed, rerouted, forbidden, said."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.hub import Fault, LocalHub, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model, tree_bytes
from tests.support.command import Shell, ShellAt

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 300_000, "v.bin": 9000, "c.json": "{}"}
#: A host of this machine at which nothing listens.
NOWHERE = "127.0.0.9:9"
TOKEN = "made-up-for-a-test"


def leading_to(place: str, start_hub: StartHub, repos_root: Path, **options: object) -> LocalHub:
    """A hub that leads to `place` for the content of LFS files."""
    make_model(repos_root, REPO, FILES)
    hub = start_hub(**options)
    away = effects.Redirect(f"http://{place}{{target}}")
    hub.faults.add(Fault(away, origin="hub", path="*/resolve/*.bin", times=None))
    return hub


def check_complete(shell: Shell, repos_root: Path) -> None:
    assert tree_bytes(shell.directory / "m") == tree_bytes(repos_root / REPO)


def test_the_error_says_which_host_and_that_the_mirror_leads_there(
    start_hub: StartHub, shell_at: ShellAt, repos_root: Path
) -> None:
    hub = leading_to(NOWHERE, start_hub, repos_root)
    done = shell_at(hub.endpoint).run(REPO, "--retries", "1")
    mirror = hub.endpoint.partition("://")[2]
    assert done.code == 5
    assert f"{mirror} does not carry this itself but redirects to {NOWHERE}" in done.err
    assert "cannot be reached: connection refused" in done.err
    assert f"--rewrite-host {NOWHERE}=HOST" in done.err


def test_a_host_is_renamed_and_no_token_goes_there(
    start_hub: StartHub, shell_at: ShellAt, repos_root: Path
) -> None:
    hub = leading_to(NOWHERE, start_hub, repos_root, tokens=[TOKEN], gated=[REPO])
    shell = shell_at(hub.endpoint).with_env(HF_TOKEN=TOKEN, HFGET_TOKEN_ORIGINS=hub.endpoint)
    with LocalHub(repos_root, cdn=False) as open_:
        pair = f"{NOWHERE}={open_.endpoint.partition('://')[2]}"
        by_option = shell.run(REPO, "--rewrite-host", pair)
        assert by_option.code == 0, by_option.err
        check_complete(shell, repos_root)
        by_env = shell.with_env(HFGET_REWRITE_HOSTS=pair).run(REPO, "--force", "--strict-endpoint")
        assert by_env.code == 0, by_env.err
        assert open_.requests("hub")
        assert not any(request.authorization for request in open_.log)
    assert any(request.authorization for request in hub.log)
    assert not any(request.token_seen for request in hub.log if not request.authorization)


def test_no_byte_comes_from_a_host_that_was_not_named(
    start_hub: StartHub, shell_at: ShellAt, repos_root: Path
) -> None:
    make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, "--strict-endpoint")
    assert done.code == 8 and "--strict-endpoint" in done.err
    assert not hub.requests("cdn") and hub.cdn is not None
    assert hub.cdn.partition("://")[2] in done.err
    done = shell.run(REPO, "--strict-endpoint", "--endpoint", hub.endpoint, "--endpoint", hub.cdn)
    assert done.code == 0, done.err
    check_complete(shell, repos_root)


@contextmanager
def forward_proxy(places: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """A proxy that finds hosts at other places, hangs up on others; and the hosts it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked.append(parts.netloc)
            if parts.netloc not in places:
                self.close_connection = True
                return
            url = places[parts.netloc] + self.path.partition(parts.netloc)[2]
            headers = {
                name: self.headers[name] for name in ("Range", "Accept") if name in self.headers
            }
            answer = requests.get(url, headers=headers, allow_redirects=False, timeout=60)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)


def test_what_is_known_of_hf_mirror_is_tried_where_the_plain_host_is_not_reached(
    start_hub: StartHub, shell_at: ShellAt, repos_root: Path
) -> None:
    hub = leading_to("cas-bridge.xethub.hf.co", start_hub, repos_root)
    places = {
        "hf-mirror.com": hub.endpoint,
        "other-mirror.test": hub.endpoint,
        "cas-bridge.xethub.hf-mirror.com": start_hub(cdn=False).endpoint,
    }
    with forward_proxy(places) as (proxy, asked):
        shell = shell_at("http://hf-mirror.com").with_env(HTTP_PROXY=proxy)
        done = shell.run(REPO, "-j", "1")
        assert done.code == 0, done.err
        check_complete(shell, repos_root)
        assert "cas-bridge.xethub.hf-mirror.com" in asked
        assert 1 <= asked.count("cas-bridge.xethub.hf.co") <= 4, "found out once, not by each file"
        asked.clear()
        done = shell.run(
            REPO, "--endpoint", "http://other-mirror.test", "--force", "--retries", "0"
        )
        assert done.code == 5 and "cas-bridge.xethub.hf-mirror.com" not in asked
        assert "other-mirror.test does not carry this itself" in done.err
