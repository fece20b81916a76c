"""One rate for all: what is taken, given back, read anew from a file."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.errors import UsageError
from hfget.sources.rate_limit import RateLimit, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("0", 0),
        ("1000", 1000),
        ("64k", 64_000),
        ("64K", 64_000),
        ("64kB/s", 64_000),
        (" 20M ", 20_000_000),
        ("20MB", 20_000_000),
        ("20 MB/s", 20_000_000),
        ("1.5G", 1_500_000_000),
        ("20Mi", 20 << 20),
        ("20MiB/s", 20 << 20),
        ("2T", 2_000_000_000_000),
    ],
)
def test_rates(text: str, rate: float) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "fast", "-1", "1e9", "1,5M", "20X", "M", "@", "nan", "9" * 99]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a rate"):
        parse_rate(text)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pass_through(limit: RateLimit, clock: Clock, seconds: float, wanted: int = 1 << 20) -> int:
    """How many bytes come through in so many seconds to a reader that always wants more."""
    end, came = clock.now + seconds, 0
    while clock.now < end:
        granted, wait = limit.take(wanted)
        came += granted
        clock.now += wait
    return came


@given(
    rate=st.integers(64_000, 200_000_000),
    wanted=st.integers(1 << 15, 1 << 20),
    short=st.floats(0, 0.5),
)
@settings(max_examples=30, deadline=None)
def test_over_ten_seconds_the_rate_is_kept(rate: int, wanted: int, short: float) -> None:
    clock = Clock()
    limit = RateLimit(str(rate), threading.Event(), clock=clock)
    end, came = clock.now + 10, 0
    while clock.now < end:
        granted, wait = limit.take(wanted)
        missing = int(granted * short)
        limit.give_back(missing)
        came += granted - missing
        clock.now += wait
    assert came == pytest.approx(rate * 10, rel=0.05)


def test_a_pause_of_the_link_is_not_made_up_for(limit_seconds: float = 60) -> None:
    clock = Clock()
    limit = RateLimit("1M", threading.Event(), clock=clock)
    pass_through(limit, clock, 1)
    clock.now += limit_seconds
    assert pass_through(limit, clock, 1) < 1_200_000


def test_zero_lets_nothing_pass() -> None:
    clock = Clock()
    limit = RateLimit("0", threading.Event(), clock=clock)
    assert pass_through(limit, clock, 5) == 0


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    clock, warnings, file = Clock(), [], tmp_path / "rate"  # type: ignore[var-annotated]
    file.write_text("1M\n")
    limit = RateLimit(f"@{file}", threading.Event(), warnings.append, clock)
    assert limit.rate == 1e6
    for text, rate in (("0", 0), ("2.5M", 2.5e6), ("", 2.5e6), ("what", 2.5e6), ("64k", 64e3)):
        file.write_text(text)
        clock.now += 1
        assert limit.rate == rate, text
    assert len(warnings) == 1 and "not a rate" in warnings[0]
    file.unlink()
    clock.now += 1
    assert limit.rate == 64e3 and len(warnings) == 2


def test_a_file_that_is_not_there_or_holds_no_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the rate"):
        RateLimit(f"@{tmp_path / 'none'}", threading.Event())
    (tmp_path / "rate").write_text("quick")
    with pytest.raises(UsageError, match="not a rate"):
        RateLimit(f"@{tmp_path / 'rate'}", threading.Event())


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rate")
    with pytest.raises(UsageError):
        RateLimit(f"@{tmp_path / 'rate'}", threading.Event())
