"""What every source of bytes does, whichever it is: the contract of `ByteSource`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from hfget.endpoints import host_of
from hfget.errors import EntryNotFoundError
from hfget.external import carrier_of, find_program
from hfget.http.retry import Transient
from hfget.sources.byte_source import ByteSource, ByteStream, NoRangesError, sender_of
from hfget.sources.host_health import UNUSABLE_PARTS
from hfget.sources.http_source import HttpSource
from hfget.sources.in_order import MirroredInOrder
from hfget.sources.mirror_health import MirrorHealth
from hfget.sources.mirrors import Mirrored
from hfget.sources.rate_limit import RateLimit, RateLimited
from hfget.system.cancellation import Stopped, Superseded
from tests.support.loopback import BOUND, Answer, Asked, Loopback, raw
from tests.support.needs import needs
from tests.support.origins import DATA, FILE, World, client, content
from tests.support.transfers import head, in_thread, until

pytestmark = pytest.mark.usefixtures("no_proxies")


def plain(home: Loopback) -> ByteSource:
    return client(home).source


def limited(home: Loopback) -> ByteSource:
    return RateLimited(client(home).source, RateLimit("1G", threading.Event()))


def mirrored(home: Loopback, kind: type[Mirrored] = Mirrored) -> ByteSource:
    one, place = client(home), host_of(f"{home.url}/")
    return kind(FILE, {place: lambda: one.source}, MirrorHealth([place]), one.hosts, 4)


def in_order(home: Loopback) -> ByteSource:
    return mirrored(home, MirroredInOrder)


#: Every kind of source, and how one comes to be.
SOURCES: dict[type, Callable[[Loopback], ByteSource]] = {
    HttpSource: plain,
    RateLimited: limited,
    Mirrored: mirrored,
    MirroredInOrder: in_order,
}


def carried(tool: str) -> Callable[[Loopback], ByteSource]:
    def source(home: Loopback) -> ByteSource:
        return client(home, carrier=carrier_of(tool, find_program(tool))).source

    return source


#: And what sends the requests of the first, where it is not this process.
CARRIERS = [pytest.param(carried(tool), id=tool, marks=needs(tool)) for tool in ("curl", "wget")]


@pytest.fixture(params=[*SOURCES.values(), *CARRIERS])
def source_at(request: pytest.FixtureRequest) -> Callable[[Loopback], ByteSource]:
    make: Callable[[Loopback], ByteSource] = request.param
    return make


def is_carried(source: ByteSource) -> bool:
    return getattr(source, "_carrier", None) is not None


def read(stream: ByteStream, most: int = 1 << 16) -> bytes:
    """All that the stream brings."""
    buffer, whole = memoryview(bytearray(most)), b""
    while count := stream.readinto(buffer):
        whole += buffer[:count]
    stream.close()
    return whole


@pytest.mark.parametrize("buffer", [1, 7, 1 << 16])
@pytest.mark.parametrize("span", [None, (0, 10), (100, 200), (len(DATA) - 1, len(DATA))])
def test_a_stream_brings_the_span_that_it_names(
    world: World,
    source_at: Callable[[Loopback], ByteSource],
    span: tuple[int, int] | None,
    buffer: int,
) -> None:
    stream = source_at(world.origin()).open(span)
    start, end = span or (0, len(DATA))
    assert (stream.start, stream.end, stream.whole) == (start, end, span is None)
    assert stream.exact and stream.held >= 0
    assert read(stream, buffer) == DATA[start:end]


def test_asking_resolves_and_names_the_origin(
    world: World, source_at: Callable[[Loopback], ByteSource]
) -> None:
    home = world.origin()
    source = source_at(home)
    assert not source.resolved and source.delay() == 0 and source.width(4) == 1
    stream = source.open((0, 10))
    assert source.resolved and stream.origin == source.origin == f"127.0.0.1:{home.port}"
    assert list(source.places()) == [stream.place] and stream.place == stream.origin
    assert sender_of(stream) == stream.place and not stream.is_laggard
    assert source.width(4) == 4
    assert "?" not in stream.url
    read(stream)
    second = source.open((10, 20))
    assert second.start == 10 and home.connections == (2 if is_carried(source) else 1)
    second.close()


def test_the_whole_for_a_part_is_said_to_be_the_whole(
    world: World, source_at: Callable[[Loopback], ByteSource]
) -> None:
    source = source_at(world.origin(lambda asked: Answer(DATA)))
    try:
        stream = source.open((5, 10))
    except NoRangesError:
        assert is_carried(source), "wget has dropped the beginning"
        return
    assert stream.whole and (stream.start, stream.end) == (0, len(DATA))
    stream.close()


def test_a_part_that_is_none_is_no_stream(
    world: World, source_at: Callable[[Loopback], ByteSource]
) -> None:
    source = source_at(world.origin(lambda asked: replace(content(asked), headers={})))
    for tried in range(UNUSABLE_PARTS):
        assert source.ranged, f"{tried} are no verdict"
        with pytest.raises(NoRangesError) as caught:
            source.open((5, 10))
        assert caught.value.lie and caught.value.origin.startswith("127.0.0.1")
    assert not source.ranged
    assert read(source.open(None)) == DATA


def test_one_part_that_is_right_makes_good_what_was_not(
    world: World, source_at: Callable[[Loopback], ByteSource]
) -> None:
    def answer(asked: Asked) -> Answer:
        right = len(home.asked) % UNUSABLE_PARTS == 0
        return content(asked) if right else replace(content(asked), headers={})

    home = world.origin(answer)
    source = source_at(home)
    for _ in range(3):
        for _ in range(UNUSABLE_PARTS - 1):
            with pytest.raises(NoRangesError):
                source.open((5, 10))
        assert source.ranged and read(source.open((5, 10))) == DATA[5:10]


@pytest.mark.parametrize("label", ["gzip", "aws-chunked", "utf-8", "br", "gzip, aws-chunked"])
def test_a_part_of_the_right_length_is_one_whatever_its_label_says(
    world: World, source_at: Callable[[Loopback], ByteSource], label: str
) -> None:
    def labelled(asked: Asked) -> Answer:
        answer = content(asked)
        kind = {"Content-Encoding": label, "Content-Type": "text/html"}
        return replace(answer, headers={**answer.headers, **kind})

    assert read(source_at(world.origin(labelled)).open((5, 10))) == DATA[5:10]


def test_a_refusal_is_final_and_a_failure_may_pass(
    world: World, source_at: Callable[[Loopback], ByteSource]
) -> None:
    refusing = world.origin(lambda asked: Answer(b"", 404, {"X-Error-Code": "EntryNotFound"}))
    with pytest.raises(EntryNotFoundError):
        source_at(refusing).open(None)
    source = source_at(world.origin(lambda asked: Answer(b"", 503, {"Retry-After": "7"})))
    began = time.monotonic()
    with pytest.raises(Transient) as caught:
        source.open(None)
    assert source.failed(caught.value, began) >= 7 and 6 < source.delay() < 10
    with pytest.raises(Superseded):
        source.open(None)


def test_a_break_is_a_failure_that_may_pass(
    world: World, source_at: Callable[[Loopback], ByteSource]
) -> None:
    stream = source_at(world.origin(lambda asked: raw(head(len(DATA)) + DATA[:100]))).open(None)
    buffer = memoryview(bytearray(1000))
    with pytest.raises(Transient):
        for _ in range(101):
            if stream.readinto(buffer) == 0:
                raise Transient("the end", url=stream.url)
    stream.close()


def test_an_interrupt_ends_a_read_that_waits(
    world: World, source_at: Callable[[Loopback], ByteSource]
) -> None:
    go_on = threading.Event()

    def silent(asked: Asked) -> Callable[[object], None]:
        def send(conn: object) -> None:
            conn.sendall(head(len(DATA)) + DATA[:10])  # type: ignore[attr-defined]
            go_on.wait(BOUND)

        return send

    stream = source_at(world.origin(silent)).open(None)
    came = bytearray(100)

    def all_of_it() -> None:
        while stream.readinto(memoryview(came)):
            reading.set()

    reading = threading.Event()
    ended = in_thread(all_of_it)
    assert reading.wait(BOUND)
    stream.interrupt()
    assert isinstance(ended(), Transient | None)
    go_on.set()
    stream.close()


def test_a_stop_ends_a_read_that_waits_for_its_turn(world: World) -> None:
    stop = threading.Event()
    limit = RateLimit("0", stop)
    stream = RateLimited(client(world.origin()).source, limit).open(None)
    ended = in_thread(lambda: stream.readinto(memoryview(bytearray(10))))
    until(lambda: stream.held > 0)
    stop.set()
    assert isinstance(ended(), Stopped)
    stream.close()


def test_an_interrupt_ends_a_wait_for_the_turn(world: World) -> None:
    source = RateLimited(client(world.origin()).source, RateLimit("0", threading.Event()))
    assert source.delay() > 0, "no request is sent while everything is to wait"
    stream = source.open(None)
    ended = in_thread(lambda: stream.readinto(memoryview(bytearray(10))))
    until(lambda: stream.held > 0)
    stream.interrupt()
    assert ended() is None
    stream.close()
