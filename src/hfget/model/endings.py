"""How a download ended: its report, its failures, what each mirror did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hfget.errors import HfgetError
from hfget.messages import translated
from hfget.model.showing import html_table, megabytes
from hfget.model.snapshots import Snapshot

_SHOWN_FAILURES = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one file (or, with an empty path, the run) could not be completed."""

    path: str
    kind: str
    message: str
    hint: str = ""
    url: str | None = None
    exit_code: int = 1

    @classmethod
    def of(cls, error: HfgetError, path: str | None = None) -> Failure:
        """Why `path` failed; without it the file that the error names, if it names one."""
        path = error.path or "" if path is None else path
        return cls(path, error.kind, error.message, error.hint, error.url, error.exit_code)


@dataclass(frozen=True, slots=True)
class WrongRange:
    """Bytes `start` up to `end` of a file that an endpoint sent, and that were wrong."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MirrorUse:
    """What one of several endpoints did in a run.

    `place` is its host, `received` the body bytes that came from it or from where it led.
    `refusals` counts files that it lacks or refuses. One that is `out` was not asked any more;
    `why` is the reason of that, or of the last failure of one that rests; `wrong` are the bytes
    that were wrong.
    """

    place: str
    received: int
    requests: int
    failures: int
    refusals: int
    state: Literal["in use", "resting", "out"]
    why: str = ""
    wrong: tuple[WrongRange, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """How a download ended.

    `bytes_done` counts those on disk, of unfinished files too. `received` counts body bytes that
    came over the network in this run, `reused` the bytes of wanted files that were on disk
    already, `from_cache` those of them that were taken from the Hub cache, `range_bytes` those of
    `bytes_done` that are ranges of files which other shards have not completed, `requests` every
    HTTP request sent, `deleted` the files removed. `mirrors` tells of each endpoint where there are
    several.
    """

    snapshot: Snapshot
    root: Path
    files_total: int
    files_done: int
    bytes_total: int
    bytes_done: int
    received: int
    reused: int
    requests: int
    seconds: float
    failures: tuple[Failure, ...] = ()
    interrupted_by: int | None = None
    durable: bool = True
    from_cache: int = 0
    range_bytes: int = 0
    deleted: int = 0
    mirrors: tuple[MirrorUse, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.failures and self.interrupted_by is None

    def __repr__(self) -> str:
        """One line; the fields have the rest."""
        snapshot = self.snapshot
        return (
            f"<Report {snapshot.ref} @ {snapshot.commit[:7]}: {self.files_done}/{self.files_total}"
            f" files, {megabytes(self.bytes_done)}, exit code {self.exit_code}>"
        )

    def _repr_html_(self) -> str:
        """A table, as notebooks show it."""
        snapshot = self.snapshot
        rows = [
            ("repo", str(snapshot.ref)),
            ("commit", snapshot.commit),
            ("folder", str(self.root)),
            ("files", f"{self.files_done} of {self.files_total}"),
            ("size", megabytes(self.bytes_total)),
            ("fetched", f"{megabytes(self.received)} in {self.seconds:.1f} s"),
            *([("here before", megabytes(self.reused))] if self.reused else []),
            *(("from", f"{one.place}: {megabytes(one.received)}") for one in self.mirrors),
            ("exit code", str(self.exit_code)),
            *(
                ("failed", f"{one.path}: {translated(one.message)}")
                for one in self.failures[:_SHOWN_FAILURES]
            ),
        ]
        more = len(self.failures) - _SHOWN_FAILURES
        rows += [("failed", f"and {more} more")] if more > 0 else []
        return html_table(rows)

    @property
    def stale(self) -> bool:
        """Whether this is what the revision was when the endpoint was last asked."""
        return self.snapshot.stale

    @property
    def exit_code(self) -> int:
        """0, 128 + signal, or the code of the gravest failure."""
        if self.interrupted_by is not None:
            return 128 + self.interrupted_by
        return max((failure.exit_code for failure in self.failures), default=0)
