"""The verdict on a folder: what each of its files is, beside what was recorded of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from hfget.destinations import Home
from hfget.model import html_table, megabytes

_SHOWN_ODD = 10


class FileState(Enum):
    """How a file compares with its record."""

    OK = "ok"
    MISSING = "missing"
    CHANGED = "changed"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """One file's verdict; `detail` says what differs.

    `obstacle` is what stands in its place and no download replaces, or a record that must not be
    followed: to be moved away before the file can be repaired.
    """

    path: str
    state: FileState
    detail: str = ""
    obstacle: Path | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """The verdict on a folder. Extra files alone do not make it wrong.

    `cache` is the Hub cache that the folder is a snapshot of, if it is one. `homes` says of each
    file that should be there which repo it is of, as far as that is recorded. `withdrawn` says
    whether the records of the files that are wrong could be taken away.
    """

    root: Path
    repo_id: str
    repo_type: str
    commit: str
    bytes_hashed: int
    files: tuple[VerifiedFile, ...]
    cache: Path | None = None
    homes: Mapping[str, Home] = field(default_factory=dict)
    withdrawn: bool = True

    def of(self, state: FileState) -> tuple[VerifiedFile, ...]:
        return tuple(file for file in self.files if file.state is state)

    @property
    def ok(self) -> bool:
        return not self.wrong

    @property
    def wrong(self) -> tuple[VerifiedFile, ...]:
        """The files that are changed or missing."""
        return (*self.of(FileState.CHANGED), *self.of(FileState.MISSING))

    @property
    def obstacles(self) -> list[Path]:
        """What is to be moved away before all can be repaired."""
        return list(dict.fromkeys(file.obstacle for file in self.wrong if file.obstacle))

    def __repr__(self) -> str:
        """One line; the fields have the rest."""
        what = self.repo_id or self.root
        return f"<Verification {what}: {self._counted()}, {megabytes(self.bytes_hashed)} hashed>"

    def _repr_html_(self) -> str:
        """A table, as notebooks show it."""
        odd = [file for file in self.files if file.state is not FileState.OK]
        more = len(odd) - _SHOWN_ODD
        rows = [
            ("repo", self.repo_id),
            ("commit", self.commit),
            ("folder", str(self.root)),
            ("files", self._counted()),
            ("hashed", megabytes(self.bytes_hashed)),
            *((file.state.value, file.path) for file in odd[:_SHOWN_ODD]),
            *([("", f"and {more} more")] if more > 0 else []),
        ]
        return html_table(rows)

    def _counted(self) -> str:
        counts = [(len(self.of(state)), state.value) for state in FileState]
        return ", ".join(f"{count} {name}" for count, name in counts if count)
