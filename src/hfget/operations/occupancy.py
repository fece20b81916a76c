"""Whether a folder holds another repo: by hfget's records, and by what the hub says of others.

Files of two repos in one folder cannot be told apart by a later `--delete`, by `verify` or by
the programs that load them. A former name of the repo, and its other commits, are no other repo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hfget.destinations import Layout, Occupants, RepoName
from hfget.errors import HfgetError, InterruptedRunError, NetworkError, TimeLimitError, UsageError
from hfget.hub import Hub
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import URL_PREFIXES, PathKind, RepoRef, RepoType, Snapshot, repo_type_named
from hfget.system import safe_text

#: Called with a folder and what it is; raises an HfgetError to refuse it.
Consent = Callable[[Path, str], None]

#: So many names and commits are asked of the hub; a folder with more holds many repos.
_MOST_ASKED = 8
_SHORT_COMMIT = 7


def settle(
    layout: Layout,
    hub: Hub,
    snapshot: Snapshot,
    asked: RepoRef,
    *,
    delete: bool = False,
    consent: Consent | None = None,
) -> None:
    """Make sure that the folder is the snapshot's repo's alone, or that the user wants it shared.

    The hub is asked only about what the records leave open. Raises UsageError; NetworkError
    where an answer is needed and does not come.
    """
    found = layout.others(snapshot)
    known = _same(found, hub, snapshot, asked)
    layout.take(snapshot, known)
    repos = [repo for repo in found.repos if repo not in known.repos]
    commits = [commit for commit in found.commits if commit not in known.commits]
    if not repos and not commits:
        return
    root = layout.root(snapshot)
    what = _described(repos, commits, found, snapshot)
    if delete:
        raise UsageError(
            texts.DELETE_REFUSED(root=root, what=what),
            hint=advice.OTHER_FOLDER_OR_NO_DELETE,
        )
    if consent is None:
        raise UsageError(f"{root} {what}", hint=advice.OTHER_FOLDER)
    consent(root, texts.FOLDER_THAT(what=what))


def _same(found: Occupants, hub: Hub, snapshot: Snapshot, asked: RepoRef) -> Occupants:
    """What of `found` is the snapshot's repo too."""
    own = snapshot.ref
    repos = {}
    for repo, path in list(found.repos.items())[:_MOST_ASKED]:
        if repo[0] == own.repo_type and (
            repo[1] == asked.repo_id or _present_name(hub, own.repo_type, repo[1]) == own.repo_id
        ):
            repos[repo] = path
    commits = {}
    for commit, path in list(found.commits.items())[:_MOST_ASKED]:
        if _has_commit(hub, own, commit):
            commits[commit] = path
    return Occupants(repos, commits)


def _present_name(hub: Hub, repo_type: RepoType, repo_id: str) -> str:
    try:
        return hub.pin(RepoRef(repo_id, repo_type))[0].repo_id
    except HfgetError as error:
        _raise_unless_unknown(error)
        return ""


def _has_commit(hub: Hub, ref: RepoRef, commit: str) -> bool:
    plain = replace(ref, revision=commit, path="", path_kind=PathKind.ANY, trail=(), quants=())
    try:
        return hub.pin(plain)[1] == commit
    except HfgetError as error:
        _raise_unless_unknown(error)
        return False


def _raise_unless_unknown(error: HfgetError) -> None:
    """Raise what is not the hub's word that it knows no such thing."""
    if isinstance(error, (NetworkError, InterruptedRunError, TimeLimitError)):
        raise error


def _described(
    repos: list[RepoName], commits: list[str], found: Occupants, snapshot: Snapshot
) -> str:
    if repos:
        kind, name = repos[0]
        known = repo_type_named(kind)
        prefix = URL_PREFIXES[known] if known is not None else ""
        return texts.OTHER_REPO(prefix=prefix, name=safe_text(name, 120))
    path = safe_text(found.commits[commits[0]], 120)
    return texts.OTHER_REPO_OF_COMMIT(
        path=path, commits=commits[0][:_SHORT_COMMIT], ref=snapshot.ref
    )
