"""What a user asks for: download, plan, verify, which mirror. The only place where all rooms meet.

A *run* is one download from end to end: reference, snapshot, plan, tasks, report. *Occupancy* keeps
a folder to one repo. A *recorded listing* counts for the endpoint that gave it. A *pull* is one
file that `hfget serve` fetches from its *upstream* because a client asked for it. A *lock file*
says which commit and files of several repos are meant, and `sync` brings them. A *probe* tries one
endpoint as a download would; a *finding* is one thing that is wrong, with one remedy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfget.operations.batch import Batch, RepoResult
    from hfget.operations.endpoint_probe import Probed
    from hfget.operations.found_downloads import FoundDownload, Place, downloads, places
    from hfget.operations.kept_contents import KeptContents
    from hfget.operations.lock_file import LOCK_NAME, update_command
    from hfget.operations.lock_sync import Remedy, Syncing
    from hfget.operations.locking import Locking
    from hfget.operations.newer_commits import downloads_below, newer
    from hfget.operations.prune_partials import Prunable, Pruned, prunable, prune
    from hfget.operations.pull import Pull
    from hfget.operations.pulling import Puller
    from hfget.operations.report_facts import Fact, all_facts
    from hfget.operations.run import Run
    from hfget.operations.side_by_side import PROBED_REPO, SideBySide, probe_all
    from hfget.operations.upstream import Upstream
    from hfget.operations.url_list import downloads_of
    from hfget.operations.verification import verify
    from hfget.operations.verified import FileState, Verification
    from hfget.operations.verify_repair import repair

__all__ = [
    "LOCK_NAME",
    "PROBED_REPO",
    "Batch",
    "Fact",
    "FileState",
    "FoundDownload",
    "KeptContents",
    "Locking",
    "Place",
    "Probed",
    "Prunable",
    "Pruned",
    "Pull",
    "Puller",
    "Remedy",
    "RepoResult",
    "Run",
    "SideBySide",
    "Syncing",
    "Upstream",
    "Verification",
    "all_facts",
    "downloads",
    "downloads_below",
    "downloads_of",
    "newer",
    "places",
    "probe_all",
    "prunable",
    "prune",
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
    "Remedy": "lock_sync",
    "Syncing": "lock_sync",
    "downloads_below": "newer_commits",
    "newer": "newer_commits",
    "KeptContents": "kept_contents",
    "Pull": "pull",
    "Puller": "pulling",
    "Upstream": "upstream",
    "Run": "run",
    "Probed": "endpoint_probe",
    "PROBED_REPO": "side_by_side",
    "SideBySide": "side_by_side",
    "probe_all": "side_by_side",
    "FoundDownload": "found_downloads",
    "Place": "found_downloads",
    "downloads": "found_downloads",
    "places": "found_downloads",
    "Prunable": "prune_partials",
    "Pruned": "prune_partials",
    "prunable": "prune_partials",
    "prune": "prune_partials",
    "Fact": "report_facts",
    "all_facts": "report_facts",
    "downloads_of": "url_list",
    "FileState": "verified",
    "Verification": "verified",
    "verify": "verification",
    "repair": "verify_repair",
}


def __getattr__(name: str) -> Any:
    """Load an operation when it is asked for: no command needs all of them."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"hfget.operations.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'hfget.operations' has no attribute {name!r}")
