"""A job ends once: told once, counted once, and not at all after the run was stopped."""

from __future__ import annotations

from hfget import events
from hfget.errors import DiskError, HfgetError
from hfget.transfer.backend import DoneFile
from hfget.transfer.file_job import Phase
from hfget.transfer.progress import Meter
from hfget.transfer.results import Results
from tests.support.schedules import Desk, job_of


class Room:
    """Two jobs that have begun, and their results."""

    def __init__(self) -> None:
        self.seen: list[events.Event] = []
        self.jobs = [job_of(2000), job_of(1000)]
        self.desk = Desk(self.jobs)
        for _ in self.jobs:
            self.desk.begin()
        self.meter = Meter(files=2, bytes_total=3000)
        self.results = Results(self.desk.schedule, self.meter, self.seen.append)


def test_what_is_done_is_told_and_counted_once() -> None:
    room = Room()
    job = room.jobs[0]
    room.results.succeed(job)
    room.results.succeed(job)
    room.results.fail(job, DiskError("too late"))
    assert [type(event) for event in room.seen] == [events.FileDone]
    assert (
        room.results.outcome.done == [DoneFile("2000.bin", 2000, 0)]
        and room.results.outcome.failures == []
    )
    sample = room.meter.sample([job.progress for job in room.desk.schedule.active], 0)
    assert (sample.files_done, sample.bytes_done) == (1, 2000)
    assert room.desk.schedule.unfinished == 1 and job.phase is Phase.DONE


def test_what_fails_is_told_once_and_given_up() -> None:
    room = Room()
    job = room.jobs[0]
    room.results.fail(job, DiskError("no space", hint="make room"))
    room.results.fail(job, DiskError("again"))
    room.results.succeed(job)
    (told,) = room.seen
    assert isinstance(told, events.FileFailed) and told.failure in room.results.outcome.failures
    assert (told.failure.message, told.failure.hint) == ("no space", "make room")
    assert (told.failure.kind, told.failure.exit_code) == ("disk", 7)
    assert job.abandoned and job.phase is Phase.FAILED and room.desk.schedule.unfinished == 1


def test_what_no_one_thought_of_is_a_failure_of_the_file() -> None:
    room = Room()
    room.results.crashed(room.jobs[0], ValueError("a bug"))
    room.results.crashed(room.jobs[1], HfgetError("known"))
    messages = [failure.message for failure in room.results.outcome.failures]
    assert messages == ["unexpected ValueError: a bug", "known"]
    assert {failure.path for failure in room.results.outcome.failures} == {"2000.bin", "1000.bin"}


def test_after_a_stop_nothing_is_a_failure() -> None:
    room = Room()
    room.jobs[0].abandoned = True
    room.results.crashed(room.jobs[0], AssertionError("its file is closed"))
    assert room.seen == [] and room.results.outcome.failures == []


def test_a_file_system_that_cannot_sync_is_said_once() -> None:
    room = Room()
    assert room.results.outcome.durable
    for _ in range(3):
        room.results.not_durable()
    assert len(room.seen) == 1 and not room.results.outcome.durable
