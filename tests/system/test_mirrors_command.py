"""`hfget mirrors` from outside: real hubs side by side, each wrong in another way."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import MiB, make_model
from tests.support.certificates import PrivateCA, is_openssl_there
from tests.support.command import Result, Shell, new_shell, wait_until
from tests.support.network import closed_port
from tests.support.serving import serving
from tests.trials.middleboxes import Drip, Front, Proxy, Silent, TlsFront

REPO = "openai-community/gpt2"
FILES: dict[str, bytes | str | int] = {"config.json": '{"a": 1}', "model.safetensors": 12 * MiB}
HOUR = 3600.0
BOUND = 60.0


class Scene(NamedTuple):
    """Endpoints by what they are like, and the command's answer about all of them."""

    endpoints: dict[str, str]
    result: Result
    shell: Shell

    def of(self, name: str) -> dict[str, Any]:
        wanted = self.endpoints[name]
        return next(
            one
            for one in self.result.events
            if one["event"] == "endpoint" and one["endpoint"] == wanted
        )

    def kinds(self, name: str) -> list[str]:
        return [finding["kind"] for finding in self.of(name)["findings"]]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    make_model(folder, REPO, FILES)
    return folder


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> PrivateCA:
    if not is_openssl_there():
        pytest.skip("openssl is not there")
    return PrivateCA(tmp_path_factory.mktemp("ca"))


def only(*endpoints: str) -> list[str]:
    return [word for one in endpoints for word in ("--endpoint", one)]


@pytest.fixture(scope="module")
def scene(
    root: Path, authority: PrivateCA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    with ExitStack() as stack:

        def hub(*faults: Fault, **arguments: Any) -> LocalHub:
            started = stack.enter_context(LocalHub(root, **arguments))
            for fault in faults:
                started.faults.add(fault)
            return started

        def always(effect: Any, **where: Any) -> Fault:
            return Fault(effect, times=None, **where)

        lost = hub()
        lost.refuse("cdn")
        late = effects.Headers(put={"Date": effects.http_date(time.time() - HOUR)})
        busy = effects.Status(429, {"Retry-After": "77"})
        endpoints = {
            "good": hub().endpoint,
            "dead": f"http://127.0.0.1:{closed_port()}",
            "silent": f"http://127.0.0.1:{Silent(stack).port}",
            "dripping": f"http://127.0.0.1:{Drip(stack).port}",
            "lost": lost.endpoint,
            "slow": hub(rate_per_connection=50_000).endpoint,
            "whole": hub(always(effects.WholeBody()), rate_per_connection=MiB).endpoint,
            "late": hub(always(late, origin="hub"), rate_per_connection=MiB).endpoint,
            "busy": hub(always(busy)).endpoint,
            "portal": hub(always(effects.Html())).endpoint,
            "broken": hub(always(effects.Status(503))).endpoint,
            "liar": hub(always(effects.BitFlip(0), path="*config.json")).endpoint,
            "strange": TlsFront(stack, authority.trusted, hub().endpoint).url,
            "unknown": "https://no-such-host.test",
        }
        shell = new_shell(tmp_path_factory.mktemp("work"), endpoints["good"])
        result = shell.run("mirrors", "--json", *only(*endpoints.values()))
        yield Scene(endpoints, result, shell)


def test_one_that_works_is_found_among_many(scene: Scene) -> None:
    assert scene.result.code == 0, scene.result.err
    last = scene.result.events[-1]
    assert last["event"] == "mirrors" and last["best"] == scene.endpoints["good"]
    assert last["setting"] == f"export HF_ENDPOINT={scene.endpoints['good']}"
    others = ",".join(scene.endpoints[name] for name in ("slow", "whole", "late"))
    assert last["further"] == f"export HFGET_MIRRORS={others}"
    good = scene.of("good")
    assert (good["works"], good["exit_code"], good["files"], good["ranges"]) == (True, 0, 2, True)
    assert good["bytes_per_second"] > 0 and good["latency_seconds"] > 0
    assert good["data_host"].startswith("127.0.0.1:")
    assert good["addresses"] == ["127.0.0.1"] and good["findings"] == []
    assert abs(good["clock_ahead_seconds"]) < BOUND


@pytest.mark.parametrize(
    ("name", "kinds", "works"),
    [
        ("dead", ["refused"], False),
        ("silent", ["timeout"], False),
        ("dripping", ["timeout"], False),
        ("lost", ["data-unreachable"], False),
        ("slow", ["slow"], True),
        ("whole", ["no-ranges"], True),
        ("late", ["clock"], True),
        ("busy", ["rate-limit"], False),
        ("portal", ["login-page"], False),
        ("broken", ["server"], False),
        ("liar", ["verification"], False),
        ("strange", ["certificate"], False),
        ("unknown", ["dns"], False),
    ],
)
def test_each_finding_is_told_with_one_remedy(
    scene: Scene, name: str, kinds: list[str], works: bool
) -> None:
    found = scene.of(name)
    assert scene.kinds(name) == kinds, found
    assert found["works"] == works
    assert all(one["text"] and one["remedy"] for one in found["findings"])
    assert (found["exit_code"] == 0) == works


def test_what_was_seen_stands_in_the_finding(scene: Scene) -> None:
    texts = {name: json.dumps(scene.of(name)["findings"]) for name in scene.endpoints}
    assert "a CA for tests" in texts["strange"] and "REQUESTS_CA_BUNDLE" in texts["strange"]
    assert scene.of("strange")["issuer"] == "a CA for tests"
    assert "1 min 17 s" in texts["busy"]
    assert scene.of("lost")["data_host"] in texts["lost"]
    assert scene.of("liar")["exit_code"] == 6
    assert scene.of("whole")["ranges"] is False
    assert -HOUR - BOUND < scene.of("late")["clock_ahead_seconds"] < -HOUR + BOUND
    assert 0 < scene.of("slow")["bytes_per_second"] < 200_000


def test_the_table_says_the_same_to_people(scene: Scene) -> None:
    names = ("good", "dead", "lost", "busy")
    done = scene.shell.run("mirrors", *only(*(scene.endpoints[name] for name in names)))
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].split()[:3] == ["ENDPOINT", "API", "LISTING"]
    assert lines[1].split()[0] == "*" and [line.split()[0] for line in lines[2:5]] == ["-"] * 3
    assert lines[-1] == f"    export HF_ENDPOINT={scene.endpoints['good']}"
    assert "HFGET_MIRRORS" not in done.out.partition("Use ")[2]
    assert done.out.count("  next: ") == 3


def test_several_that_agree_on_the_time_are_right(scene: Scene, root: Path) -> None:
    late = Fault(effects.Headers(put={"Date": effects.http_date(time.time() + HOUR)}), times=None)
    with LocalHub(root) as one, LocalHub(root) as other:
        one.faults.add(late)
        other.faults.add(late)
        done = scene.shell.run("mirrors", *only(one.endpoint, other.endpoint))
    assert "the clock of this machine is" in done.out and "slow\n" in done.out


def test_no_endpoint_works(scene: Scene) -> None:
    done = scene.shell.run("mirrors", *only(scene.endpoints["liar"], scene.endpoints["dead"]))
    assert (done.code, done.out.splitlines()[-1]) == (
        6,
        f"No endpoint works from here for {REPO}.",
    )
    done = scene.shell.run("mirrors", "org/none", *only(scene.endpoints["good"]))
    assert done.code == 3 and "org/none" in done.out


def test_offline_is_said_and_nothing_is_asked(scene: Scene, root: Path) -> None:
    with LocalHub(root) as hub:
        shell = scene.shell.with_env(HF_HUB_OFFLINE="1")
        done = shell.run("mirrors", *only(hub.endpoint))
        assert hub.log == []
    assert done.code == 5 and "unset HF_HUB_OFFLINE" in done.out


def test_a_token_goes_where_a_download_would_send_it(scene: Scene, root: Path) -> None:
    """To the first, since it asks, and to one that is named for it; to no other, whoever asks."""
    token = "t" + secrets.token_hex(16)
    with ExitStack() as stack:

        def closed() -> LocalHub:
            return stack.enter_context(LocalHub(root, private=[REPO], tokens=[token]))

        first, open_one, named, other = closed(), LocalHub(root, tokens=[token]), closed(), closed()
        stack.enter_context(open_one)
        hubs = (first, open_one, named, other)
        ask = ("mirrors", "--report", "--json", *only(*(hub.endpoint for hub in hubs)))
        shell = scene.shell.with_env(HF_TOKEN=token, HFGET_TOKEN_ORIGINS=named.endpoint)
        done = shell.run(*ask)
        seen = [{(one.origin, one.token_seen) for one in hub.log} for hub in hubs]
        for hub in hubs:
            hub.clear_log()
        without = shell.run(*ask, "--no-token")
        sent = [one for hub in hubs for one in hub.log if one.token_seen or one.authorization]
    found = {one["endpoint"]: one for one in done.events if one["event"] == "endpoint"}
    works = [found[hub.endpoint]["works"] for hub in hubs]
    assert (done.code, works) == (0, [True, True, True, False]), done.out
    asked, unasked, named_one, stays = seen
    assert asked == {("hub", False), ("hub", True), ("cdn", False)}, "once it has asked"
    assert unasked == {("hub", False), ("cdn", False)}
    assert named_one == {("hub", True), ("cdn", False)}
    assert stays == {("hub", False)}
    (finding,) = found[other.endpoint]["findings"]
    assert finding["kind"] == "not-allowed" and "--send-token-to" in finding["remedy"]
    assert without.code == 0 and not sent
    assert not any(token in each.out + each.err for each in (done, without))


def test_who_needs_a_token(scene: Scene, root: Path, tmp_path: Path) -> None:
    token, wrong = ("t" + secrets.token_hex(16) for _ in range(2))
    (tmp_path / "token").write_text(token)
    (tmp_path / "token").chmod(0o600)
    (tmp_path / "wrong").write_text(wrong)
    must_show = ("--require-token", str(tmp_path / "token"))
    with serving(root, *must_show, home=tmp_path) as closed:
        ask = ("mirrors", *only(closed.endpoint))
        without = scene.shell.run(*ask)
        refused = scene.shell.run(*ask, "--token-file", tmp_path / "wrong")
        right = scene.shell.run(*ask, "--token-file", tmp_path / "token")
    assert (without.code, refused.code, right.code) == (4, 4, 0), right.out
    assert "needs a token for this repo (HTTP 401), and there is none" in without.out
    assert "next: give it one: --endpoint URL --token-file FILE" in without.out
    assert "does not accept" in refused.out, refused.out
    assert not any(one in refused.out + right.out for one in (token, wrong))


def test_ctrl_c_ends_it_at_once(scene: Scene) -> None:
    with ExitStack() as stack:
        silent = Silent(stack)
        process = scene.shell.start("mirrors", *only(f"http://127.0.0.1:{silent.port}"))
        stack.callback(process.kill)
        wait_until(lambda: bool(silent._open))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=BOUND)
    assert process.returncode == 130 and b"Traceback" not in err


class _Router(Front):
    """A proxy that leads each name to another origin of this machine."""

    ways: dict[str, int]
    asked: list[str]

    def serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(1 << 16)
        method, target, _ = head.decode("latin-1").split(" ", 2)
        self.asked.append(f"{method} {target}")
        if target in self.ways:
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            self.relay(client, "127.0.0.1", self.ways[target], b"")
        else:
            client.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def test_all_that_is_known_is_asked_by_way_of_a_proxy(
    root: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, authority: PrivateCA
) -> None:
    """The Hub and its mirror by their own names, each on this machine."""
    context = authority.context_for("DNS:huggingface.co,DNS:hf-mirror.com")
    with ExitStack() as stack:
        hub = stack.enter_context(LocalHub(root, cdn=False))
        mirror = stack.enter_context(LocalHub(root, cdn=False))
        mirror.faults.add(Fault(effects.Status(503), times=None))
        router = _Router(stack)
        router.asked = []
        router.ways = {
            "huggingface.co:443": TlsFront(stack, context, hub.endpoint).port,
            "hf-mirror.com:443": TlsFront(stack, context, mirror.endpoint).port,
        }
        shell = new_shell(tmp_path / "work", "").with_env(
            HTTPS_PROXY=f"http://127.0.0.1:{router.port}", SSL_CERT_FILE=str(authority.bundle)
        )
        done = shell.run("mirrors")
        events = shell.run("mirrors", "--json").events
        stranger = shell.with_env(SSL_CERT_FILE="").run("mirrors", "--json")
    assert done.code == 0, done.out + done.err
    assert set(router.asked) == {"CONNECT huggingface.co:443", "CONNECT hf-mirror.com:443"}
    assert "Use huggingface.co, which is the default: there is nothing to set." in done.out
    found = {one["endpoint"]: one for one in events if one["event"] == "endpoint"}
    assert list(found) == ["https://huggingface.co", "https://hf-mirror.com"]
    official = found["https://huggingface.co"]
    assert official["proxy"] == f"127.0.0.1:{router.port}" and official["addresses"] == []
    assert official["issuer"] == "a CA for tests"
    assert [one["kind"] for one in found["https://hf-mirror.com"]["findings"]] == ["server"]
    issuers = {one["issuer"] for one in stranger.events if one["event"] == "endpoint"}
    assert stranger.code == 5 and issuers == {"a CA for tests"}


def test_a_proxy_that_wants_a_password(scene: Scene) -> None:
    with ExitStack() as stack:
        proxy = Proxy(stack, 407)
        shell = scene.shell.with_env(HTTP_PROXY=f"http://{proxy.address}", NO_PROXY="")
        done = shell.run("mirrors", *only("http://hub.test"))
    assert done.code == 4 and f"the proxy {proxy.address} asks for a user name" in done.out


def test_the_report_says_all_but_secrets(scene: Scene) -> None:
    password, token = secrets.token_hex(8), "t" + secrets.token_hex(16)
    env_file = scene.shell.directory / "settings.env"
    env_file.write_text("HFGET_LIMIT_RATE=20M\n")
    endpoint = scene.endpoints["dead"].replace("//", f"//someone:{password}@")
    shell = scene.shell.with_env(
        HF_TOKEN=token,
        HF_ENDPOINT=endpoint,
        HTTPS_PROXY=f"http://someone:{password}@127.0.0.1:1",
    )
    done = shell.run("mirrors", "--report", "--env-file", env_file, *only(endpoint))
    assert done.code == 5
    text = done.out + done.err
    assert password not in text and token not in text
    rows = {tuple(line.split()[:2]): line for line in done.out.splitlines() if line.strip()}
    assert rows["setting", "HF_TOKEN"].split()[2:] == ["set,", "not", "shown", "environment"]
    assert rows["setting", "HFGET_LIMIT_RATE"].split()[2:] == ["20M", "env", "file"]
    for about in (("version", "hfget"), ("version", "Python"), ("version", "requests")):
        assert about in rows
    for word in ("Hub cache", "working folder", "free", "names of files", "~/hf/hub"):
        assert word in done.out, word
    facts = shell.run("mirrors", "--report", "--json", *only(endpoint)).events
    assert {one["about"] for one in facts if one["event"] == "fact"} == {
        *("version", "setting", "place", "locale")
    }
