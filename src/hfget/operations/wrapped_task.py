"""A task that adds something to another one."""

from __future__ import annotations

from pathlib import Path

from hfget.errors import HfgetError
from hfget.model import RemoteFile, Span
from hfget.partials import Identity
from hfget.sources import ByteSource
from hfget.transfer import LocalContent, Task


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
