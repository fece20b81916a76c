"""`hfget serve --upstream`: what is missing is fetched once, sent while it comes, and kept."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import MiB, content, make_model
from tests.support.certificates import PrivateCA
from tests.support.command import new_shell, tree, wait_until
from tests.support.needs import needs
from tests.support.serving import SECONDS, Served, serving

REPO, LARGE = "org/name", "model.safetensors"
SIZE = 24 * MiB
FILES: dict[str, bytes | str | int] = {
    "config.json": '{"a": 1}', "empty.txt": b"", "sub dir/ünicode #1.txt": "text",
    ".gitattributes": "*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
}  # fmt: skip
CONTENT = content(SIZE, f"{REPO}/{LARGE}")
PATH = f"/{REPO}/resolve/main/{LARGE}"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LocalHub]:
    make_model(tmp_path / "up", REPO, {**FILES, LARGE: SIZE})
    with LocalHub(tmp_path / "up") as hub:
        yield hub


@contextlib.contextmanager
def mirror(hub: LocalHub, place: Path, *arguments: str, **environment: str) -> Iterator[Served]:
    given = (str(place / "kept"), "--upstream", hub.endpoint, *arguments)
    with serving(Path(given[0]), *given[1:], home=place, **environment) as served:
        yield served


def get(served: Served, path: str = PATH, **headers: str) -> http.client.HTTPResponse:
    """The answer to a GET, its body unread."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=SECONDS)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=named)
    return connection.getresponse()


def body_bytes(hub: LocalHub) -> int:
    """Bytes of the large file that upstream has sent."""
    return hub.bytes_sent("cdn")


def test_many_at_once_cost_one_download(hub: LocalHub, tmp_path: Path) -> None:
    hub.set_rate(30e6)
    with mirror(hub, tmp_path) as served:
        with ThreadPoolExecutor(8) as clients:
            found = list(clients.map(lambda _: get(served).read(), range(8)))
        assert all(body == CONTENT for body in found)
        assert body_bytes(hub) == SIZE
        listings = [one for one in hub.requests("hub") if "/tree/" in one.path]
        assert len(listings) == 1
        assert get(served).read() == CONTENT and body_bytes(hub) == SIZE
    blobs = tmp_path / "kept/models--org--name/blobs"
    assert (blobs / hashlib.sha256(CONTENT).hexdigest()).read_bytes() == CONTENT


def test_bytes_are_sent_on_while_more_come(hub: LocalHub, tmp_path: Path) -> None:
    hub.set_rate(4e6)
    with mirror(hub, tmp_path) as served:
        answer = get(served)
        assert answer.status == 200 and answer.headers["Content-Length"] == str(SIZE)
        # no order of parts can be kept to
        several = get(served, Range="bytes=5-9,0-1")
        assert several.status == 200 and several.headers["Content-Length"] == str(SIZE)
        several.close()
        assert answer.read(1000) == CONTENT[:1000]
        assert body_bytes(hub) < SIZE
        hub.set_rate(None)
        assert answer.read() == CONTENT[1000:]


def test_a_range_in_the_middle_comes_first(tmp_path: Path) -> None:
    size = 160 * MiB
    make_model(tmp_path / "up", REPO, {LARGE: size})
    with LocalHub(tmp_path / "up", rate_total=8e6) as hub, mirror(hub, tmp_path) as served:
        first = get(served)
        assert len(first.read(1)) == 1
        at = 150 * MiB
        part = get(served, Range=f"bytes={at}-{at + MiB - 1}").read()
        assert part == content(size, f"{REPO}/{LARGE}")[at : at + MiB]
        assert hub.bytes_sent("cdn") < size / 2
        first.close()


def test_a_client_that_goes_away_stops_no_one(hub: LocalHub, tmp_path: Path) -> None:
    hub.set_rate(8e6)
    with mirror(hub, tmp_path) as served:
        with served.connect() as connection:
            connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert connection.recv(1 << 16)
            other = get(served)
            assert other.read(1000) == CONTENT[:1000]
        hub.set_rate(None)
        assert other.read() == CONTENT[1000:]
        assert body_bytes(hub) < 1.5 * SIZE, "fetched once; a slow connection may be replaced"


def test_killed_in_the_middle_it_goes_on(hub: LocalHub, tmp_path: Path) -> None:
    hub.set_rate(6e6)
    with pytest.raises(AssertionError), mirror(hub, tmp_path) as served:
        answer = get(served)
        wait_until(lambda: body_bytes(hub) > SIZE / 3, SECONDS)
        os.kill(served.pid, signal.SIGKILL)
        answer.close()
    hub.set_rate(None)
    with mirror(hub, tmp_path) as served:
        assert get(served).read() == CONTENT
    assert SIZE <= body_bytes(hub) < SIZE + 20 * MiB  # what was in buffers, of 16 connections


def test_without_upstream_what_is_here_is_served_and_marked(hub: LocalHub, tmp_path: Path) -> None:
    with mirror(hub, tmp_path, "--fresh", "0.2") as served:
        assert get(served).read() == CONTENT
        assert get(served, f"/{REPO}/resolve/main/config.json").read() == b'{"a": 1}'
        assert "X-Hfget-Stale" not in get(served).headers
        hub.refuse("hub")
        hub.refuse("cdn")

        def is_stale() -> bool:
            return get(served).headers.get("X-Hfget-Stale") == "true"

        wait_until(is_stale, SECONDS)
        answer = get(served)
        assert (answer.status, answer.read()) == (200, CONTENT)
        missing = get(served, f"/{REPO}/resolve/main/.gitattributes")
        assert missing.status == 504 and b"upstream" in missing.read()
        assert get(served, "/org/other/resolve/main/a").status == 504
        commit = answer.headers["X-Repo-Commit"]
    with mirror(hub, tmp_path, "--fresh", "0.2") as served:  # it is remembered, too
        answer = get(served)
        assert (answer.status, answer.read()) == (200, CONTENT)
        assert answer.headers["X-Hfget-Stale"] == "true"
        known = get(served, f"/{REPO}/resolve/{commit}/{LARGE}")
        assert known.status == 200 and "X-Hfget-Stale" not in known.headers
        hub.restore("hub")
        hub.restore("cdn")
        wait_until(lambda: "X-Hfget-Stale" not in get(served).headers, SECONDS)


def test_a_branch_is_asked_for_again(hub: LocalHub, tmp_path: Path) -> None:
    path = f"/{REPO}/resolve/main/config.json"
    with mirror(hub, tmp_path, "--fresh", "0.2") as served:
        old = get(served, path)
        assert old.read() == b'{"a": 1}'
        make_model(tmp_path / "up", REPO, {"config.json": '{"a": 2}'})
        hub.rescan()
        wait_until(lambda: get(served, path).read() == b'{"a": 2}', SECONDS)
        commit = old.headers["X-Repo-Commit"]
        pinned = get(served, f"/{REPO}/resolve/{commit}/config.json")
        assert pinned.read() == b'{"a": 1}'


def test_wrong_bytes_never_make_a_whole_file(hub: LocalHub, tmp_path: Path) -> None:
    hub.faults.add(Fault(effects.BitFlip(offset=SIZE // 2), origin="cdn", times=None))
    hub.set_rate(40e6)
    with mirror(hub, tmp_path) as served:
        for wanted in ({}, {"Range": f"bytes={SIZE // 4}-"}):
            answer = get(served, **wanted)
            if answer.status in (200, 206):
                with pytest.raises(http.client.IncompleteRead):
                    answer.read()
            else:
                assert answer.status == 502
        blobs = tmp_path / "kept/models--org--name/blobs"
        wait_until(lambda: not [one for one in blobs.iterdir() if one.stat().st_size > MiB])
        hub.faults.clear()
        assert get(served).read() == CONTENT


def test_the_least_recently_used_makes_room(tmp_path: Path) -> None:
    names = [f"part-{number}.safetensors" for number in range(4)]
    make_model(tmp_path / "up", REPO, dict.fromkeys(names, 2 * MiB))
    kept = tmp_path / "kept/models--org--name/blobs"
    own = make_model(tmp_path / "kept", "own/repo", {"mine.safetensors": 9 * MiB})

    def here() -> list[str]:
        return [one.name for one in kept.iterdir() if one.stat().st_size == 2 * MiB]

    with LocalHub(tmp_path / "up") as hub:
        with mirror(hub, tmp_path, "--max-size", "5Mi") as served:
            for name in (*names[:2], names[0], names[2]):
                assert len(get(served, f"/{REPO}/resolve/main/{name}").read()) == 2 * MiB
            assert len(here()) == 2
            hub.clear_log()
            assert len(get(served, f"/{REPO}/resolve/main/{names[0]}").read()) == 2 * MiB
            assert not body_bytes(hub), "what was used last was removed"
        with mirror(hub, tmp_path, "--max-size", "5Mi") as served:  # it is remembered, too
            assert len(get(served, f"/{REPO}/resolve/main/{names[3]}").read()) == 2 * MiB
            assert len(here()) == 2
            assert len(get(served, f"/{REPO}/resolve/main/{names[1]}").read()) == 2 * MiB
    assert (own / "mine.safetensors").stat().st_size == 9 * MiB


def test_what_is_removed_meanwhile_harms_nothing_that_comes(hub: LocalHub, tmp_path: Path) -> None:
    """Small files come and go while a large one arrives, and while one that went is read."""
    names = [f"part-{number}.safetensors" for number in range(6)]
    make_model(tmp_path / "up", REPO, dict.fromkeys(names, 2 * MiB))
    hub.rescan()
    with mirror(hub, tmp_path, "--max-size", "5Mi") as served:
        assert len(get(served, f"/{REPO}/resolve/main/{names[0]}").read()) == 2 * MiB
        slow = get(served, f"/{REPO}/resolve/main/{names[0]}")
        hub.set_rate(24e6)
        large = get(served)
        for name in names[1:]:
            part = get(served, f"/{REPO}/resolve/main/{name}")
            assert part.read() == content(2 * MiB, f"{REPO}/{name}")
        hub.set_rate(None)
        assert large.read() == CONTENT
        assert slow.read() == content(2 * MiB, f"{REPO}/{names[0]}")
        assert get(served).read() == CONTENT


def test_folders_come_first_and_more_than_one_is_served(hub: LocalHub, tmp_path: Path) -> None:
    make_model(tmp_path / "kept", REPO, {"config.json": "mine"})
    make_model(tmp_path / "more", "org/second", {"a.txt": "a"})
    with mirror(hub, tmp_path, str(tmp_path / "more")) as served:
        assert get(served, f"/{REPO}/resolve/main/config.json").read() == b"mine"
        assert get(served, "/org/second/resolve/main/a.txt").read() == b"a"
        listed = json.loads(get(served, "/api/models").read())
        assert {repo["id"] for repo in listed} == {REPO, "org/second"}
    assert not hub.requests("cdn")


def test_a_folder_fetched_through_it_is_the_same(hub: LocalHub, tmp_path: Path) -> None:
    with mirror(hub, tmp_path) as served:
        for number in range(2):
            shell = new_shell(tmp_path / f"client-{number}", served.endpoint)
            done = shell.run(REPO, "--local-dir", "got")
            assert done.code == 0, done.err
            got = tree(shell.directory / "got")
            assert got == tree(tmp_path / "up" / REPO)
        assert body_bytes(hub) == SIZE
        refs = json.loads(get(served, f"/api/models/{REPO}/refs").read())
        assert refs["branches"][0]["name"] == "main"


def test_what_was_verified_is_not_hashed_again(hub: LocalHub, tmp_path: Path) -> None:
    with mirror(hub, tmp_path) as served:
        assert get(served).read() == CONTENT
    hashes = tmp_path / "hashes.json"
    kept = tmp_path / "kept"
    with serving(kept, "--hash-cache", str(hashes), home=tmp_path) as alone:
        assert get(alone).read() == CONTENT
    assert not hashes.exists() or "blobs/" not in hashes.read_text()
    blob = kept / "models--org--name/blobs" / hashlib.sha256(CONTENT).hexdigest()
    with blob.open("r+b") as file:
        file.write(b"damaged")
    with serving(kept, "--hash-cache", str(hashes), home=tmp_path) as alone:
        assert get(alone).status == 404


def test_what_upstream_refuses_is_refused(tmp_path: Path) -> None:
    make_model(tmp_path / "up", "org/gated", {"a.txt": "a"})
    with (
        LocalHub(tmp_path / "up", gated=["org/gated"], tokens=["example-of-a-token"]) as hub,
        mirror(hub, tmp_path, HF_TOKEN="example-of-a-token") as served,
    ):
        headers = {"Authorization": "Bearer example-of-a-token"}
        for given in ({}, headers):
            answer = get(served, "/org/gated/resolve/main/a.txt", **given)
            assert answer.status == (403 if given else 401)
            assert answer.headers["X-Error-Code"] == "GatedRepo"
        assert get(served, "/org/none/resolve/main/a").headers["X-Error-Code"] == "RepoNotFound"
        absent = get(served, "/org/gated/resolve/nowhere/a.txt")
        assert absent.status in (401, 404)
        assert not [one for one in hub.log if one.authorization or one.token_seen]


def test_clients_show_a_token_which_goes_no_further(tmp_path: Path) -> None:
    make_model(tmp_path / "up", "org/gated", {"a.txt": "a"})
    shown, own = "example-for-clients", "example-for-upstream"
    tokens = tmp_path / "tokens"
    tokens.write_text(f"# of the team\n{shown}\n")
    with LocalHub(tmp_path / "up", gated=["org/gated"], tokens=[own, shown]) as hub:
        setting = {"HF_TOKEN": own, "HFGET_TOKEN_ORIGINS": hub.endpoint}
        with mirror(hub, tmp_path, "--require-token", str(tokens), **setting) as served:
            path = "/org/gated/resolve/main/a.txt"
            for token in ("", "Bearer wrong-one", f"Basic {shown}", f"Bearer {own}"):
                for asked in (path, "/", "/api/models", "/api/whoami-v2"):
                    answer = get(served, asked, **({"Authorization": token} if token else {}))
                    assert answer.status == 401 and own.encode() not in answer.read()
            assert get(served, path, Authorization=f"Bearer {shown}").read() == b"a"
            sent = [one for one in hub.log if one.authorization]
            assert sent and all(one.token_seen for one in sent)
            hub_saw = json.dumps([one.headers for one in hub.log])
            assert shown not in hub_saw
    said = [(tmp_path / "kept" / ".hfget-filled-with-token").exists()]
    assert said == [True]
    refused = new_shell(tmp_path / "shell", "").run("serve", tmp_path / "kept", "--port", "0")
    assert refused.code == 2 and "--require-token" in refused.err
    assert shown not in refused.err and own not in refused.err


def test_another_upstream_takes_over(tmp_path: Path) -> None:
    make_model(tmp_path / "up", REPO, {**FILES, LARGE: SIZE})
    make_model(tmp_path / "other", "org/second", {"a.txt": "a"})
    with (
        LocalHub(tmp_path / "other") as empty,
        LocalHub(tmp_path / "up", rate_total=8e6) as first,
        LocalHub(tmp_path / "up") as second,
    ):
        more = ("--upstream", first.endpoint, "--upstream", second.endpoint)
        with mirror(empty, tmp_path, *more) as served:
            assert get(served, "/org/second/resolve/main/a.txt").read() == b"a"
            answer = get(served)
            assert answer.read(MiB) == CONTENT[:MiB]
            first.refuse("hub")
            first.refuse("cdn")
            assert answer.read() == CONTENT[MiB:]
        assert first.bytes_sent("cdn") + second.bytes_sent("cdn") < SIZE + 20 * MiB
        assert second.bytes_sent("cdn") > 0


def make_twins(root: Path, count: int) -> list[str]:
    """So many repos, of which two hubs have each."""
    names = [f"org/repo-{number}" for number in range(count)]
    for place in ("first", "second"):
        for name in names:
            make_model(root / place, name, {"a.txt": name})
    return names


@contextlib.contextmanager
def two_upstreams(first: Path, second: Path) -> Iterator[tuple[LocalHub, LocalHub, Served]]:
    """A mirror beside them, which asks the first one first."""
    with (
        LocalHub(first) as near,
        LocalHub(second) as far,
        mirror(near, first.parent, "--upstream", far.endpoint) as served,
    ):
        yield near, far, served


def test_as_long_as_the_first_upstream_delivers_no_other_is_asked(tmp_path: Path) -> None:
    size = 64 * MiB
    make_model(tmp_path / "up", REPO, {**FILES, LARGE: size})
    with two_upstreams(tmp_path / "up", tmp_path / "up") as (first, second, served):
        first.set_rate(40e6)
        assert get(served).read() == content(size, f"{REPO}/{LARGE}")
        assert get(served, f"/{REPO}/resolve/main/config.json").read() == b'{"a": 1}'
        assert len([one for one in first.log if one.origin == "cdn"]) > 1, "one connection only"
        assert not second.log


def test_an_upstream_that_fails_is_not_asked_first_again(tmp_path: Path) -> None:
    repos = make_twins(tmp_path, 4)
    with two_upstreams(tmp_path / "first", tmp_path / "second") as (first, _, served):
        for repo in repos:
            if repo == repos[1]:
                first.faults.add(Fault(effects.Status(429, {"Retry-After": "250"}), times=None))
            assert get(served, f"/{repo}/resolve/main/a.txt").read() == repo.encode()
        asked = {repo for repo in repos for request in first.log if repo in request.path}
        assert asked == set(repos[:2]), "asked before its back-off has ended"
        assert served.says(first.endpoint.partition("//")[2] + " fails")


def test_an_upstream_that_rested_is_asked_first_again(tmp_path: Path) -> None:
    names = make_twins(tmp_path, 400)
    with two_upstreams(tmp_path / "first", tmp_path / "second") as (first, _, served):
        first.refuse("hub")
        repos = iter(names)

        def is_asked() -> bool:
            repo = next(repos)
            assert get(served, f"/{repo}/resolve/main/a.txt").read() == repo.encode()
            return bool(first.log)

        assert not is_asked()
        first.restore("hub")
        wait_until(is_asked, SECONDS)


def test_wrong_bytes_are_fetched_from_another_upstream(tmp_path: Path) -> None:
    make_model(tmp_path / "up", REPO, {LARGE: SIZE})
    with two_upstreams(tmp_path / "up", tmp_path / "up") as (first, second, served):
        first.faults.add(Fault(effects.BitFlip(offset=SIZE // 2), origin="cdn", times=None))
        closed = get(served, Range=f"bytes={SIZE - 10}-{SIZE - 1}")
        assert closed.read() == CONTENT[-10:]
        blob = tmp_path / "kept/models--org--name/blobs" / hashlib.sha256(CONTENT).hexdigest()
        wait_until(blob.exists, SECONDS)
        assert blob.read_bytes() == CONTENT and get(served).read() == CONTENT
        assert second.bytes_sent("cdn") > 0


def test_a_short_name_is_an_upstream(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    more = ("--upstream", "official", "--upstream", "hf-mirror")
    with serving(tmp_path / "kept", *more, home=tmp_path) as served:
        assert "https://huggingface.co, https://hf-mirror.com" in served.said[0]


@needs("openssl")
def test_over_https(hub: LocalHub, tmp_path: Path) -> None:
    folder = tmp_path / "ca"
    folder.mkdir()
    authority = PrivateCA(folder)
    assert authority.trusted
    pair = ("--tls-cert", str(folder / "trusted.pem"), "--tls-key", str(folder / "trusted.key"))
    with mirror(hub, tmp_path, *pair) as served:
        assert served.endpoint.startswith("https://127.0.0.1:")
        shell = new_shell(tmp_path / "client", served.endpoint)
        shell = shell.with_env(SSL_CERT_FILE=str(authority.bundle))
        for place in ("cold", "warm"):
            done = shell.run(REPO, "--local-dir", place)
            assert done.code == 0, done.err
            assert tree(shell.directory / place) == tree(tmp_path / "up" / REPO)
    assert body_bytes(hub) == SIZE


@needs("chromium")
def test_a_browser_shows_the_page(hub: LocalHub, tmp_path: Path) -> None:
    make_model(tmp_path / "up", REPO, {"<b id=evil>x.safetensors": 8 * MiB})
    hub.rescan()
    hub.set_rate(200_000)
    with mirror(hub, tmp_path) as served:
        answer = get(served, f"/{REPO}/resolve/main/%3Cb%20id=evil%3Ex.safetensors")
        shown = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
             f"--user-data-dir={tmp_path / 'chromium'}", served.endpoint + "/"],
            capture_output=True, text=True, timeout=SECONDS, check=True,
        ).stdout  # fmt: skip
        answer.close()
    assert f"export HF_ENDPOINT={served.endpoint}" in shown
    assert "&lt;b id=evil&gt;x.safetensors" in shown and "<b id" not in shown
    assert "<progress" in shown and "127.0.0.1" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--max-size", "5G"), "--upstream"), (("--tls-cert", "x.pem"), "--tls-key"),
        (("--tls-cert", "x.pem", "--tls-key", "x.pem"), "certificate"),
        (("--require-token", "none"), "tokens"), (("--fresh", "0"), "seconds"),
        (("--upstream", "ftp://x"), "address"), (("--max-size", "much"), "size"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    done = new_shell(tmp_path, "").run("serve", ".", "--port", "0", *arguments)
    assert done.code == 2 and says in done.err, done.err
