"""What a user asks for: download, plan, verify. The only place where all rooms meet.

A *run* is one download from end to end: reference, snapshot, plan, tasks, report. *Occupancy* keeps
a folder to one repo. A *recorded listing* counts for the endpoint that gave it. A *pull* is one
file that `hfget serve` fetches from its *upstream* because a client asked for it. A *lock file*
says which commit and files of several repos are meant, and `sync` brings them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfget.operations.batch import Batch, RepoResult
    from hfget.operations.kept_contents import KeptContents
    from hfget.operations.lock_file import LOCK_NAME, update_command
    from hfget.operations.lock_sync import Syncing
    from hfget.operations.locking import Locking
    from hfget.operations.newer_commits import downloads_below, newer
    from hfget.operations.pull import Pull
    from hfget.operations.pulling import Puller
    from hfget.operations.python_api import download, plan
    from hfget.operations.run import Run
    from hfget.operations.upstream import Upstream
    from hfget.operations.url_list import downloads_of
    from hfget.operations.verification import FileState, Verification, verify
    from hfget.operations.verify_repair import repair

__all__ = [
    "LOCK_NAME",
    "Batch",
    "FileState",
    "KeptContents",
    "Locking",
    "Pull",
    "Puller",
    "RepoResult",
    "Run",
    "Syncing",
    "Upstream",
    "Verification",
    "download",
    "downloads_below",
    "downloads_of",
    "newer",
    "plan",
    "repair",
    "update_command",
    "verify",
]

_HOMES = {
    "Batch": "batch",
    "RepoResult": "batch",
    "LOCK_NAME": "lock_file",
    "update_command": "lock_file",
    "Locking": "locking",
    "Syncing": "lock_sync",
    "downloads_below": "newer_commits",
    "newer": "newer_commits",
    "KeptContents": "kept_contents",
    "Pull": "pull",
    "Puller": "pulling",
    "Upstream": "upstream",
    "Run": "run",
    "download": "python_api",
    "plan": "python_api",
    "downloads_of": "url_list",
    "FileState": "verification",
    "Verification": "verification",
    "verify": "verification",
    "repair": "verify_repair",
}


def __getattr__(name: str) -> Any:
    """Load an operation when it is asked for: no command needs all of them."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"hfget.operations.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'hfget.operations' has no attribute {name!r}")
