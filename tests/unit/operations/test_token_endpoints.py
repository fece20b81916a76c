"""Several endpoints, each with a secret of its own: every header at every origin, over three hops.

The three origins are the endpoints, and each leads to the others: the commit comes by redirects,
the listing by links to its next pages, and each file of a download over one of the ways.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hfget import python_api
from hfget.errors import HfgetError
from tests.support.loopback import Answer, Asked, Loopback, git_sha1

pytestmark = pytest.mark.usefixtures("no_proxies")

DATA = b"content\n"
COMMIT = "c" * 40
HOPS = 3
WAYS = list(itertools.product(range(3), repeat=HOPS))
NAMES = [f"{number}.txt" for number in range(len(WAYS))]
VARIABLES = (
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HFGET_TOKEN_ORIGINS",
    "HF_ENDPOINT",
    "HFGET_MIRRORS",
)
_HOP = re.compile(r"/hop([0-9])from([0-9])/")


class Place(NamedTuple):
    """How far a request is from the endpoint that its way began at."""

    hops: int
    start: int


class World:
    """Three endpoints. Those in `without` do not have the repo, those in `private` want a token."""

    def __init__(self, stack: ExitStack) -> None:
        self.way: tuple[int, ...] = (0,) * HOPS
        self.without: frozenset[int] = frozenset()
        self.private: frozenset[int] = frozenset()
        self.origins = [stack.enter_context(Loopback(self._answers(n))) for n in range(3)]

    def place(self, asked: Asked, number: int) -> Place:
        found = _HOP.match(asked.target)
        return Place(int(found[1]), int(found[2])) if found else Place(0, number)

    def at_home(self, asked: Asked, number: int) -> bool:
        """Whether the way to this request began here and never left."""
        hops, start = self.place(asked, number)
        return start == number and set(self._way(asked)[:hops]) <= {number}

    def _way(self, asked: Asked) -> tuple[int, ...]:
        name, dot, _ = asked.target.rpartition("/")[2].partition(".txt")
        return WAYS[int(name)] if dot else self.way

    def _answers(self, number: int) -> Callable[[Asked], Answer]:
        def answer(asked: Asked) -> Answer:
            hops, start = self.place(asked, number)
            plane = asked.target.rpartition("/")[2].partition("?")[0]
            if not hops and number in self.without:
                return Answer(b"{}", 404, {"X-Error-Code": "RepoNotFound"})
            if not hops and number in self.private and "authorization" not in asked.headers:
                return Answer(b"{}", 401, {})
            following = ""
            if hops < HOPS:
                onward = self.origins[self._way(asked)[hops]].url
                following = f"{onward}/hop{hops + 1}from{start}/{plane}"
            if (plane == COMMIT and "/tree/" in asked.target) or (hops and plane == COMMIT):
                entry = {"type": "file", "size": len(DATA), "oid": git_sha1(DATA)}
                page = [{**entry, "path": name} for name in NAMES[hops :: HOPS + 1]]
                link = {"Link": f'<{following}>; rel="next"'} if following else {}
                return Answer(json.dumps(page).encode(), headers=link)
            if plane == COMMIT:
                return Answer(json.dumps({"id": "org/m", "sha": COMMIT}).encode())
            if following:
                return Answer(b"", 302, {"Location": f"{following}?sig=1"})
            if plane == "m":
                siblings = [{"rfilename": name} for name in NAMES]
                info = {"id": "org/m", "sha": COMMIT, "siblings": siblings}
                return Answer(json.dumps(info).encode())
            return Answer(DATA)

        return answer


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], str]:
    """A function that makes up a token; none is to be found anywhere yet."""
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return lambda: "made-up-" + secrets.token_hex(12)


def run_all(world: World, run: Callable[..., object], check: Callable[[], None]) -> None:
    """Plans over every way of the API, and a download whose files come over each of them."""
    for world.way in WAYS:
        for origin in world.origins:
            origin.asked.clear()
        run(python_api.plan)
        check()
    for origin in world.origins:
        origin.asked.clear()
    run(python_api.download)
    check()


@pytest.mark.parametrize("without", [(), (0,), (0, 1)], ids=["all", "not the first", "the last"])
def test_each_endpoint_sees_its_own_secret_alone_and_only_at_home(
    world: World,
    token: Callable[[], str],
    without: tuple[int, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given, password, ambient = token(), token(), token()
    world.without = frozenset(without)
    first, second, third = (origin.url.partition("://")[2] for origin in world.origins)
    monkeypatch.setenv("HF_TOKEN", ambient)
    monkeypatch.setenv("HFGET_TOKEN_ORIGINS", third)
    login = base64.b64encode(f"me:{password}".encode()).decode()
    expected = [f"Bearer {given}", f"Basic {login}", f"Bearer {ambient}"]
    forms = {text[part] for text in (given, password, ambient, login) for part in HALVES}

    def run(call: Any) -> None:
        call(
            "org/m",
            endpoint=[first, f"http://me:{password}@{second}", third],
            token=given,
            retries=0,
            local_dir=tmp_path / "m",
        )

    def check() -> None:
        for number, origin in enumerate(world.origins):
            for asked in origin.asked:
                headers = dict(asked.headers)
                authorization = headers.pop("authorization", None)
                home = world.at_home(asked, number)
                assert authorization == (expected[number] if home else None), (number, asked)
                rest = asked.target + json.dumps(headers)
                assert not any(form in rest for form in forms), (number, asked)

    run_all(world, run, check)
    assert all((tmp_path / "m" / name).read_bytes() == DATA for name in NAMES)


HALVES = (slice(None), slice(0, 14), slice(14, None))


@pytest.mark.parametrize("send_to", [False, True], ids=["not named", "named"])
def test_HF_TOKEN_is_for_the_first_endpoint_that_asks_and_for_those_that_are_named(
    world: World,
    token: Callable[[], str],
    send_to: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ambient = token()
    monkeypatch.setenv("HF_TOKEN", ambient)
    monkeypatch.setenv("HF_ENDPOINT", world.origins[0].url)
    monkeypatch.setenv("HFGET_MIRRORS", ",".join(origin.url for origin in world.origins[1:]))
    world.without, world.private = frozenset({0}), frozenset({1, 2})
    named = world.origins[2].url.partition("://")[2] if send_to else ()

    def run(call: Any) -> None:
        if send_to:
            call("org/m", send_token_to=named, retries=0, local_dir=tmp_path / "m")
            return
        with pytest.raises(HfgetError) as met:
            call("org/m", send_token_to=named, retries=0, local_dir=tmp_path / "m")
        assert met.value.exit_code == 4 and "--send-token-to" in met.value.hint
        assert ambient not in f"{met.value} {met.value.hint}"

    def check() -> None:
        for number, origin in enumerate(world.origins):
            for asked in origin.asked:
                wanted = send_to and number == 2 and world.at_home(asked, number)
                assert ("authorization" in asked.headers) is wanted, (number, asked)

    run_all(world, run, check)


def test_without_any_token_none_is_sent_anywhere(
    world: World, token: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token())
    urls = [origin.url for origin in world.origins]
    world.private = frozenset({0, 1})

    def run(call: Any) -> None:
        call("org/m", endpoint=urls, ambient_token=False, retries=0, local_dir=tmp_path / "m")

    def check() -> None:
        headers = [asked.headers for origin in world.origins for asked in origin.asked]
        assert headers and not any("authorization" in each for each in headers)

    run_all(world, run, check)
