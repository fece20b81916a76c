"""hfget: download models and datasets from the Hugging Face Hub or a mirror of it.

    from hfget import download, plan, verify

    report = download("bigscience/bloom-560m", include=["*.safetensors", "*.json"])
    report.root, report.exit_code, report.failures

Nothing here prints; pass `progress=True` for a bar, or an `observer` (see `hfget.events`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfget.errors import HfgetError
    from hfget.model import Failure, Plan, PlanItem, RemoteFile, RepoRef, Report, Snapshot
    from hfget.operations import Verification, verify
    from hfget.python_api import download, plan
    from hfget.system import Stop

__version__ = "0.1.0"

_HOMES = {
    "download": "hfget.python_api",
    "plan": "hfget.python_api",
    "verify": "hfget.operations.on_disk.verification",
    "Verification": "hfget.operations.on_disk.verified",
    "HfgetError": "hfget.errors",
    "Stop": "hfget.system.cancellation",
    "Failure": "hfget.model",
    "Plan": "hfget.model",
    "PlanItem": "hfget.model",
    "RemoteFile": "hfget.model",
    "RepoRef": "hfget.model",
    "Report": "hfget.model",
    "Snapshot": "hfget.model",
}

__all__ = [
    "Failure",
    "HfgetError",
    "Plan",
    "PlanItem",
    "RemoteFile",
    "RepoRef",
    "Report",
    "Snapshot",
    "Stop",
    "Verification",
    "__version__",
    "download",
    "plan",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Load the public names when they are asked for: `hfget --help` needs none of them."""
    if name in _HOMES:
        from importlib import import_module

        from hfget.messages import speak_as

        # A program keeps its own language, whatever the locale is, unless it is asked.
        speak_as({"HFGET_LANG": os.environ.get("HFGET_LANG", "")})

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hfget' has no attribute {name!r}")
