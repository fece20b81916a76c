"""The values that travel through hfget: a reference, a snapshot, a plan, a report.

All are frozen; sizes are in bytes, times in seconds, hashes in lower-case hex.
"""

from __future__ import annotations

from hfget.model.endings import (
    Failure,
    MirrorUse,
    Report,
    WrongRange,
)
from hfget.model.plans import (
    ItemState,
    Plan,
    PlanItem,
    Removal,
)
from hfget.model.showing import html_table, megabytes
from hfget.model.snapshots import (
    API_NAMES,
    URL_PREFIXES,
    FileChange,
    PathKind,
    Proof,
    RemoteFile,
    RepoChange,
    RepoRef,
    RepoType,
    Snapshot,
    Span,
    is_commit,
    is_etag,
    is_sha1,
    is_sha256,
    repo_type_named,
)

__all__ = [
    "API_NAMES",
    "URL_PREFIXES",
    "Failure",
    "FileChange",
    "ItemState",
    "MirrorUse",
    "PathKind",
    "Plan",
    "PlanItem",
    "Proof",
    "RemoteFile",
    "Removal",
    "RepoChange",
    "RepoRef",
    "RepoType",
    "Report",
    "Snapshot",
    "Span",
    "WrongRange",
    "html_table",
    "is_commit",
    "is_etag",
    "is_sha1",
    "is_sha256",
    "megabytes",
    "repo_type_named",
]
