"""What was measured, as data: kept as JSON, read by the bars, the table and the plot."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `failure` says what was wrong with it, empty if nothing."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    requests: int = 0
    redirects: int = 0
    connections: int = 0
    sent_bytes: int = 0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A contestant's runs in a workload."""

    contestant: str
    verifies: str
    runs: list[Run]

    @property
    def is_hfget(self) -> bool:
        return self.contestant.split()[0] == "hfget"

    @property
    def good(self) -> list[Run]:
        return [run for run in self.runs if not run.failure]

    def median(self, of: Callable[[Run], float]) -> float | None:
        """Over the runs that did not fail; None if all did."""
        return median(map(of, self.good)) if self.good else None

    @property
    def seconds(self) -> float | None:
        return self.median(lambda run: run.seconds)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A workload: `size` bytes in `files` files. `skipped` says why, if it was."""

    key: str
    title: str
    size: int
    files: int
    conditions: str = ""
    rows: list[Row] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    skipped: str = ""

    def row(self, contestant: str) -> Row | None:
        return next((row for row in self.rows if row.contestant == contestant), None)


@dataclass(frozen=True, slots=True)
class Results:
    """A whole run of the bench. `limits` are physical ones, name → bytes a second."""

    scale: str
    when: str
    machine: dict[str, str]
    versions: dict[str, str]
    limits: dict[str, float]
    outcomes: list[Outcome]

    def outcome(self, key: str) -> Outcome | None:
        return next((outcome for outcome in self.outcomes if outcome.key == key), None)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(path: Path) -> Results:
    data: dict[str, Any] = json.loads(path.read_text())
    outcomes = []
    for item in data.pop("outcomes"):
        rows = [Row(**{**row, "runs": [Run(**run) for run in row["runs"]]}) for row in item["rows"]]
        outcomes.append(Outcome(**{**item, "rows": rows}))
    return Results(outcomes=outcomes, **data)
