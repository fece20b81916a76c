"""Who does what next: largest first, small files their share, the tail stolen; waits end."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import Any

import pytest

from hfget.http.retry import Transient
from hfget.transfer import scheduler as schedule_module
from hfget.transfer.concurrency import SINGLE_REQUEST_BYTES
from hfget.transfer.file_job import Phase
from hfget.transfer.scheduler import (
    MAX_PIECE_BYTES,
    MIN_PIECE_BYTES,
    SMALL_BYTES,
    TINY_BYTES,
    Work,
)
from tests.support.loopback import BOUND
from tests.support.schedules import HOST, Desk, job_of, resolve
from tests.support.transfers import MIB, in_thread


def test_the_largest_come_first() -> None:
    sizes = [5 * MIB, 40 * MIB, 2 * MIB, 30 * MIB, 300 * MIB]
    desk = Desk([job_of(size) for size in sizes], connections=1)
    begun = [desk.begin()[0].file.size for _ in sizes]
    assert begun == sorted(sizes, reverse=True)


def test_tiny_ones_come_as_they_are_listed_after_what_is_larger() -> None:
    sizes = [300, 100, TINY_BYTES + 1, 200, TINY_BYTES]
    desk = Desk([job_of(size) for size in sizes])
    begun = [desk.begin()[0].file.size for _ in sizes]
    assert begun == [TINY_BYTES + 1, 300, 100, 200, TINY_BYTES]


def test_small_files_get_their_share_while_a_large_one_comes() -> None:
    desk = Desk([job_of(10**10), *(job_of(1000 + n) for n in range(100))], allowed=16)
    begun = [desk.begin() for _ in range(16)]
    small = [entry for entry in begun if entry[0].file.size <= SMALL_BYTES]
    assert begun[0][0].file.size == 10**10, "the large one is not put off"
    assert len(small) == 4, "one in four connections is kept for what is small"
    for _ in range(50):
        desk.end(*small.pop(0))
        small.append(desk.begin())
    assert all(job.file.size <= SMALL_BYTES for job, _ in small)


def test_alone_small_files_take_all_connections() -> None:
    desk = Desk([job_of(1000 + n) for n in range(100)], allowed=8, files=64)
    assert len({desk.begin()[0] for _ in range(8)}) == 8
    assert desk.take() is None and desk.schedule.busy == 8


@pytest.mark.parametrize(("size", "woken"), [(TINY_BYTES, 0), (SMALL_BYTES, 0), (MIB + 1, 15)])
def test_a_small_file_that_is_begun_wakes_none_of_those_who_could_not_help(
    monkeypatch: pytest.MonkeyPatch, size: int, woken: int
) -> None:
    desk = Desk([job_of(size)])
    work = desk.take()
    assert work is not None
    asked: list[int] = []
    monkeypatch.setattr(desk.schedule._changed, "notify", asked.append)
    desk.schedule.fetching(work.job)
    assert sum(asked) == woken
    assert desk.schedule.lease(work.job) is not None, "it is for the worker that has begun it"


def test_all_is_tiny_as_long_as_nothing_larger_is_in_the_works() -> None:
    desk = Desk([job_of(100), job_of(TINY_BYTES + 1)])
    large = desk.begin()
    assert not desk.schedule.is_tiny
    desk.end(*large)
    desk.begin()
    assert desk.schedule.is_tiny


def test_a_large_file_gets_many_connections_once_its_url_is_known() -> None:
    job = job_of(200 * MIB)
    desk = Desk([job], connections=8)
    work = desk.take()
    assert work is not None and work.lease is None
    desk.schedule.fetching(job)
    first = job.ledger.lease(desk.schedule.piece(job), 8)
    assert first is not None and desk.take() is None
    resolve(job)
    leases = [desk.begin()[1] for _ in range(7)]
    assert desk.take() is None and job.ledger.leases == 8, "as many as one file may have"
    spans = sorted((lease.start, lease.end) for lease in [first, *leases])
    assert all(end == start for (_, end), (start, _) in pairwise(spans))


def test_what_has_nothing_to_hand_out_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is being fetched to its end costs no look at its host, or at its book."""
    desk = Desk([job_of(100 + n) for n in range(20)], allowed=16, files=16)
    begun = [desk.begin()[0] for _ in range(8)]

    def look(*given: object, **more: object) -> None:
        pytest.fail("looked at")

    for job in begun:
        monkeypatch.setattr(job.source, "delay", look)
        monkeypatch.setattr(job.ledger, "lease", look)
    assert desk.begin()[0] not in begun


@pytest.mark.parametrize("files", [1, 3])
def test_no_more_files_than_allowed_are_in_the_works(files: int) -> None:
    desk = Desk([job_of(100_000 + n) for n in range(10)], files=files)
    begun = [desk.begin() for _ in range(files)]
    assert desk.take() is None
    desk.end(*begun[0])
    assert desk.begin()[0].file.size == 100_009 - files


def test_a_file_that_is_being_verified_makes_room_for_the_next() -> None:
    desk = Desk([job_of(2000), job_of(1000)], files=1)
    job, lease = desk.begin()
    job.ledger.record(0, 2000)
    job.ledger.release(lease)
    assert desk.schedule.fetched(job) and not desk.schedule.fetched(job), "true for one only"
    assert desk.begin()[0].file.size == 1000


def test_what_is_being_verified_counts_where_few_files_may_be_open() -> None:
    desk = Desk([job_of(2000), job_of(1500), job_of(1000)], files=2, open_files=2)
    job, lease = desk.begin()
    desk.begin()
    job.ledger.record(0, 2000)
    job.ledger.release(lease)
    assert desk.schedule.fetched(job) and desk.take() is None
    assert desk.schedule.ended(job, Phase.DONE)
    assert desk.begin()[0].file.size == 1000


@pytest.mark.parametrize("allowed", [1, 5])
def test_no_more_are_busy_than_allowed(allowed: int) -> None:
    desk = Desk([job_of(10**9, resolved=True)], allowed=allowed)
    begun = [desk.begin() for _ in range(allowed)]
    assert desk.take() is None and desk.schedule.busy == allowed
    desk.end(*begun[0])
    assert desk.schedule.busy == allowed - 1
    assert desk.take() is not None


def test_when_nothing_is_left_the_slowest_shares_its_rest() -> None:
    job = job_of(40 * MIB)
    desk = Desk([job])
    leases = [desk.begin()[1] for _ in range(10)]
    assert desk.take() is None, "so little is not worth another connection"
    for number, lease in enumerate(leases):
        lease.rate = 1e6 * (10 - number)
    slow, end = leases[-1], leases[-1].end
    _, stolen = desk.begin()
    assert (stolen.start, stolen.end) == (slow.end, end)
    assert stolen.remaining == slow.remaining == 2 * MIB


def test_a_file_without_ranges_comes_in_one_stream_of_which_nothing_is_stolen() -> None:
    job = job_of(100 * MIB, resolved=True)
    desk = Desk([job])
    work = desk.take()
    assert work is not None
    source: Any = job.source
    source.ranged = False
    desk.schedule.fetching(job)
    assert desk.take() is not None and desk.take() is None and job.ledger.leases == 1


@pytest.mark.parametrize(
    ("size", "connections", "pace", "piece"),
    [
        (1, 16, (0.0, 0.0), 1),
        (SINGLE_REQUEST_BYTES, 16, (0.0, 0.0), SINGLE_REQUEST_BYTES),
        (SINGLE_REQUEST_BYTES + 1, 16, (0.0, 0.0), MIN_PIECE_BYTES),
        (2 * 1024 * MIB, 16, (0.0, 0.0), 16 * MIB),
        (10**12, 1, (0.0, 0.0), MAX_PIECE_BYTES),
        (2 * 1024 * MIB, 16, (0.25, 8 * MIB), 40 * MIB),  # a far server
        (2 * 1024 * MIB, 16, (9.0, 1000 * MIB), MAX_PIECE_BYTES),
    ],
)
def test_pieces_are_large_enough_for_the_way_and_small_enough_for_the_tail(
    size: int, connections: int, pace: tuple[float, float], piece: int
) -> None:
    job = job_of(size)
    job.pace.first_byte, job.pace.rate = pace
    assert Desk([job], connections=connections).schedule.piece(job) == piece


def test_a_file_that_failed_waits_while_others_come() -> None:
    first, second = job_of(2000), job_of(1000)
    desk = Desk([first, second])
    job, lease = desk.begin()
    job.ledger.release(lease)
    job.not_before = desk.now + 5.0
    desk.schedule.give_back()
    assert desk.begin()[0] is second and desk.take() is None
    desk.now += 5.0
    assert desk.begin()[0] is first


def test_a_paused_host_is_waited_for_and_others_are_not() -> None:
    paused, other = job_of(2000), job_of(1000, host="cdn.test")
    desk = Desk([paused, other])
    for _ in range(2):
        job, lease = desk.begin()
        job.ledger.release(lease)
        desk.schedule.give_back()
    calm = Transient("HTTP 429", url=f"https://{HOST}/", wait=20.0, whole_host=True)
    wait = desk.hosts.failed(calm, desk.now)
    assert desk.begin()[0] is other and desk.take() is None
    desk.now += wait + 0.001
    assert desk.begin()[0] is paused


def test_a_job_that_is_put_off_begins_when_its_time_has_come() -> None:
    first, second = job_of(2000), job_of(1000)
    desk = Desk([first, second], files=1)
    work = desk.take()
    assert work is not None and work.job is first
    desk.schedule.postpone(first, 3.0)
    desk.schedule.give_back()
    assert first.phase is Phase.WAITING
    begun = desk.begin()
    assert begun[0] is second
    desk.now += 3.0
    assert desk.take() is None, "no room yet"
    desk.end(*begun)
    assert desk.begin()[0] is first


def test_a_job_that_was_given_up_does_not_come_back_and_counts_once() -> None:
    job, other = job_of(2000), job_of(1000)
    desk = Desk([job, other])
    assert desk.take() is not None
    assert desk.schedule.ended(job, Phase.FAILED) and not desk.schedule.ended(job, Phase.DONE)
    desk.schedule.fetching(job)
    assert job.phase is Phase.FAILED and not desk.schedule.fetched(job)
    assert desk.schedule.unfinished == 1 and desk.begin()[0] is other


def test_taking_waits_for_work_and_is_woken_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_module, "_LONGEST_WAIT", 2 * BOUND)
    job, other = job_of(2000), job_of(1000)
    desk = Desk([job, other], allowed=1)
    held, lease = desk.begin()
    got: list[Work | None] = []
    ended = in_thread(lambda: got.append(desk.schedule.take(threading.Event())))
    time.sleep(0.05)  # until it waits
    desk.end(held, lease)
    desk.schedule.changed()
    assert ended() is None and got[0] is not None and got[0].job is other


@pytest.mark.parametrize("end", ["stop", "done"])
def test_whoever_waits_is_let_go_in_the_end(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(schedule_module, "_LONGEST_WAIT", 2 * BOUND)
    desk = Desk([job_of(2000)], connections=1)
    held, _ = desk.begin()
    stop = threading.Event()
    got: list[Work | None] = []
    waiting = [in_thread(lambda: got.append(desk.schedule.take(stop))) for _ in range(3)]
    time.sleep(0.05)  # until they wait
    if end == "stop":
        stop.set()
        desk.schedule.stopped()
    else:
        desk.schedule.ended(held, Phase.DONE)  # by the thread that hashed it
        desk.schedule.wait(BOUND)
        assert desk.schedule.unfinished == 0
    assert [ended() for ended in waiting] == [None] * 3 and got == [None] * 3
