"""One file by the real aria2c: what is handed to it, what is believed of what it brings."""

from __future__ import annotations

import shutil
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hfget import events
from hfget.destinations import aria2c_pieces
from hfget.errors import HfgetError, VerificationError
from hfget.external.aria2c_backend import Aria2c
from hfget.external.aria2c_file import Aria2cFile, Tools
from hfget.http.retry import Transient
from hfget.model import RemoteFile, Span
from hfget.partials import aria2c_name, stem_for
from hfget.sources import Address
from hfget.system import Stop, Stopped
from hfget.transfer import Backend, Meter, TransferOptions
from tests.support.loopback import Answer, Asked, Loopback, Reply, lfs_file
from tests.support.needs import needs
from tests.support.schedules import GivenTask, Somewhere
from tests.support.transfers import FileServer, always, noise

pytestmark = [needs("aria2c"), pytest.mark.usefixtures("short_waits")]

DATA = noise(3 << 20)
FILE = lfs_file("d/w.bin", DATA)


@dataclass
class Place:
    """A source that says where the bytes are, and takes note of failures."""

    url: str
    authorized: bool = False
    origin: str = "hub.test"
    failures: list[str] = field(default_factory=list)

    def address(self) -> Address:
        return Address(self.url, self.authorized)

    def delay(self) -> float:
        return 0.0

    def failed(self, failure: Transient, began: float) -> float:
        self.failures.append(failure.reason)
        return 0.0

    def fruitful(self) -> None: ...


@dataclass
class Trip:
    """A file, aria2c, and where it goes."""

    folder: Path
    place: Place
    told: list[events.Event] = field(default_factory=list)
    published: list[bytes] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)

    def __post_init__(self) -> None:
        self.stem = stem_for(self.folder / "download", FILE.path, FILE.etag)
        self.task = GivenTask(FILE, self.stem, Somewhere(), self.publish)

    @property
    def tools(self) -> Tools:
        program = str(shutil.which("aria2c"))
        return Tools(program, self, (5, 5))

    @property
    def limit(self) -> None:
        return None

    def plain(self, file: RemoteFile) -> Place:
        return self.place

    def publish(self, path: Path) -> None:
        self.published.append(path.read_bytes())
        path.unlink()

    def file(self, retries: int = 2) -> Aria2cFile:
        options = TransferOptions(4, 1, retries)
        return Aria2cFile(self.task, self.tools, options, self.stop, self.told.append, 0)

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in self.stem.parent.iterdir())


@pytest.fixture
def trip(tmp_path: Path) -> Iterator[Callable[..., Trip]]:
    servers: list[Loopback] = []

    def at(*script: Callable[[Asked], Reply], data: bytes = DATA) -> Trip:
        server = FileServer(data, *script)
        servers.append(server.__enter__())
        return Trip(tmp_path, Place(f"{server.url}/f?sig=1"))

    yield at
    for server in servers:
        server.__exit__(None, None, None)


def test_what_is_right_is_published_and_nothing_is_left(trip: Callable[..., Trip]) -> None:
    one = trip()
    done = one.file().bring()
    assert done is not None and (done.path, done.size, done.received) == (
        FILE.path,
        3 << 20,
        3 << 20,
    )
    assert one.published == [DATA] and one.left == [] and one.told == []


def test_what_needs_a_token_is_not_handed_on(trip: Callable[..., Trip]) -> None:
    one = trip(always(Answer(b"", 500)))
    one.place.authorized = True
    assert one.file().bring() is None
    assert one.published == [] and one.place.failures == []


def test_wrong_bytes_are_fetched_once_more_and_never_published(trip: Callable[..., Trip]) -> None:
    one = trip(data=DATA[:-1] + b"\0")
    with pytest.raises(VerificationError, match=r"hub\.test"):
        one.file().bring()
    assert one.published == [] and one.left == []
    assert [type(event) for event in one.told] == [events.Note]


@pytest.mark.parametrize("data", [DATA[:-10], DATA + b"more"], ids=["short", "long"])
def test_another_length_is_a_lie(data: bytes, trip: Callable[..., Trip]) -> None:
    one = trip(data=data)
    with pytest.raises(HfgetError):
        one.file(retries=1).bring()
    assert one.published == [] and one.left == []
    assert {type(event) for event in one.told} == {events.Retrying}


def test_a_refusal_is_said_in_words_and_tried_again(trip: Callable[..., Trip]) -> None:
    one = trip(always(Answer(b"", 403)))
    assert one.file().bring() is not None
    assert one.place.failures == ["aria2c: the server refuses (exit code 22)"]


def test_all_that_is_there_without_notes_is_hashed_and_not_fetched(
    trip: Callable[..., Trip],
) -> None:
    for content in (DATA, bytes(len(DATA)), DATA[: 1 << 20]):
        one = trip()
        one.stem.parent.mkdir(parents=True, exist_ok=True)
        aria2c_name(one.stem).write_bytes(content)
        done = one.file().bring()
        assert done is not None and one.published == [DATA]
        assert (done.received == 0) == (content == DATA)


def test_links_in_the_place_of_its_files_are_not_followed(
    trip: Callable[..., Trip], tmp_path: Path
) -> None:
    one = trip()
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    one.stem.parent.mkdir(parents=True)
    place = aria2c_name(one.stem)
    for path in (place, place.with_name(f"{place.name}.aria2")):
        path.symlink_to(mine)
    assert one.file().bring() is not None
    assert mine.read_bytes() == b"mine" and one.published == [DATA]


def test_a_stop_ends_the_program_and_keeps_what_came(trip: Callable[..., Trip]) -> None:
    go_on = threading.Event()

    def slow(asked: Asked) -> Callable[[object], None]:
        def send(conn: object) -> None:
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(DATA)}\r\n\r\n".encode()
            conn.sendall(head + DATA[: 2 << 20])  # type: ignore[attr-defined]
            one.stop.wait(0.2)
            go_on.wait(30)

        return send

    one = trip(*[slow] * 8)
    file = one.file()
    file.shown = lambda row, received: one.stop.set() if row.done else None
    try:
        with pytest.raises(Stopped):
            file.bring()
    finally:
        go_on.set()
    assert one.published == []
    assert one.left == [aria2c_name(one.stem).name, f"{aria2c_name(one.stem).name}.aria2"]


def test_a_watcher_that_raises_ends_the_run(trip: Callable[..., Trip]) -> None:
    one = trip()

    def watch(event: events.Event, /) -> None:
        raise KeyboardInterrupt

    def native(meter: Meter, observer: events.Observer) -> Backend:
        raise AssertionError("not needed")

    meter = Meter(files=1, bytes_total=FILE.size)
    backend = Aria2c(
        one.tools, TransferOptions(4, 1, 2), meter, native, observer=watch, stop=one.stop
    )
    with pytest.raises(KeyboardInterrupt):
        backend.run([one.task])
    assert one.stop.is_set()


def control(piece: int, total: int, bits: bytes, *begun: tuple[int, int, bytes]) -> bytes:
    """A control file as https://aria2.github.io/manual/en/html/technical-notes.html has it."""
    data = struct.pack("!HII", 1, 0, 0) + struct.pack("!IQQI", piece, total, 0, len(bits)) + bits
    data += struct.pack("!I", len(begun))
    for index, length, blocks in begun:
        data += struct.pack("!III", index, length, len(blocks)) + blocks
    return data


@pytest.mark.parametrize(
    ("notes", "there"),
    [
        (control(1 << 20, 3 << 20, b"\x40"), [(1 << 20, 2 << 20)]),
        (
            control(1 << 20, 3 << 20, b"\x80", (2, 1 << 20, b"\xc0" + bytes(7))),
            [(0, 1 << 20), (2 << 20, (2 << 20) + (32 << 10))],
        ),
        (control(1 << 20, 3 << 20, b"\0", (9, 1 << 20, b"\xff" * 8)), []),
        (control(1 << 20, 3 << 20, b"\0", (0, 1 << 31, b"\xff" * 8)), []),
        (control(1 << 20, 3 << 20, b"\0") + b"\0", []),
        (control(1 << 20, 3 << 20, b"\0")[:-4] + b"\xff" * 4, []),
    ],
    ids=["pieces", "blocks", "no such piece", "too long a piece", "more", "cut"],
)
def test_its_notes_tell_pieces_and_blocks(notes: bytes, there: list[Span], tmp_path: Path) -> None:
    path = tmp_path / "w.bin.aria2"
    path.write_bytes(notes)
    assert aria2c_pieces(path, 3 << 20) == tuple(there)
    assert aria2c_pieces(path, 4 << 20) is None
