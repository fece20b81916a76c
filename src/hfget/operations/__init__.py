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
    from hfget.operations.lock_files.lock_file import LOCK_NAME, update_command
    from hfget.operations.lock_files.lock_sync import Remedy, Syncing
    from hfget.operations.lock_files.locking import Locking
    from hfget.operations.on_disk.found_downloads import FoundDownload, Place, downloads, places
    from hfget.operations.on_disk.newer_commits import downloads_below, newer
    from hfget.operations.on_disk.prune_partials import Prunable, Pruned, prunable, prune
    from hfget.operations.on_disk.verification import verify
    from hfget.operations.on_disk.verified import FileState, Verification
    from hfget.operations.on_disk.verify_repair import repair, repair_hint
    from hfget.operations.probes.endpoint_probe import Probed
    from hfget.operations.probes.report_facts import Fact, all_facts
    from hfget.operations.probes.side_by_side import PROBED_REPO, SideBySide, probe_all
    from hfget.operations.pulls.kept_contents import KeptContents
    from hfget.operations.pulls.pull import Pull
    from hfget.operations.pulls.pulling import Puller
    from hfget.operations.pulls.upstream import Upstream
    from hfget.operations.run import Run
    from hfget.operations.url_list import downloads_of

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
    "repair_hint",
    "update_command",
    "verify",
]

_HOMES = {
    "Batch": "batch",
    "RepoResult": "batch",
    "LOCK_NAME": "lock_files.lock_file",
    "update_command": "lock_files.lock_file",
    "Locking": "lock_files.locking",
    "Remedy": "lock_files.lock_sync",
    "Syncing": "lock_files.lock_sync",
    "downloads_below": "on_disk.newer_commits",
    "newer": "on_disk.newer_commits",
    "KeptContents": "pulls.kept_contents",
    "Pull": "pulls.pull",
    "Puller": "pulls.pulling",
    "Upstream": "pulls.upstream",
    "Run": "run",
    "Probed": "probes.endpoint_probe",
    "PROBED_REPO": "probes.side_by_side",
    "SideBySide": "probes.side_by_side",
    "probe_all": "probes.side_by_side",
    "FoundDownload": "on_disk.found_downloads",
    "Place": "on_disk.found_downloads",
    "downloads": "on_disk.found_downloads",
    "places": "on_disk.found_downloads",
    "Prunable": "on_disk.prune_partials",
    "Pruned": "on_disk.prune_partials",
    "prunable": "on_disk.prune_partials",
    "prune": "on_disk.prune_partials",
    "Fact": "probes.report_facts",
    "all_facts": "probes.report_facts",
    "downloads_of": "url_list",
    "FileState": "on_disk.verified",
    "Verification": "on_disk.verified",
    "verify": "on_disk.verification",
    "repair": "on_disk.verify_repair",
    "repair_hint": "on_disk.verify_repair",
}


def __getattr__(name: str) -> Any:
    """Load an operation when it is asked for: no command needs all of them."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"hfget.operations.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'hfget.operations' has no attribute {name!r}")
