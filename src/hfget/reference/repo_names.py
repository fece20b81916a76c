"""The repo's type and ID at the front of a reference: `[TYPE/][org/]name[:QUANT]`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.model import PathKind, RepoRef, RepoType
from hfget.reference.validation import FORMS, PREFIXES, check_repo_id, is_repo_id, shown
from hfget.system import lazy_pattern

#: Pages that show a file or a folder: `/VIEW/REVISION[/PATH]`.
VIEWS = {
    "tree": PathKind.ANY,  # the web server shows a file below /tree/ too
    "blob": PathKind.FILE,
    "resolve": PathKind.FILE,
    "raw": PathKind.FILE,
    "blame": PathKind.FILE,
    "commits": PathKind.ANY,
}
#: What may stand behind a repo in the address of a page.
ACTIONS = (
    VIEWS.keys()
    | {"commit", "compare", "delete", "discussions", "edit", "logs", "new", "revision"}
    | {"settings", "upload", "viewer"}
)
#: What may stand there in an address of the API, and shows no page.
API_ROUTES = frozenset(
    {"auth-check", "discussions", "parquet", "paths-info", "refs", "treesize", "xet-read-token"}
)
_SINGULAR = frozenset(PREFIXES.values())
_LABELLED = lazy_pattern(r"([^:]+):([\w.+-][\w.,+-]{0,399})", re.ASCII)


class Named(NamedTuple):
    """A reference, and whether the text itself named the repo's type."""

    ref: RepoRef
    typed: bool


def segments_of(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def repo_at(segments: Sequence[str]) -> tuple[Named, list[str]]:
    """The repo at the front of `segments`, taken as they are, and what follows it."""
    kind, parts = _kind(segments)
    return _named(kind, "/".join(parts[:2])), parts[2:]


def repo_of_page(
    segments: Sequence[str], actions: Collection[str] = ACTIONS
) -> tuple[Named, list[str]]:
    """The same for the percent-encoded path of a web page; `actions` may stand behind a repo.

    Legacy repos have one segment: `/gpt2/blob/main/config.json`.
    """
    kind, parts = _kind(segments)
    if "/" in unquote(parts[0]):
        parts = [*segments_of(unquote(parts[0])), *parts[1:]]
    legacy = len(parts) > 2 and parts[1] in actions and parts[2] not in actions
    legacy |= len(parts) == 2 and parts[1] in API_ROUTES and actions is not ACTIONS
    size = 1 if legacy else 2
    repo_id = unquote("/".join(parts[:size])).removesuffix(".git")
    return _named(kind, repo_id), parts[size:]


def refuse_singular(segments: Sequence[str]) -> None:
    """Raises UsageError for `dataset/org/name`, which huggingface_hub refuses too."""
    if segments and segments[0] in _SINGULAR:
        named = "/".join([f"{segments[0]}s", *segments[1:]])
        plain = len(segments) < 4 and is_repo_id("/".join(segments[1:]))
        raise UsageError(
            texts.SINGULAR_PREFIX(
                reference=shown("/".join(segments)), prefix=segments[0], plural=segments[0]
            ),
            hint=advice.DID_YOU_MEAN(this=named.removeprefix("models/")) if plain else "",
        )


def with_type(found: Named, repo_type: RepoType | None) -> Named:
    """`found` as the type of a flag. Raises UsageError if the text named another."""
    if repo_type is None or repo_type == found.ref.repo_type:
        return found
    if found.typed:
        raise UsageError(
            texts.TYPE_CONTRADICTS(ref=found.ref, found=found.ref.repo_type, said=repo_type),
            hint=advice.LEAVE_REPO_TYPE_OUT,
        )
    return Named(replace(found.ref, repo_type=repo_type), True)


def type_named(name: str | None) -> RepoType | None:
    """The type that the text of a flag means, singular or plural. Raises UsageError."""
    if name is None:
        return None
    kind = PREFIXES.get(name.lower().removesuffix("s") + "s")
    if kind is None:
        raise UsageError(texts.UNKNOWN_TYPE(name=shown(name)), hint=advice.REPO_TYPES)
    return kind


def _kind(segments: Sequence[str]) -> tuple[RepoType | None, list[str]]:
    kind = PREFIXES.get(segments[0]) if segments else None
    parts = list(segments[1:] if kind else segments)
    if not parts:
        raise UsageError(
            texts.NAMES_NO_REPO(reference=shown("/".join(segments)) or texts.THE_ADDRESS),
            hint=FORMS,
        )
    return kind, parts


def _named(kind: RepoType | None, repo_id: str) -> Named:
    """The colon is that of llama.cpp and ollama: `org/name:Q4_K_M`, `org/name:FILE.gguf`."""
    quants: tuple[str, ...] = ()
    if labelled := _LABELLED.fullmatch(repo_id):
        repo_id = labelled[1]
        quants = tuple(filter(None, labelled[2].split(",")))
    check_repo_id(repo_id)
    return Named(RepoRef(repo_id, kind or "model", quants=quants), kind is not None)
