"""One file at two endpoints: whose word counts, and where the rest is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import pytest

from hfget.endpoints import host_of
from hfget.errors import (
    AccessError,
    DataHostError,
    EntryNotFoundError,
    UnreachableError,
    VerificationError,
)
from hfget.http.retry import Transient
from hfget.limits import MAX_BREAKS, MAX_LIES
from hfget.sources.mirror_health import MirrorHealth
from hfget.sources.mirror_state import RequestKind
from hfget.sources.mirrors import Mirrored
from hfget.system import Superseded
from tests.support.loopback import BOUND, Answer, Asked, Loopback, Reply, raw
from tests.support.origins import DATA, FILE, World, client, content
from tests.support.transfers import head
from tests.unit.sources.test_byte_source import read

pytestmark = pytest.mark.usefixtures("no_proxies")
GATED = Answer(b"", 403, {"X-Error-Code": "GatedRepo"})
MISSING = Answer(b"", 404, {"X-Error-Code": "EntryNotFound"})
BUSY = Answer(b"", 503)


@dataclass
class Pair:
    """Two endpoints, the first preferred, and the source over both."""

    servers: list[Loopback]
    told: list[str]
    kind: type[Mirrored] = Mirrored

    def __post_init__(self) -> None:
        clients = [client(server) for server in self.servers]
        self.names = [host_of(f"{server.url}/") for server in self.servers]
        stripe = self.kind is Mirrored
        #: Those that have the commit, as far as is known.
        self.joined = list(self.names)
        self.health = MirrorHealth(self.names, self.told.append, lambda: self.joined, stripe=stripe)
        made = zip(self.names, clients, strict=True)
        sources = {name: (lambda one=one: one.source) for name, one in made}
        self.make = partial(self.kind, FILE, sources, self.health, clients[0].hosts, 4)
        self.source = self.make()

    def asked(self) -> list[int]:
        return [len(server.asked) for server in self.servers]


MakePair = Callable[..., Pair]


@pytest.fixture
def pair() -> Iterator[MakePair]:
    with ExitStack() as stack:
        world = World(stack)

        def make(
            *answers: Callable[[Asked], Reply] | Answer, kind: type[Mirrored] = Mirrored
        ) -> Pair:
            functions = [
                (lambda asked, one=one: one) if isinstance(one, Answer) else one for one in answers
            ]
            return Pair([world.origin(each) for each in functions], [], kind)

        yield make


def test_what_the_first_says_about_rights_is_not_asked_of_another(pair: MakePair) -> None:
    two = pair(GATED, content)
    with pytest.raises(AccessError):
        two.source.open(None)
    assert two.asked() == [1, 0]


def test_until_the_first_has_answered_no_other_is_asked(pair: MakePair) -> None:
    """Though it has a request under way already, and the other one none."""
    two = pair(GATED, content)
    two.health.take(two.names[:1], 1, [RequestKind.RESOLVE])
    with pytest.raises(AccessError):
        two.source.open(None)
    assert two.asked() == [1, 0]


def test_another_that_refuses_is_out_and_named(pair: MakePair) -> None:
    two = pair(content, GATED)
    busy = two.source.open(None)
    for _ in range(6):
        assert read(two.source.open((0, 10))) == DATA[:10]
    busy.close()
    assert two.asked()[1] == 1 and two.source.places() == two.names[:1]
    assert len(two.told) == 1 and two.names[1] in two.told[0] and "gated" in two.told[0]


@pytest.mark.parametrize("first", [MISSING, BUSY, raw(b"")])
def test_what_one_does_not_give_comes_from_the_other_at_once(
    pair: MakePair, first: Answer | Callable[[object], None]
) -> None:
    two = pair(lambda asked: first, content)
    stream = two.source.open((5, 10))
    assert stream.place == two.names[1] and read(stream) == DATA[5:10]


def test_what_all_lack_is_missing_as_the_first_says(pair: MakePair) -> None:
    two = pair(MISSING, MISSING)
    with pytest.raises(EntryNotFoundError) as caught:
        two.source.open(None)
    assert two.names[0] in caught.value.message and two.source.places() == []


@pytest.mark.parametrize("has", [True, False])
def test_what_the_first_lacks_waits_for_those_that_may_have_it(pair: MakePair, has: bool) -> None:
    two = pair(MISSING, content)
    two.joined.pop()
    with pytest.raises(Superseded):
        two.source.open(None)
    assert two.source.delay() > 0, "it is asked for again, not without a pause"
    two.joined += [two.names[1]] * has
    two.health.told(two.names[1], 0.1 if has else None)
    if has:
        assert read(two.source.open((0, 10))) == DATA[:10]
    else:
        with pytest.raises(EntryNotFoundError):
            two.source.open(None)


def test_a_wait_that_the_first_asks_for_ends_once_another_has_the_commit(pair: MakePair) -> None:
    two = pair(Answer(status=429, headers={"Retry-After": "40"}), content)
    two.joined.pop()
    began = time.monotonic()
    with pytest.raises(Transient) as caught:
        two.source.open(None)
    assert two.source.failed(caught.value, began) == 0 and caught.value.elsewhere
    assert two.source.delay() > 1, "until then nothing is asked"
    two.joined.append(two.names[1])
    assert two.source.delay() == 0 and read(two.source.open((0, 10))) == DATA[:10]
    two = pair(Answer(status=429, headers={"Retry-After": "40"}), content)
    two.joined.pop()
    two.health.told(two.names[1], None)
    with pytest.raises(Transient) as caught:
        two.source.open(None)
    assert two.source.failed(caught.value, began) > 1 and not caught.value.elsewhere


def test_where_all_fail_it_is_a_failure_that_may_pass(pair: MakePair) -> None:
    two = pair(BUSY, BUSY)
    began = time.monotonic()
    with pytest.raises(Transient) as caught:
        two.source.open(None)
    assert two.source.failed(caught.value, began) > 0 and not caught.value.elsewhere
    assert two.asked() == [1, 1], "each once"


def test_the_rest_of_what_breaks_off_is_asked_for_elsewhere(pair: MakePair) -> None:
    two = pair(lambda asked: raw(head(len(DATA)) + DATA[:100]), content)
    began, stream = time.monotonic(), two.source.open(None)
    assert stream.place == two.names[0]
    failure = Transient("the answer ended too early", url=stream.url)
    failure.place = stream.place
    stream.close()
    assert two.source.failed(failure, began) == 0 and failure.elsewhere
    assert read(two.source.open((100, len(DATA)))) == DATA[100:]
    assert two.asked() == [1, 1]


def test_who_lied_is_not_asked_again(pair: MakePair) -> None:
    two = pair(content, content)
    two.source.lied(two.names[0], [(3, 9)])
    for _ in range(3):
        read(two.source.open((0, 10)))
    assert two.asked() == [0, 3] and "bytes 3-8" in two.told[0]
    two.source.avoid(two.names[1])
    assert read(two.source.open((0, 10))) == DATA[:10], "it is the only one"


def test_who_is_avoided_is_asked_where_there_is_no_other(pair: MakePair) -> None:
    two = pair(content, content)
    two.source.avoid(two.names[0])
    assert two.source.open((0, 10)).place == two.names[1]
    two.source.avoid(*two.names)
    read(two.source.open((0, 10)))


def down(place: str, whole_host: bool = True) -> Transient:
    failure = Transient("refused", url=f"http://{place}/x", whole_host=whole_host)
    failure.place = place
    return failure


def test_who_is_avoided_is_asked_where_the_others_are_given_up(pair: MakePair) -> None:
    two = pair(content, content)
    two.source.avoid(two.names[0])
    gone = UnreachableError("refused")
    two.health.failed(two.names[1], RequestKind.DATA, down(two.names[1]), 0.0, gone)
    assert two.source.open((0, 10)).place == two.names[0]


def test_that_an_endpoint_is_down_does_not_count_against_the_file(pair: MakePair) -> None:
    two = pair(content, content)
    for _ in range(MAX_BREAKS):
        two.source.failed(down(two.names[0]), time.monotonic())
    assert two.source._is_sound(two.names[0])
    for _ in range(MAX_BREAKS):
        two.source.failed(down(two.names[1], whole_host=False), time.monotonic())
    assert not two.source._is_sound(two.names[1])


def test_what_breaks_together_counts_against_the_file_once(pair: MakePair) -> None:
    two = pair(content, content)
    began = time.monotonic()
    for _ in range(2 * MAX_BREAKS):
        two.source.failed(down(two.names[1], whole_host=False), began)
    assert two.source._is_sound(two.names[1])


def test_only_another_that_would_be_asked_brings_relief(pair: MakePair) -> None:
    two = pair(content, content)
    stream = two.source.open((0, 10))
    assert stream.place == two.names[0] and two.source.relief() is not None
    mirror = two.health._mirrors[two.names[1]]
    mirror.rate = 1e6
    found = two.source.relief()
    assert found is not None and found.rates[two.names[1]] == 1e6
    for _ in range(MAX_BREAKS):
        two.source.failed(down(two.names[1], whole_host=False), time.monotonic())
    mirror.rest_until = 0.0
    assert two.source.relief() is None, "it would not be asked for this file"
    two.source._breaks.clear(two.names[1])
    mirror.rest_until = time.monotonic() + BOUND
    assert two.source.relief() is None, "the same one would be asked again"
    stream.close()


def test_one_that_sends_no_parts_is_asked_for_none(pair: MakePair) -> None:
    two = pair(lambda asked: Answer(DATA), content)
    for _ in range(8):
        stream = two.source.open((5, 10))
        assert stream.place == two.names[1] and not stream.whole
        assert read(stream) == DATA[5:10]
    assert two.source.ranged
    stream = two.source.open((5, 10))
    assert two.source.relief() is None, "a range would go back and forth between the others"
    stream.close()


def test_a_doubtful_mirror_comes_before_an_avoided_one(pair: MakePair) -> None:
    two = pair(content, content)
    two.source.avoid(two.names[0], doubtful=two.names[1:])
    assert two.source.open((0, 1)).place == two.names[1]
    two.source.lied(two.names[1], [(0, 1)])
    assert two.source.open((0, 1)).place == two.names[0], "there is no other"


def test_where_each_is_given_up_a_file_ends_at_once(pair: MakePair) -> None:
    """Not once their rests are over: each file would wait for one of them."""
    two = pair(content, content)
    over = [DataHostError(f"{name} leads astray", hint="go on") for name in two.names]
    for name, error in zip(two.names, over, strict=True):
        failure = Transient("refused", url="")
        two.health.failed(name, RequestKind.DATA, failure, time.monotonic(), error)
    assert two.source.delay() == 0 and two.source.width(4) == 1
    with pytest.raises(DataHostError) as caught:
        two.source.open(None)
    assert caught.value.message == "; ".join(error.message for error in over)
    assert caught.value.hint == "go on" and two.asked() == [0, 0]


def test_a_size_that_all_tell_is_that_of_the_file(pair: MakePair) -> None:
    longer = Answer(DATA + b"more")
    two = pair(longer, longer)
    with pytest.raises(VerificationError) as caught:
        two.source.open(None)
    assert "the listing is wrong" in caught.value.message
    assert all(name in caught.value.message for name in two.names)


def test_of_a_size_that_one_tells_the_other_is_asked(pair: MakePair) -> None:
    two = pair(Answer(DATA + b"more"), content)
    assert read(two.source.open(None)) == DATA


def test_who_answers_wrongly_for_one_file_after_the_other_is_out(pair: MakePair) -> None:
    two = pair(content, content)
    for _ in range(MAX_LIES):
        failure = Transient("a web page", url="", lie=True)
        failure.place = two.names[0]
        another = two.make()
        another.failed(failure, time.monotonic())
    assert two.source.places() == two.names[1:] and "a web page" in two.told[-1]
