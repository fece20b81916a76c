"""The seam between what is to be brought and what brings it: tasks, a backend, an outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from hfget.errors import HfgetError
from hfget.model import Failure, MirrorUse, RemoteFile, Span
from hfget.partials import Identity
from hfget.sources import ByteSource
from hfget.transfer.local_content import LocalContent


class Task(Protocol):
    """One file to bring. What waits for its turn costs little: all else is asked for then."""

    @property
    def file(self) -> RemoteFile: ...

    @property
    def span(self) -> Span | None:
        """The only bytes of it that are wanted, if not all: they are left in the partial."""

    def source(self) -> ByteSource:
        """Where its bytes come from."""

    def partial(self) -> tuple[Path, Identity]:
        """Where its partial rests, and what the journal must say."""

    def local(self) -> LocalContent | None:
        """What this disk has; None as long as the same content comes by another way."""

    def adopt(self) -> None:
        """What lies at the destination was found right: see to its record. Raises DiskError."""

    def publish(self, data: Path) -> None:
        """Give verified data its final name. Raises DiskError."""

    def ended(self, error: HfgetError | None = None) -> None:
        """Called once when the file is there, or given up because of `error`."""


class WrappedTask:
    """A task in the guise of another: what a child does not say otherwise, it does."""

    __slots__ = ("_task", "file")

    def __init__(self, task: Task, file: RemoteFile) -> None:
        self._task = task
        self.file = file

    @property
    def span(self) -> Span | None:
        return self._task.span

    def source(self) -> ByteSource:
        return self._task.source()

    def partial(self) -> tuple[Path, Identity]:
        return self._task.partial()

    def local(self) -> LocalContent | None:
        return self._task.local()

    def adopt(self) -> None:
        self._task.adopt()

    def publish(self, data: Path) -> None:
        self._task.publish(data)

    def ended(self, error: HfgetError | None = None) -> None:
        self._task.ended(error)


class DoneFile(NamedTuple):
    """A file that has its final name; `received` bytes of it came over the network in this run."""

    path: str
    size: int
    received: int


@dataclass
class Outcome:
    """What a run did. `received` counts body bytes off the wire.

    `unfinished` has, by path, the bytes on disk of files that were begun and not finished, `rested`
    the paths of those of which the wanted range is here; `mirrors` tells of each endpoint where
    there were several.
    """

    done: list[DoneFile] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unfinished: dict[str, int] = field(default_factory=dict)
    received: int = 0
    durable: bool = True
    mirrors: tuple[MirrorUse, ...] = ()
    rested: set[str] = field(default_factory=set)


class Backend(Protocol):
    """What carries out tasks: hfget's own engine, or another program."""

    def run(self, tasks: Iterable[Task]) -> Outcome:
        """Bring every file, or as much as can be; afterwards nothing is written any more.

        The caller keeps no task: one that has ended costs no memory then. No failure of a single
        file is raised.
        """


class Network(Protocol):
    """The connections of a run, as far as its end and its pace concern them."""

    @property
    def joined(self) -> tuple[int, int]:
        """How many places may be asked by now, and how many of them have answered; 1 at least."""

    def abort(self) -> None:
        """Wake all who wait for it."""

    def relieve(self) -> None:
        """Free connections for those who wait for one; called now and then."""


@dataclass(frozen=True, slots=True)
class TransferOptions:
    """How files are to be brought.

    `connections` is how many one file may have at each of `places`, `jobs` how many files may be
    in the works, `retries` how many fruitless tries in a row are borne. With `fsync` a file has
    reached the disk before it gets its name.
    """

    connections: int
    jobs: int
    retries: int
    fsync: bool = True
    places: int = 1
