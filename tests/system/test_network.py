"""The network from outside: waits that can be interrupted, certificates, proxies, secrets."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.hub import Fault, effects
from tests.hub.faults import Effect
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.certificates import PrivateCA, is_openssl_there
from tests.support.command import Shell, ShellAt, Started, tree, wait_until
from tests.support.loopback import Answer, Asked, Loopback, Reply, git_sha1, hang_up, raw
from tests.support.network import closed_port, silent_port

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 2_000_000, "c.json": '{"a": 1}'}
#: Far longer than any test may take, in seconds.
FOR_EVER = "3000"
BOUND = 30.0


@contextmanager
def running(shell: Shell, *arguments: str) -> Iterator[Started]:
    process = shell.start(REPO, *arguments)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=BOUND)


def is_interrupted(process: Started, number: signal.Signals) -> None:
    process.send_signal(number)
    out, err = process.communicate(timeout=BOUND)
    assert process.returncode == 128 + number
    assert b"Traceback" not in err and out == b""
    assert b"interrupted" in err


WAITS: dict[str, Effect] = {
    "before the head": effects.Stall(after_bytes=None),
    "amid the body": effects.Stall(after_bytes=10),
    "until asked again": effects.Status(429, {"Retry-After": "290"}),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", WAITS)
def test_a_wait_for_the_api_can_be_interrupted(
    name: str,
    number: signal.Signals,
    repos_root: Path,
    start_hub: StartHub,
    shell_at: ShellAt,
) -> None:
    make_model(repos_root, REPO, FILES)
    hub = start_hub()
    fault = hub.faults.add(Fault(WAITS[name], origin="hub", times=None))
    shell = shell_at(hub.endpoint).with_env(HF_HUB_ETAG_TIMEOUT=FOR_EVER)
    with running(shell) as process:
        wait_until(lambda: fault.fired > 0)
        is_interrupted(process, number)


def connecting(port: int) -> int:
    """How many sockets of this machine wait for an answer to their SYN from that port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[3] == "02" and int(row[2].partition(":")[2], 16) == port for row in rows)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux")
def test_connecting_can_be_interrupted(shell_at: ShellAt) -> None:
    with silent_port() as port:
        before = connecting(port)
        shell = shell_at(f"http://127.0.0.1:{port}").with_env(HF_HUB_ETAG_TIMEOUT=FOR_EVER)
        with running(shell) as process:
            wait_until(lambda: connecting(port) > before)
            is_interrupted(process, signal.SIGINT)


def drip(conn: socket.socket) -> None:
    for _ in range(1000):
        conn.sendall(b"X")
        time.sleep(0.05)


def test_an_api_that_drips_its_head_is_given_up(shell_at: ShellAt) -> None:
    with Loopback(lambda asked: drip) as server:
        shell = shell_at(server.url).with_env(HF_HUB_ETAG_TIMEOUT="1")
        done = shell.run(REPO, "--retries", "0")
    assert done.code == 5
    assert "no answer within the time-out" in done.err and "127.0.0.1" in done.err


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("HF_HUB_ETAG_TIMEOUT", "-1", "HF_HUB_ETAG_TIMEOUT must be a positive number of seconds"),
        ("HF_HUB_DOWNLOAD_TIMEOUT", "soon", "HF_HUB_DOWNLOAD_TIMEOUT must be a positive number"),
        ("HFGET_LIMIT_RATE", "-1", "not a rate: '-1'"),
        ("HFGET_LIMIT_RATE", "@none", "cannot read the rate from none"),
    ],
)
def test_a_setting_that_is_none_is_wrong_use(
    name: str, text: str, says: str, shell_at: ShellAt
) -> None:
    """It is told before anything is asked for."""
    done = shell_at("http://127.0.0.1:1").with_env(**{name: text}).run(REPO)
    assert done.code == 2 and says in done.err


def small_hub(asked: Asked) -> Reply:
    """A repo of one small file."""
    content = b"{}"
    entry = {"type": "file", "path": "c.json", "size": 2, "oid": git_sha1(content)}
    if "/resolve/" in asked.target:
        return Answer(content)
    document = [entry] if "/tree/" in asked.target else {"id": REPO, "sha": "c" * 40}
    return Answer(json.dumps(document).encode())


def test_a_certificate_decides_at_once(tmp_path: Path, shell_at: ShellAt) -> None:
    if not is_openssl_there():
        pytest.skip("openssl is not there")
    (tmp_path / "ca").mkdir()
    authority = PrivateCA(tmp_path / "ca")
    with Loopback(small_hub, tls=authority.trusted) as server:
        shell = shell_at(server.url)
        refused = shell.run(REPO)
        assert refused.code == 5
        assert "certificate of 127.0.0.1" in refused.err and "REQUESTS_CA_BUNDLE" in refused.err
        assert server.asked == [] and server.connections == 2, "one more shows who issued it"
        done = shell.with_env(REQUESTS_CA_BUNDLE=str(authority.bundle)).run(REPO)
        assert done.code == 0, done.err
    assert (shell.directory / "m" / "c.json").read_bytes() == b"{}"


def test_a_file_of_settings_in_the_working_directory_is_not_read(shell_at: ShellAt) -> None:
    with Loopback(small_hub) as server, Loopback(small_hub) as stranger:
        shell = shell_at(server.url).with_env(HF_TOKEN="made-up-" + secrets.token_hex(8))
        text = f"HF_ENDPOINT={stranger.url}\nHTTP_PROXY={stranger.url}\nSSL_CERT_FILE=x\n"
        (shell.directory / ".env").write_text(text)
        assert shell.run(REPO).code == 0
        assert stranger.connections == 0


@pytest.mark.parametrize("kind", ["dead", "407"])
def test_a_proxy_is_named_without_its_password(kind: str, shell_at: ShellAt) -> None:
    password = secrets.token_hex(12)
    with Loopback(lambda asked: Answer(b"", status=407)) as server:
        port = server.port if kind == "407" else closed_port()
        proxy = f"http://user:{password}@127.0.0.1:{port}"
        shell = shell_at("https://hub.test").with_env(HTTPS_PROXY=proxy)
        done = shell.run(REPO, "--retries", "1", "--debug")
    assert done.code == (4 if kind == "407" else 5)
    assert f"127.0.0.1:{port}" in done.err and "proxy" in done.err
    assert password not in done.err + done.out


def test_a_proxy_that_dies_midway_is_tried_again(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    deaths = [1, 3]

    def forward(asked: Asked) -> Reply:
        if len(proxy.asked) in deaths:
            return hang_up
        kept = ("range", "accept-encoding", "user-agent")
        headers = {name: asked.headers[name] for name in kept if name in asked.headers}
        with requests.get(
            asked.target, headers=headers, timeout=BOUND, allow_redirects=False
        ) as there:
            shown = ("content-range", "location", "content-type", "link")
            passed = {name: there.headers[name] for name in shown if name in there.headers}
            answer = Answer(there.content, there.status_code, passed)
        if len(answer.body) > 1_000_000 and not cut:
            cut.append(True)
            return raw(answer.wire()[:500_000])
        return answer

    cut: list[bool] = []
    with Loopback(forward) as proxy:
        shell = shell_at(hub.endpoint).with_env(HTTP_PROXY=proxy.url)
        done = shell.run(REPO)
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    assert cut and f"through the proxy 127.0.0.1:{proxy.port}" in done.err
    assert all(asked.target.startswith("http://") for asked in proxy.asked)


def test_no_secret_shows_under_debug(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    token = "made-up-" + secrets.token_hex(12)
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(private=[REPO], tokens=[token], page_size=1)
    for fault in (
        Fault(effects.Reset(after_bytes=1000), origin="cdn", times=2),
        Fault(effects.Status(403), origin="cdn", skip=2),
        Fault(effects.Headers(put={"X-Bad": "a\r\nno header"}), origin="cdn", times=None),
        Fault(effects.Status(503), origin="hub", path="*/tree/*"),
    ):
        hub.faults.add(fault)
    shell = shell_at(hub.endpoint).with_env(HF_TOKEN=token)
    done = shell.run(REPO, "--debug", "--json")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    assert any("X-Amz-Signature" in request.query for request in hub.requests("cdn"))
    said = done.out + done.err
    for secret in (token, token[:12], token[-12:], "X-Amz", "Bearer"):
        assert secret not in said


def test_a_login_in_the_endpoint_goes_there_and_shows_nowhere(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    password = secrets.token_hex(12)
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(page_size=1)
    hub.faults.add(Fault(effects.Status(503), origin="hub", path="*/tree/*"))
    endpoint = hub.endpoint.replace("://", f"://user:{password}@")
    shell = shell_at(endpoint)
    done = shell.run(REPO, "--debug", "--json")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    assert all(request.authorization for request in hub.requests("hub"))
    assert hub.requests("cdn")
    assert not any(request.authorization for request in hub.requests("cdn"))
    assert password not in done.out + done.err
    for path in shell.directory.rglob("*"):
        assert not path.is_file() or password.encode() not in path.read_bytes()
