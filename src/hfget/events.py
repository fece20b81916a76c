"""What happens during a run, as values; to watch, pass an `Observer`.

Nothing is pushed per chunk: `Progress` is a sample, taken a few times a second by one
thread. Observers are called from several threads, one call at a time.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, TypeAlias

from hfget.model import Failure, Plan, Report, Snapshot


class Note(NamedTuple):
    """Something worth a line: a renamed repo, a mirror in use, a wait for a lock."""

    text: str
    level: Literal["info", "warning"] = "info"


class Resolved(NamedTuple):
    """The commit is pinned and the listing is known."""

    snapshot: Snapshot


class Planned(NamedTuple):
    """What will be fetched is decided; the transfer starts (unless this is a dry run)."""

    plan: Plan


class Retrying(NamedTuple):
    """A request failed in a way that is worth another try, `wait` seconds from now.

    `asked` tells that the server asked for a wait.
    """

    path: str
    host: str
    reason: str
    wait: float
    attempt: int
    asked: bool = False


class ActiveFile(NamedTuple):
    """One file in the works: `done` of `size` bytes on disk, `hashed` of them verified so far."""

    path: str
    size: int
    done: int
    hashed: int
    connections: int


class Progress(NamedTuple):
    """A sample of the whole run. `speed` is in bytes a second, `eta` in seconds or None.

    `places` are endpoints, where there are several, with the bytes that each has sent so far.
    """

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    received: int
    speed: float
    eta: float | None
    connections: int
    active: tuple[ActiveFile, ...]
    places: tuple[tuple[str, int], ...] = ()


class FileDone(NamedTuple):
    """A file is verified and has its final name. `received` is 0 where it was there before."""

    path: str
    size: int
    received: int
    hash_kind: str
    hash: str


class FileFailed(NamedTuple):
    """A file was given up; the others go on."""

    failure: Failure


class Finished(NamedTuple):
    """The run is over. `name` is what the repo is called among those of one run, if there are."""

    report: Report
    name: str = ""


class RepoFailed(NamedTuple):
    """One repo of several was given up before its transfer; the others go on."""

    name: str
    failure: Failure


Event: TypeAlias = (
    Note | Resolved | Planned | Retrying | Progress | FileDone | FileFailed | RepoFailed | Finished
)


class Observer(Protocol):
    """Anything that can be called with an event. It must not block and must not raise."""

    def __call__(self, event: Event, /) -> None: ...


def ignore(event: Event, /) -> None:
    """The observer of those who do not watch."""
