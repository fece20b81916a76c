"""Who may fetch what of a file, how its failures are counted, how fast it comes."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from hfget.transfer.file_job import Pace
from tests.support.schedules import Desk, job_of, resolve
from tests.support.transfers import MIB

SIZE = 3 * MIB


def test_requests_that_fail_together_are_one_strike() -> None:
    job = job_of(SIZE)
    begun = time.monotonic()
    assert [job.budget.strike(begun, lie=False) for _ in range(10)] == [1] * 10
    assert [job.budget.strike(time.monotonic(), lie=False) for _ in range(3)] == [2, 3, 4]
    assert job.budget.strike(begun, lie=False) == 4
    assert [job.budget.strike(time.monotonic(), lie=True) for _ in range(2)] == [1, 2]
    assert job.budget.strike(time.monotonic(), lie=False) == 5, "lies are counted apart"
    job.budget.forgive()
    assert job.budget.strike(time.monotonic(), lie=False) == 1
    assert job.budget.strike(time.monotonic(), lie=True) == 1


def test_until_the_url_is_known_one_connection_asks() -> None:
    job = job_of(100 * MIB)
    desk = Desk([job], connections=3)
    assert desk.take() is not None
    first = desk.schedule.lease(job)
    assert first is not None and desk.schedule.lease(job) is None
    resolve(job)
    assert desk.schedule.lease(job) is not None


def test_no_more_are_leased_or_stolen_than_allowed() -> None:
    job = job_of(SIZE)
    assert job.ledger.lease(1000, 3) is not None
    assert job.ledger.lease(1000, 3) is not None and job.ledger.steal(1, 0.0, 3) is not None
    assert job.ledger.lease(1000, 3) is None and job.ledger.steal(1, 0.0, 3) is None, (
        "no more than three"
    )


def test_without_ranges_one_stream_takes_the_whole_once_the_others_have_ended() -> None:
    job = job_of(SIZE)
    resolve(job)
    leases = [job.ledger.lease(1000, 8) for _ in range(2)]
    assert leases[0] is not None and leases[1] is not None
    assert not job.ledger.widen(leases[0])
    job.ledger.release(leases[0])
    assert job.ledger.lease(1000, 8, whole=True) is None
    assert job.ledger.widen(leases[1])
    assert (leases[1].start, leases[1].end) == (0, SIZE)
    job.ledger.release(leases[1])
    whole = job.ledger.lease(1000, 8, whole=True)
    assert whole is not None and (whole.start, whole.end) == (0, SIZE)


def test_pace_is_smoothed() -> None:
    pace = Pace()
    assert pace.bytes_while_waiting == 0
    pace.learn(0.1, 10 * MIB, 1.0)
    assert pace == Pace(0.1, 10 * MIB) and pace.bytes_while_waiting == pytest.approx(MIB)
    steady = replace(pace)
    for _ in range(40):
        pace.learn(0.3, 20 * MIB, 1.0)
    assert pace.first_byte == pytest.approx(0.3, rel=0.01) and pace.rate > 1.9 * steady.rate
    pace.learn(0.0, 0, 0.0)  # an answer so small that the clock did not move
    assert pace.rate > 0
