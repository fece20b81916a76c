"""One file at two endpoints that are not equals: the second is for when the first cannot be had."""

from __future__ import annotations

import time

import pytest

from hfget.limits import MAX_BREAKS
from hfget.sources.in_order import MirroredInOrder
from tests.support.loopback import Answer
from tests.support.origins import DATA, content
from tests.unit.sources.test_byte_source import read
from tests.unit.sources.test_mirrors import BUSY, MISSING, MakePair, pair

__all__ = ["pair"]
pytestmark = pytest.mark.usefixtures("no_proxies")


def test_the_second_is_not_asked_though_the_first_has_no_connection_to_spare(
    pair: MakePair,
) -> None:
    two = pair(content, content, kind=MirroredInOrder)
    streams = [two.source.open((at, at + 10)) for at in range(9)]
    assert two.asked() == [9, 0] and two.source.width(4) == 9
    for at, stream in enumerate(streams):
        assert read(stream) == DATA[at : at + 10]
    assert two.source.width(4) == 4 and two.source.fewest() == 0


@pytest.mark.parametrize("first", [BUSY, MISSING])
def test_the_second_is_asked_where_the_first_does_not_give_it(
    pair: MakePair, first: Answer
) -> None:
    two = pair(first, content, kind=MirroredInOrder)
    assert read(two.source.open((5, 10))) == DATA[5:10] and two.asked() == [1, 1]


def test_one_that_fails_at_this_file_again_and_again_is_asked_last(pair: MakePair) -> None:
    two = pair(BUSY, content, kind=MirroredInOrder)
    for tries in (*range(1, MAX_BREAKS + 1), MAX_BREAKS, MAX_BREAKS):
        two.health._mirrors[two.names[0]].rest_until = 0.0  # other files come from it
        assert read(two.source.open((0, 10))) == DATA[:10]
        assert two.asked()[0] == tries


def test_one_without_parts_sends_the_whole_file(pair: MakePair) -> None:
    two = pair(lambda asked: Answer(DATA), content, kind=MirroredInOrder)
    stream = two.source.open((0, 10))
    assert stream.whole and read(stream) == DATA
    assert two.asked() == [1, 0]


def test_one_that_is_slow_is_not_left_out(pair: MakePair) -> None:
    two = pair(content, content, kind=MirroredInOrder)
    for name, rate in zip(two.names, (1e3, 1e9), strict=True):
        mirror = two.health._mirrors[name]
        mirror.rate, mirror.measured, mirror.asked_at = rate, 60.0, time.monotonic()
    assert not two.health.is_laggard(two.names[0])
    assert two.source.open((0, 10)).place == two.names[0]
