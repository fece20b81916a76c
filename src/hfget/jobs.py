"""Plan → jobs: each file still to come, with where from, where to and what to do at its end."""

from __future__ import annotations

import stat
from pathlib import Path

from hfget.errors import DiskError
from hfget.http import HttpClient
from hfget.layout.base import Layout, Placement
from hfget.model import ItemState, PlanItem, RemoteFile, Snapshot
from hfget.settings import Settings
from hfget.transfer.digest import hash_file
from hfget.transfer.job import FileJob
from hfget.transfer.journal import Identity
from hfget.transfer.offer import Existing, Offer
from hfget.transfer.partial import stem_for
from hfget.transfer.source import Source


def make_job(
    snapshot: Snapshot,
    item: PlanItem,
    placement: Placement,
    layout: Layout,
    http: HttpClient,
    settings: Settings,
) -> FileJob:
    """The job for one file that is not complete."""
    file = item.file
    existing = None
    conflict = placement.state is ItemState.OUTDATED and not placement.replaceable
    if placement.state is ItemState.ADOPTABLE or conflict:
        existing = Existing(
            placement.destination,
            adopt=lambda: layout.adopt(snapshot, file),
            replaceable=placement.replaceable,
            earlier=placement.earlier,
            blocked=placement.blocked,
        )
    return FileJob(
        file,
        Identity.of(file, snapshot.commit),
        stem_for(layout.partial_directory(file), file.path, file.etag),
        Source(http, settings, snapshot, file),
        publish=lambda data: _publish(layout, snapshot, file, placement, data),
        look=lambda: Offer(existing),
    )


def _publish(
    layout: Layout, snapshot: Snapshot, file: RemoteFile, placement: Placement, data: Path
) -> None:
    """Give the data its name; what has appeared or changed since the plan is not overwritten.

    Another process may have published the same content (locks of some file systems do
    nothing): then that is the file. Raises DiskError.
    """
    try:
        replaceable = placement.state is not ItemState.MISSING
        layout.publish(snapshot, file, data, replace=replaceable)
    except FileExistsError:
        if _has_content(placement.destination, file):
            layout.adopt(snapshot, file)
            data.unlink(missing_ok=True)
            return
        raise DiskError(
            f"{placement.destination} has appeared or changed during the download, and is "
            "another file than the one wanted",
            path=file.path,
            hint="move it away, or replace it with --force",
        ) from None


def _has_content(path: Path, file: RemoteFile) -> bool:
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
        return regular and hash_file(path, file.hash_kind) == file.etag
    except OSError:
        return False
