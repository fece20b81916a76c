"""A sample comes within a bounded time, or not at all."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest

from hfget.http.retry import Transient
from hfget.system.cancellation import Stopped
from hfget.transfer import samples
from hfget.transfer.samples import read_sample


class Drip:
    """Brings a byte, or nothing, each time it is read."""

    url = "http://drip/x"

    def __init__(self, *counts: int | None) -> None:
        self._counts = list(counts)

    def readinto(self, buffer: memoryview, /) -> int | None:
        given = self._counts.pop(0) if self._counts else 1
        if given:
            buffer[0] = 65
        return given


def read(stream: Drip, length: int = 4) -> bytes:
    return read_sample(stream, length, lambda: None)  # type: ignore[arg-type]


def test_a_sample_is_read_to_its_end() -> None:
    assert read(Drip(1, None, 1)) == b"AAAA"


def test_a_host_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(step=20)
    monkeypatch.setattr(samples, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    with pytest.raises(Transient):
        read(Drip())


def test_an_answer_that_ends_early_is_a_failure() -> None:
    with pytest.raises(Transient):
        read(Drip(1, 0))


def test_a_job_that_is_given_up_reads_no_more() -> None:
    def check() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        read_sample(Drip(), 4, check)  # type: ignore[arg-type]
