"""Section: what an interrupted run has left is changed, or refused, before the next one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.hub import Fault, effects
from tests.hub.repos import MiB
from tests.trials.disk import ONE
from tests.trials.scenario import Scenario
from tests.trials.trial import Trial

#: So many bytes of the first file have come for sure when the run is interrupted.
_COME = 100_000


def signalled(number: int, times: int = 1) -> Callable[[Trial], None]:
    def act(trial: Trial) -> None:
        while trial.sent < 4 * MiB and trial.process.poll() is None:
            time.sleep(0.005)
        for _ in range(times):
            trial.process.send_signal(number)
            time.sleep(0.02)

    return act


def interrupted(trial: Trial, glob: str) -> list[Path]:
    """What an interrupted run leaves of that kind."""
    trial.run(act=signalled(signal.SIGTERM))
    found = list((trial.out / ".cache/huggingface/download").rglob(glob))
    assert found, "the interruption left nothing to break"
    return found


def _edited(trial: Trial) -> None:
    """Somebody writes over bytes that have come already."""
    (partial,) = interrupted(trial, "*.incomplete")
    with partial.open("r+b") as file:
        file.seek(_COME)
        came = file.read(5000)
        assert came == (trial.source / "w.bin").read_bytes()[_COME : _COME + 5000]
        file.seek(_COME)
        file.write(os.urandom(5000))
    trial.run()


def _scribbled_over(trial: Trial) -> None:
    """The middle of the journal is overwritten."""
    (journal,) = interrupted(trial, "*.hfget-journal")
    data = journal.read_bytes()
    middle = len(data) // 2
    journal.write_bytes(data[:middle] + os.urandom(90) + data[middle + 90 :])
    trial.run()


def _of_another_version(trial: Trial) -> None:
    """The journal turns out to be of a later hfget."""
    (journal,) = interrupted(trial, "*.hfget-journal")
    data = journal.read_bytes()
    assert data.startswith(b"hfget-j1"), data[:8]
    journal.write_bytes(b"hfget-j2" + data[8:])
    trial.run()


def _set_to(size: int) -> Callable[[Trial], None]:
    """The partial is cut, or lengthened, to so many bytes."""

    def drive(trial: Trial) -> None:
        (partial,) = interrupted(trial, "*.incomplete")
        os.truncate(partial, size)
        trial.run()

    return drive


def _refused_on_resume(times: int | None) -> Callable[[Trial], None]:
    """After an interruption the CDN answers 416, so many times or always."""

    def drive(trial: Trial) -> None:
        interrupted(trial, "*.incomplete")
        trial.add_fault(Fault(effects.Status(416), origin="cdn", times=times))
        trial.run()

    return drive


SCENARIOS = (
    Scenario(
        "the partial is edited",
        ("disk: .incomplete edited by somebody",),
        "interrupted, then bytes of the partial overwritten",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_edited,
        most=2.4,
    ),
    Scenario(
        "the partial is cut",
        ("disk: .incomplete edited by somebody",),
        "interrupted, then the partial cut to 100 kB",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_set_to(_COME),
        most=2.4,
    ),
    Scenario(
        "the partial is too long",
        ("row 19", "disk: .incomplete edited by somebody"),
        "interrupted, then the partial lengthened",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_set_to(25 * MiB),
        most=2.4,
    ),
    Scenario(
        "416 on resume",
        ("row 19", "refusals: 416 on resume"),
        "interrupted, then 416 once",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_refused_on_resume(1),
        most=2.4,
    ),
    Scenario(
        "416 on resume, always",
        ("row 19", "refusals: 416 on resume"),
        "interrupted, then 416 to every request",
        codes=(5, 6),
        files=ONE,
        hub={"rate_total": 16 * MiB},
        lost=("w.bin",),
        drive=_refused_on_resume(None),
        most_again=2.4,
    ),
    Scenario(
        "the journal is of another version",
        ("disk: journal garbage or from another version",),
        "interrupted, then another magic number in the journal's head",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_of_another_version,
        most=2.4,
    ),
    Scenario(
        "the journal is garbage",
        ("disk: journal garbage or from another version",),
        "interrupted, then the journal's middle overwritten",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_scribbled_over,
        most=2.4,
    ),
)
