"""Who sent wrong bytes: found from what is on disk and what others send, and blamed on no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hfget.http.retry import Transient
from hfget.model import Span
from hfget.partials.journal import Block, Identity
from hfget.partials.partial import Partial
from hfget.partials.partial_names import stem_for
from hfget.transfer.suspects import Suspects
from tests.support.loopback import lfs_file
from tests.support.transfers import MIB, noise

SIZE = 6 * MIB
DATA = noise(SIZE)
WRONG = noise(SIZE, "wrong")
FILE = lfs_file("w.bin", DATA)


@dataclass
class Sent:
    """A stream that is there at once."""

    place: str
    data: bytes
    whole: bool = False

    def readinto(self, buffer: memoryview) -> int:
        count = min(len(buffer), len(self.data))
        buffer[:count], self.data = self.data[:count], self.data[count:]
        return count

    def close(self) -> None:
        pass


@dataclass
class Town:
    """Several places, by what each sends."""

    sends: dict[str, bytes]
    avoided: tuple[str, ...] = ()
    asked: int = 0
    liars: dict[str, list[Span]] = field(default_factory=dict)

    def places(self) -> list[str]:
        return [place for place in self.sends if place not in self.liars]

    def avoid(self, *places: str, doubtful: Iterable[str] = ()) -> None:
        self.avoided = places
        both = set(places).union(doubtful)
        if set(self.places()) - both:
            self.avoided = tuple(both)

    def next_place(self) -> str:
        open_ones = [place for place in self.places() if place not in self.avoided]
        return (open_ones or self.places())[0]

    def open(self, span: Span) -> Sent:
        self.asked += span[1] - span[0]
        place = self.next_place()
        if not self.sends[place]:
            raise Transient("down", url="")
        return Sent(place, self.sends[place][span[0] : span[1]])

    def lied(self, place: str, spans: Sequence[Span]) -> None:
        self.liars[place] = list(spans)


@dataclass
class Case:
    """A partial that places brought in turns, MiB by MiB, and who looks for the liar."""

    folder: Path
    town: Town
    fetched: int = 0

    def __post_init__(self) -> None:
        self.partial = Partial.open(
            stem_for(self.folder, "w.bin", FILE.etag), Identity.of(FILE, "")
        )
        names = list(self.town.sends)
        for number in range(SIZE // MIB):
            self._write(names[number % len(names)], number * MIB, (number + 1) * MIB)
        source: Any = self.town
        self.suspects = Suspects(FILE, source)

    def _write(self, place: str, start: int, end: int) -> None:
        data = bytearray(self.town.sends[place][start:end])
        self.partial.write(memoryview(data), start, place)

    def search(self) -> bool:
        """Fetch again what is doubted until all is right; false if it ends before."""
        for _ in range(20):
            if self.partial.data_path.read_bytes() == DATA:
                self.suspects.convict(self.partial)
                return True
            keep = self.suspects.keep(self.partial, lambda: None)
            if keep is None:
                return False
            self._fetch(keep)
        raise AssertionError("it does not end")

    def _fetch(self, keep: tuple[Block, ...]) -> None:
        self.partial = self.partial.reopened(keep)
        kept = {block.offset for block in keep}
        for start in range(0, SIZE, MIB):
            if start not in kept:
                self._write(self.town.next_place(), start, start + MIB)
                self.fetched += MIB


def with_wrong(*spans: Span) -> bytes:
    data = bytearray(DATA)
    for start, end in spans:
        data[start:end] = WRONG[start:end]
    return bytes(data)


@pytest.mark.parametrize("liar", ["a", "b", "c"])
def test_of_three_the_one_that_two_contradict_and_no_more_than_its_range(
    tmp_path: Path, liar: str
) -> None:
    start = "abc".index(liar) * MIB
    town = Town(dict.fromkeys("abc", DATA))
    town.sends[liar] = with_wrong((start, start + MIB))
    case = Case(tmp_path, town)
    assert case.search() and town.liars == {liar: [(start, start + MIB)]}
    assert case.fetched == MIB and town.asked < 100_000


@pytest.mark.parametrize("liar", ["a", "b"])
def test_of_two_the_hash_decides(tmp_path: Path, liar: str) -> None:
    town = Town(dict.fromkeys("ab", DATA))
    town.sends[liar] = WRONG
    case = Case(tmp_path, town)
    assert case.search() and list(town.liars) == [liar]


@pytest.mark.parametrize("liar", ["a", "b", "c"])
def test_a_bit_that_no_sample_meets_costs_what_its_sender_brought(
    tmp_path: Path, liar: str
) -> None:
    at = "abc".index(liar) * MIB + 3
    town = Town(dict.fromkeys("abc", DATA))
    town.sends[liar] = with_wrong((at, at + 1))
    case = Case(tmp_path, town)
    assert case.search() and list(town.liars) == [liar]
    assert case.fetched <= 3 * SIZE // 3


def test_one_that_two_contradict_does_not_cast_doubt_on_another(tmp_path: Path) -> None:
    """It sends other bytes for the share of `a` now, and had sent a wrong bit of its own."""
    town = Town(dict.fromkeys("abc", DATA))
    town.sends["b"] = with_wrong((0, MIB), (MIB + 3, MIB + 4))
    case = Case(tmp_path, town)
    case.suspects.keep(case.partial, lambda: None)
    assert "a" not in town.avoided and "b" in town.avoided


def test_it_ends_where_only_the_one_that_is_doubted_answers(tmp_path: Path) -> None:
    """The same comes again from the same place: that is neither doubted again nor a proof."""
    town = Town({"a": with_wrong((3, 4)), "b": DATA})
    case = Case(tmp_path, town)
    town.next_place = lambda: "a"  # type: ignore[method-assign]
    assert not case.search() and not town.liars and case.fetched <= 2 * SIZE


@pytest.mark.parametrize("names", ["ab", "abc"])
def test_where_all_agree_no_one_is_blamed(tmp_path: Path, names: str) -> None:
    town = Town({name: with_wrong((5 * MIB, 5 * MIB + 10)) for name in names})
    case = Case(tmp_path, town)
    assert not case.search() and not town.liars
    assert all(name in case.suspects.agree for name in names) and case.fetched == SIZE


def test_of_a_file_that_one_had_sent_both_are_named_that_agree(tmp_path: Path) -> None:
    town = Town({"a": WRONG})
    case = Case(tmp_path, town)
    town.sends["b"] = WRONG
    assert not case.search() and case.suspects.agree == "a and b"


def test_who_leads_to_the_same_host_is_no_witness(tmp_path: Path) -> None:
    town = Town({"a cdn": WRONG, "b cdn": WRONG})
    case = Case(tmp_path, town)
    town.sends = {"a": WRONG, "b": WRONG}
    for _ in range(4):
        keep = case.suspects.keep(case.partial, lambda: None)
        if keep is None:
            break
        case.partial = case.partial.reopened(keep)
        kept = {block.offset for block in keep}
        for start in set(range(0, SIZE, MIB)) - kept:
            data = bytearray(WRONG[start : start + MIB])
            case.partial.write(memoryview(data), start, f"{town.next_place()} cdn")
    assert case.suspects.agree == ""


def test_with_one_place_there_is_nothing_to_find_out(tmp_path: Path) -> None:
    case = Case(tmp_path, Town({"a": WRONG}))
    assert not case.search() and case.suspects.agree == "" and case.fetched == 0


def test_a_place_of_an_earlier_run_is_doubted_first_and_named(tmp_path: Path) -> None:
    town = Town({"former": WRONG, "now": DATA})
    case = Case(tmp_path, town)
    del town.sends["former"]
    assert case.search() and list(town.liars) == ["former"] and case.fetched == SIZE // 2


def test_others_that_cannot_be_asked_are_no_proof(tmp_path: Path) -> None:
    town = Town({"a": DATA, "b": DATA})
    case = Case(tmp_path, town)
    town.sends["b"] = b""
    case.suspects.keep(case.partial, lambda: None)
    assert not town.liars and case.suspects.agree == ""
