"""What is told of a run in the end, and that it is found in one pass over the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hfget.model import ItemState, Plan, PlanItem, RemoteFile, RepoRef, Snapshot
from hfget.operations.reports import make_report
from hfget.system import Stop
from hfget.transfer import Outcome
from hfget.transfer.backend import DoneFile


class Unions(set[str]):
    """A set that counts how often another is united with it, which takes as long as both are."""

    count = 0

    def __sub__(self, other: Any) -> Unions:
        return Unions(set(self) - set(other))

    def __ror__(self, other: Any) -> set[str]:
        Unions.count += 1
        return set(other) | set(self)


def test_paths_are_not_united_anew_for_each_file() -> None:
    files = tuple(RemoteFile(f"{number}.bin", 10, "0" * 40) for number in range(100))
    items = tuple(PlanItem(file, Path("m"), ItemState.MISSING, 0) for file in files)
    snapshot = Snapshot(RepoRef("org/m", "model"), "http://hub.test", "c" * 40, files)
    outcome = Outcome(done=[DoneFile(file.path, 10, 10) for file in files], received=1000)
    outcome.rested = Unions()
    report = make_report(
        Plan(snapshot, Path("m"), items), outcome, Stop(), requests=100, seconds=1.0
    )
    assert (report.files_done, report.files_total, report.bytes_done) == (100, 100, 1000)
    assert Unions.count < 3
