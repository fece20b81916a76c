"""The token stays at home; an address that has expired is renewed once for all, not for ever."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest

from hfget.endpoints import host_of
from hfget.errors import EntryNotFoundError, InvalidTokenError, NetworkError
from hfget.http.retry import Transient
from hfget.limits import MAX_REDIRECTS
from hfget.system.cancellation import Superseded
from tests.support.loopback import BOUND, Answer, Asked, made_up_token, reset
from tests.support.origins import DATA, FILE, HOME_PATH, World, client, content, found, tokens
from tests.support.transfers import until

pytestmark = pytest.mark.usefixtures("no_proxies")


def test_the_token_goes_home_and_nowhere_else(world: World) -> None:
    token = made_up_token()
    cdn = world.origin()
    home = world.origin(lambda asked: found("/b" if asked.target == HOME_PATH else f"{cdn.url}/c"))
    assert client(home, token=token).read() == DATA[100:200]
    assert tokens(home) == [f"Bearer {token}"] * 2 and tokens(cdn) == [None]
    assert not any(token in str(asked.headers.values()) for asked in cdn.asked)


def test_who_led_away_does_not_get_the_token_by_leading_back(world: World) -> None:
    token = made_up_token()
    home = world.origin(
        lambda asked: found(f"{away.url}/b") if asked.target == HOME_PATH else content(asked)
    )
    away = world.origin(lambda asked: found(f"{home.url}/back"))
    assert client(home, token=token).read() == DATA[100:200]
    assert home.targets == [HOME_PATH, "/back"] and tokens(away) == [None]
    assert tokens(home) == [f"Bearer {token}", None]


def test_a_token_that_is_held_back_is_shown_once_home_asks_for_it(world: World) -> None:
    token = made_up_token()
    home = world.origin(
        lambda asked: content(asked) if "authorization" in asked.headers else Answer(b"", 401)
    )
    one = client(home, token=token, eager=False)
    assert one.read() == one.read() == DATA[100:200]
    assert tokens(home) == [None, f"Bearer {token}", f"Bearer {token}"]


def test_a_token_that_is_refused_is_not_shown_for_ever(world: World) -> None:
    home = world.origin(lambda asked: Answer(b"", 401))
    with pytest.raises(InvalidTokenError):
        client(home, token=made_up_token(), eager=False).read()
    assert len(home.asked) == 2


class Signer:
    """A home that leads to a new signed address each time, a store that knows the latest only."""

    def __init__(self, world: World, *, refusal: int = 403) -> None:
        self.signature = 0
        self.expired = False
        self.together = threading.Barrier(1)
        self._refusal = refusal
        self._lock = threading.Lock()
        self.store = world.origin(self._content)
        self.home = world.origin(self._sign)

    def _sign(self, asked: Asked) -> Answer:
        with self._lock:
            self.signature += 1
            self.expired = False
            return found(f"{self.store.url}/blob?signature={self.signature}")

    def _content(self, asked: Asked) -> Answer:
        if self.expired:
            self.together.wait(BOUND)
            return Answer(b"<Error>expired</Error>", self._refusal)
        if not asked.target.endswith(f"={self.signature}"):
            return Answer(b"<Error>expired</Error>", self._refusal)
        return content(asked)


@pytest.mark.parametrize("refusal", [400, 401, 403, 404, 410])
def test_an_address_that_has_expired_is_renewed(world: World, refusal: int) -> None:
    signer = Signer(world, refusal=refusal)
    one = client(signer.home)
    for _ in range(8):
        assert one.read() == DATA[100:200]
        one.source.fruitful()
        signer.expired = True
    assert signer.signature == 8


def test_many_connections_renew_an_address_once(world: World) -> None:
    signer = Signer(world)
    one = client(signer.home)
    one.read()
    signer.expired, signer.together = True, threading.Barrier(8)
    ends: list[str] = []

    def read() -> None:
        while True:
            try:
                ends.append("read" if one.read() == DATA[100:200] else "wrong")
                return
            except Superseded:
                until(lambda: one.source.resolved)  # as the schedule does

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert ends == ["read"] * 8 and signer.signature == 2


def test_renewing_without_a_byte_in_between_ends(world: World) -> None:
    store = world.origin(lambda asked: Answer(b"<Error/>", 403))
    home = world.origin(lambda asked: found(f"{store.url}/blob?signature=secret"))
    one = client(home)
    for _ in range(2):
        with pytest.raises(Transient, match="403"):
            one.read()
    with pytest.raises(NetworkError) as caught:
        one.read()
    message = caught.value.message
    assert host_of(store.url) in message and host_of(home.url) in message and "403" in message
    assert "secret" not in f"{message}{caught.value.url}" and caught.value.path == FILE.path
    assert len(home.asked) == len(store.asked) == 4


def test_a_file_that_the_endpoint_does_not_have_is_named(world: World) -> None:
    home = world.origin(lambda asked: Answer(b"", 404, {"X-Error-Code": "EntryNotFound"}))
    with pytest.raises(EntryNotFoundError) as caught:
        client(home).read()
    assert caught.value.path == FILE.path and len(home.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_status_that_passes_is_left_to_whoever_schedules(world: World, status: int) -> None:
    cdn = world.origin(
        lambda asked: content(asked) if len(cdn.asked) > 1 else Answer(b"wait", status)
    )
    home = world.origin(lambda asked: found(f"{cdn.url}/blob"))
    one = client(home)
    with pytest.raises(Transient) as caught:
        one.read()
    assert caught.value.host == one.source.origin == host_of(cdn.url)
    assert caught.value.overloaded == (status in (429, 503)) and not caught.value.lie
    assert not one.source.resolved
    assert one.read() == DATA[100:200] and len(home.asked) == 1, "goes on where it was"


def test_an_unreachable_host_to_which_the_endpoint_leads_is_named(world: World) -> None:
    cdn = world.origin(lambda asked: reset)
    home = world.origin(lambda asked: found(f"{cdn.url}/blob"))
    with pytest.raises(Transient) as caught:
        client(home).read()
    assert caught.value.whole_host and caught.value.host == host_of(cdn.url)
    assert f"{host_of(home.url)} redirects to this host" in caught.value.reason
    alone = world.origin(lambda asked: reset)
    with pytest.raises(Transient) as caught:
        client(alone).read()
    assert "leads to" not in caught.value.reason


def test_a_host_that_is_paused_is_not_asked_by_way_of_a_redirect(world: World) -> None:
    cdn = world.origin()
    home = world.origin(lambda asked: found(f"{cdn.url}/blob"))
    one = client(home)
    one.hosts.failed(Transient("HTTP 429", url=cdn.url, wait=100.0, whole_host=True), 0.0)
    with pytest.raises(Superseded):
        one.read()
    assert len(home.asked) == 1 and cdn.asked == []
    assert one.source.origin == host_of(cdn.url), "whose pause the next attempt waits for"


def test_an_address_is_renewed_past_the_caches(world: World) -> None:
    signer = Signer(world)
    one = client(signer.home)
    one.read()
    signer.expired = True
    one.read()
    assert [asked.headers.get("cache-control") for asked in signer.home.asked] == [None, "no-cache"]
    assert not any("cache-control" in asked.headers for asked in signer.store.asked)


def test_hops_count_for_a_request_not_for_the_life_of_a_file(world: World) -> None:
    """A store that passes each request on to its next node."""

    def answer(asked: Asked) -> Answer:
        number = int(asked.target.removeprefix("/"))
        return content(asked) if number in passed else found(f"/{number + 1}")

    store = world.origin(answer)
    passed: set[int] = set()
    home = world.origin(lambda asked: found(f"{store.url}/0"))
    one = client(home)
    for number in range(1, 3 * MAX_REDIRECTS):
        passed.clear()
        passed.add(number)
        assert one.read() == DATA[100:200]
    assert len(home.asked) == 1


def test_where_the_store_is_down_the_hub_is_asked_again(world: World) -> None:
    dead, alive = world.origin(lambda asked: reset), world.origin()
    home = world.origin(
        lambda asked: found(f"{(alive if 'cache-control' in asked.headers else dead).url}/blob")
    )
    one = client(home)
    for _ in range(2):
        with pytest.raises(Transient) as caught:
            one.read()
        one.hosts.answered(host_of(dead.url))
        one.source.failed(caught.value, time.monotonic())
        one.hosts._hosts.clear()  # the pause is over
    assert one.read() == DATA[100:200] and len(home.asked) == 2


def test_a_store_that_stays_down_is_an_end(world: World) -> None:
    dead = world.origin(lambda asked: reset)
    home = world.origin(lambda asked: found(f"{dead.url}/blob"))
    one = client(home)
    with pytest.raises(NetworkError):
        for _ in range(20):
            with suppress(Transient):
                one.read()
                raise AssertionError("a dead host answered")
            failure = Transient("connection reset", url=dead.url, whole_host=True)
            one.source.failed(failure, time.monotonic())
            one.hosts._host(host_of(dead.url)).paused_until = 0.0
    assert len(home.asked) <= 6
