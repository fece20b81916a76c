"""Where the revision ends and the path begins, behind `/tree/` and the like or an `@`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.model import PathKind, RepoRef
from hfget.reference.validation import check_path, checked_revision, is_revision, shown
from hfget.system import lazy_pattern

#: No revision in the wild has more segments; each candidate costs a request.
_MAX_SEGMENTS = 12
#: Revisions whose end is known without asking: refs with a fixed shape, and commits.
_CLEAR = lazy_pattern(
    r"(refs/pr/\d+|refs/convert/[\w.-]+|[0-9a-fA-F]{64}|[0-9a-fA-F]{40})(?=/|\Z)",
    re.ASCII | re.DOTALL,
)


def trail_candidates(ref: RepoRef) -> Iterator[tuple[str, str]]:
    """The ways to split a trail into revision and path, shortest revision first.

    A file's path is never empty. Yields nothing for a reference without a trail.
    """
    last = len(ref.trail) - (ref.path_kind is PathKind.FILE)
    for count in range(1, min(last, _MAX_SEGMENTS) + 1):
        revision = "/".join(ref.trail[:count])
        if is_revision(revision):
            yield revision, "/".join(ref.trail[count:])


def with_trail(ref: RepoRef, raw: Sequence[str], kind: PathKind) -> RepoRef:
    """`ref` with the percent-encoded segments `raw`, as far as it is clear what they mean."""
    parts = [unquote(part) for part in raw]
    joined = "/".join(parts)
    if clear := split_clear(joined):
        return placed(ref, *clear, kind)
    if len(parts) < 2 or "/" in parts[0]:
        return placed(ref, parts[0] if parts else None, "/".join(parts[1:]), kind)
    checked_revision(parts[0])
    check_path(joined)
    return replace(ref, trail=tuple(parts), path_kind=kind)


def split_clear(text: str) -> tuple[str, str] | None:
    """Revision and path, if `text` begins with a revision whose end is plain to see."""
    match = _CLEAR.match(text)
    return (match[1], text[match.end() + 1 :]) if match else None


def placed(ref: RepoRef, revision: str | None, path: str, kind: PathKind) -> RepoRef:
    """`ref` at a revision and path that are clear."""
    if revision is not None:
        revision = checked_revision(revision)
    check_path(path)
    if kind is PathKind.FILE and not path:
        raise UsageError(texts.URL_WITHOUT_FILE, hint=advice.PASTE_REPO(ref=ref))
    kind = kind if path else PathKind.ANY
    return replace(ref, revision=revision, path=path, path_kind=kind, trail=())


def with_revision(ref: RepoRef, revision: str | None) -> RepoRef:
    """`ref` at the revision of a flag. Raises UsageError if the reference names another."""
    if revision is None:
        return ref
    revision = checked_revision(revision.strip())
    for count in range(1, min(len(ref.trail), _MAX_SEGMENTS) + 1):
        if "/".join(ref.trail[:count]) == revision:
            return placed(ref, revision, "/".join(ref.trail[count:]), ref.path_kind)
    if ref.trail or ref.revision not in (None, revision):
        there = ref.revision or "/".join(ref.trail)
        raise UsageError(
            texts.REVISION_CONTRADICTS(there=shown(there), revision=shown(revision)),
            hint=advice.LEAVE_ONE_OUT,
        )
    return replace(ref, revision=revision)
