"""What a failure means: tried again, how often, after whom; and when it is final."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from hfget import events
from hfget.http.retry import Transient
from hfget.limits import MAX_LIES
from hfget.model import Failure
from hfget.partials.partial_names import stem_for
from hfget.sources import host_health
from hfget.sources.host_health import HostHealth
from hfget.system.cancellation import Stopped, Superseded
from hfget.transfer import finalize
from hfget.transfer import worker as worker_module
from hfget.transfer.backend import TransferOptions
from hfget.transfer.concurrency import FIRST_CONNECTIONS, ConnectionLimit
from hfget.transfer.file_job import FileJob, Phase
from hfget.transfer.finalize import Finisher
from hfget.transfer.leases import Lease
from hfget.transfer.progress import Meter
from hfget.transfer.results import Results
from hfget.transfer.reuse import Reuse
from hfget.transfer.scheduler import Schedule
from hfget.transfer.worker import Worker, WorkerTools
from tests.support.loopback import lfs_file
from tests.support.schedules import HOST, GivenTask, Somewhere, given_job
from tests.support.transfers import in_thread

RETRIES = 3
DATA = b"the content"


class ScriptedFetcher:
    """Stands in for a `Fetcher`: ends each attempt as the script says, then with success."""

    def __init__(self, *script: Exception | None) -> None:
        self.script = deque(script)
        self.asked: list[str] = []
        self.received = 0

    def fetch(self, job: FileJob, lease: Lease) -> None:
        self.asked.append(job.file.path)
        end = self.script.popleft() if self.script else None
        if end is not None:
            raise end
        start = lease.position
        job.ledger.claim(lease, lease.remaining)
        job.partial.write(memoryview(DATA)[start : lease.end], start)
        job.ledger.record(start, lease.end)
        self.received += lease.end - start


class Office:
    """One worker, its jobs, and all it needs; nothing waits for longer than it must."""

    def __init__(self, folder: Path, *script: Exception | None, names: str = "a") -> None:
        self.seen: list[events.Event] = []
        self.stop = threading.Event()
        self.hosts = HostHealth(RETRIES, self.stop)
        self.hosts.answered(HOST)
        self.jobs = [self._job(folder, name) for name in names]
        self.limit = ConnectionLimit(16)
        self.schedule = Schedule(
            [job.task for job in self.jobs],
            TransferOptions(4, 4, RETRIES),
            self.limit,
            begin=given_job,
        )
        meter = Meter(files=len(names), bytes_total=len(names) * len(DATA))
        tell = self.seen.append
        self.results = Results(self.schedule, meter, tell)
        finisher = Finisher(
            self.schedule,
            self.results,
            self.stop,
            fsync=False,
            spawn=lambda name, target: False,
        )
        self.fetcher: Any = ScriptedFetcher(*script)
        reuse = Reuse(self.results, self.stop, fsync=False)
        self.worker = Worker(
            WorkerTools(
                self.schedule, self.limit, reuse, finisher, self.results, RETRIES, self.stop
            )
        )
        cast(Any, self.worker).fetcher = self.fetcher

    def _job(self, folder: Path, name: str) -> FileJob:
        file = lfs_file(name, DATA)
        source: Any = Somewhere(hosts=self.hosts)

        def publish(data: Path) -> None:
            data.replace(folder / name)

        stem = stem_for(folder / "download", name, file.etag)
        return GivenTask(file, stem, source, publish).job

    def run(self) -> list[Failure]:
        """Let the worker work to its end; what failed."""
        assert in_thread(self.worker.run)() is None
        assert self.schedule.busy == 0
        return self.results.outcome.failures

    @property
    def attempts(self) -> list[int]:
        return [event.attempt for event in self.seen if isinstance(event, events.Retrying)]


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "backoff", lambda attempt: 0.0)
    monkeypatch.setattr(worker_module, "wait_after", lambda failure, attempt: 0.0)
    monkeypatch.setattr(host_health, "wait_after", lambda failure, attempt: 0.0)
    monkeypatch.setattr(worker_module, "CRUMB_SECONDS", 0.0)
    monkeypatch.setattr(worker_module, "LAST_TO_PROBE_SECONDS", 0.05)


def test_a_host_without_ranges_is_named_once(tmp_path: Path) -> None:
    office = Office(tmp_path)
    threads = [in_thread(lambda: office.worker._without_ranges(HOST)) for _ in range(8)]
    assert [wait() for wait in threads] == [None] * 8
    office.worker._without_ranges("other")
    notes = [event.text for event in office.seen if isinstance(event, events.Note)]
    assert [text.partition(" does not serve parts")[0] for text in notes] == [HOST, "other"]


def failure(reason: str = "broken", *, fruitful: bool = False, **kind: Any) -> Transient:
    made = Transient(reason, url=f"https://{HOST}/a?signature=secret", **kind)
    made.fruitful = fruitful
    return made


def test_without_a_failure_it_is_done(tmp_path: Path) -> None:
    office = Office(tmp_path, names="abc")
    assert office.run() == [] and office.attempts == []
    assert {path.read_bytes() for path in tmp_path.glob("?")} == {DATA}


def test_a_file_is_fetched_only_once_it_is_known_who_finishes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where starting a thread takes long, others may have fetched it all: two would finish it."""
    office = Office(tmp_path)
    phases: list[Phase] = []

    def spawn(name: str, target: object) -> bool:
        phases.extend(job.phase for job in office.schedule.active)
        return False

    monkeypatch.setattr(finalize, "FOLLOWED_BYTES", 0)
    monkeypatch.setattr(office.worker._finisher, "_spawn", spawn)
    assert office.run() == [] and phases == [Phase.OPENING]


@pytest.mark.parametrize("kind", [{}, {"overloaded": True}, {"whole_host": True}])
def test_what_may_pass_is_tried_again_so_often(tmp_path: Path, kind: dict[str, bool]) -> None:
    failures = [failure("broken", **kind) for _ in range(RETRIES)]
    office = Office(tmp_path, *failures)
    assert office.run() == [] and office.attempts == [1, 2, 3]
    assert len(office.fetcher.asked) == RETRIES + 1
    given_up = Office(tmp_path / "again", *failures, failure("broken for good", **kind))
    (final,) = given_up.run()
    assert final.kind == "network" and "broken for good" in final.message and HOST in final.message
    assert "secret" not in f"{final.message}{final.url}"
    assert len(given_up.fetcher.asked) == RETRIES + 1


def test_a_server_that_answers_wrongly_is_given_up_sooner_and_by_its_own_count(
    tmp_path: Path,
) -> None:
    lies = [failure("a web page", lie=True) for _ in range(MAX_LIES - 1)]
    mixed = [failure(), *lies, failure()]
    assert Office(tmp_path, *mixed).run() == []
    (final,) = Office(tmp_path / "again", *lies, failure("a web page", lie=True)).run()
    assert final.kind == "verification" and final.exit_code == 6 and "a web page" in final.message


def test_bytes_that_came_start_the_count_anew(tmp_path: Path) -> None:
    script = [failure(fruitful=number % 3 == 0) for number in range(30)]
    office = Office(tmp_path, *script)
    assert office.run() == [] and max(office.attempts) == 2 and office.attempts.count(0) == 10


def test_what_is_superseded_or_put_off_does_not_count(tmp_path: Path) -> None:
    office = Office(tmp_path, *(Superseded() for _ in range(20)))
    assert office.run() == [] and office.attempts == []


def test_a_stop_is_no_failure(tmp_path: Path) -> None:
    office = Office(tmp_path)

    def stop(job: FileJob, lease: Lease) -> None:
        office.stop.set()
        raise Stopped

    office.fetcher.fetch = stop
    assert office.run() == [] and office.seen == [] and office.schedule.unfinished == 1


def test_a_failure_that_a_stop_has_caused_is_not_told(tmp_path: Path) -> None:
    office = Office(tmp_path)

    def stop(job: FileJob, lease: Lease) -> None:
        office.stop.set()
        raise failure()

    office.fetcher.fetch = stop
    assert office.run() == [] and office.seen == []


def test_a_bug_ends_its_file_and_no_other(tmp_path: Path) -> None:
    office = Office(tmp_path, ZeroDivisionError("a bug"), names="ab")
    (final,) = office.run()
    assert final.message == "unexpected ZeroDivisionError: a bug" and final.path == "a"
    assert (tmp_path / "b").read_bytes() == DATA and not (tmp_path / "a").exists()


def test_what_cannot_be_verified_is_not_asked_for(tmp_path: Path) -> None:
    office = Office(tmp_path, names="ab")
    office.jobs[0].file = replace(office.jobs[0].file, defect="its hash is missing")
    (final,) = office.run()
    assert final.kind == "verification" and "its hash is missing" in final.message
    assert office.fetcher.asked == ["b"]


def test_a_file_at_which_the_host_broke_asks_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "LAST_TO_PROBE_SECONDS", 300)
    office = Office(tmp_path, failure(whole_host=True), names="abcd")
    fetch = office.fetcher.fetch

    def fetch_and_let_the_time_pass(job: FileJob, lease: Lease) -> None:
        if job.file.path == "d":
            office.jobs[0].not_before = 0
        fetch(job, lease)

    office.fetcher.fetch = fetch_and_let_the_time_pass
    assert office.run() == []
    assert office.fetcher.asked == ["a", "b", "c", "d", "a"]


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        ({"overloaded": True}, FIRST_CONNECTIONS // 2),
        ({}, FIRST_CONNECTIONS * 3 // 4),
        ({"lie": True}, FIRST_CONNECTIONS),
    ],
)
def test_a_host_in_trouble_gets_fewer_connections(
    tmp_path: Path, kind: dict[str, bool], allowed: int
) -> None:
    office = Office(tmp_path, failure("broken", **kind))
    assert office.run() == [] and office.limit.allowed == allowed
