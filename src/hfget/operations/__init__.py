"""What a user asks for: download, plan, verify, which mirror. The only place where all rooms meet.

A *run* is one download from end to end: reference, snapshot, plan, tasks, report. *Occupancy* keeps
a folder to one repo. A *recorded listing* counts for the endpoint that gave it. A *probe* tries one
endpoint as a download would; a *finding* is one thing that is wrong, with one remedy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfget.operations.endpoint_probe import Probed
    from hfget.operations.found_downloads import Download, Place, downloads, places
    from hfget.operations.prune_partials import Prunable, Pruned, prunable, prune
    from hfget.operations.python_api import download, plan
    from hfget.operations.run import Run
    from hfget.operations.side_by_side import PROBED_REPO, SideBySide, probe_all
    from hfget.operations.surroundings import Fact, all_facts
    from hfget.operations.verification import FileState, Verification, verify
    from hfget.operations.verify_repair import repair

__all__ = [
    "PROBED_REPO",
    "Download",
    "Fact",
    "FileState",
    "Place",
    "Probed",
    "Prunable",
    "Pruned",
    "Run",
    "SideBySide",
    "Verification",
    "all_facts",
    "download",
    "downloads",
    "places",
    "plan",
    "probe_all",
    "prunable",
    "prune",
    "repair",
    "verify",
]

_HOMES = {
    "Run": "run",
    "Probed": "endpoint_probe",
    "PROBED_REPO": "side_by_side",
    "SideBySide": "side_by_side",
    "probe_all": "side_by_side",
    "Download": "found_downloads",
    "Place": "found_downloads",
    "downloads": "found_downloads",
    "places": "found_downloads",
    "Prunable": "prune_partials",
    "Pruned": "prune_partials",
    "prunable": "prune_partials",
    "prune": "prune_partials",
    "Fact": "surroundings",
    "all_facts": "surroundings",
    "download": "python_api",
    "plan": "python_api",
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
