"""What a user asks for: download, plan, verify. The only place where all rooms meet.

A *run* is one download from end to end: reference, snapshot, plan, tasks, report. *Occupancy* keeps
a folder to one repo. A *recorded listing* counts for the endpoint that gave it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfget.operations.python_api import download, plan
    from hfget.operations.run import Run
    from hfget.operations.url_list import downloads_of
    from hfget.operations.verification import FileState, Verification, verify
    from hfget.operations.verify_repair import repair

__all__ = [
    "FileState",
    "Run",
    "Verification",
    "download",
    "downloads_of",
    "plan",
    "repair",
    "verify",
]

_HOMES = {
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
