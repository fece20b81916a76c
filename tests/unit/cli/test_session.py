"""A signal ends a command wherever it strikes, also in code that takes everything for its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import typer

from hfget.cli.command_options import seconds
from hfget.cli.session import session
from tests.support.loopback import BOUND


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """A command that was stopped leaves its handlers in place, for the rest of its process."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _swallow_everything() -> None:
    """As libraries do around constructors, parsers and callbacks."""
    deadline = time.monotonic() + BOUND
    while time.monotonic() < deadline:
        with suppress(Exception):
            time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal(number: int, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught, session():
        os.kill(os.getpid(), number)
        _swallow_everything()
    assert caught.value.exit_code == 128 + number
    assert "interrupted: not finished" in capfd.readouterr().err


def test_the_end_of_the_time(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught, session(max_time=0.05):
        _swallow_everything()
    assert caught.value.exit_code == 124
    assert "--max-time" in capfd.readouterr().err


def test_while_the_run_heeds_it_a_signal_only_asks(capfd: pytest.CaptureFixture[str]) -> None:
    with session() as (_, stop):
        stop.heeded = True
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(BOUND) and stop.signal_number == signal.SIGINT
    assert "Traceback" not in capfd.readouterr().err


def test_a_further_signal_after_the_session_still_finds_its_handler() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with session() as (_, stop):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
    with session() as (_, stop):
        stop.set()
    assert signal.getsignal(signal.SIGTERM) is not before


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *[("90", 90), ("20m", 1200), ("1h30m", 5400), ("1.5h", 5400), ("45s", 45), ("0.05", 0.05)],
        *[(" 1H 30M ", 5400), ("2m30", 150), ("1d", 86_400), (4.0, 4)],
    ],
)
def test_a_time_is_read_as_people_write_it(text: str | float, meant: float) -> None:
    assert seconds(text) == meant


@pytest.mark.parametrize(
    "text", ["", "0", "0m", "-1", "h", "1m1h", "5w", "1e3", "inf", "nan", "1 2", "9" * 12]
)
def test_what_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="1h30m"):
        seconds(text)
