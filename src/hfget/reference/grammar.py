"""The forms of a reference: plain, `hf://`, and addresses with and without a scheme."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.model import PathKind
from hfget.reference.copied_text import (
    labelled_address,
    with_plain_hyphens,
    without_dirt,
    without_marks,
)
from hfget.reference.hub_hosts import begins_with_host
from hfget.reference.local_names import is_file_name, is_folder_name
from hfget.reference.repo_names import ACTIONS, Named, refuse_singular, repo_at, segments_of
from hfget.reference.revision_paths import placed, split_clear, with_trail
from hfget.reference.validation import FORMS, PREFIXES, has_control_characters, shown
from hfget.reference.web_urls import from_page, from_url
from hfget.system import lazy_pattern, safe_text

_LOCAL = lazy_pattern(r"\.{0,2}[/\\]|\.{1,2}$|~|[A-Za-z]:(?:[/\\]|$)|file:")
_SCHEME = lazy_pattern(r"(?i)([a-z][a-z0-9+.-]*):/+(.*)", re.DOTALL)
_GIT_ADDRESS = lazy_pattern(r"(?:ssh://git@([^:/]+)(?::\d+)?/|git@([^:/]+)[:/])(.+)", re.DOTALL)
#: The path of a page, as an address bar shows it without the host.
_PAGE_PATH = lazy_pattern(
    r"/([A-Za-z0-9][\w.-]*)/([A-Za-z0-9][\w.-]*)(?:/|/(?:blob|tree|resolve|raw)/[^\s/].*)?",
    re.ASCII,
)
#: As huggingface_hub's file system and DuckDB write them.
_SHORT_REVISIONS = {"~parquet": "refs/convert/parquet", "~duckdb": "refs/convert/duckdb"}
#: `host:port/…` or `user:password@…`
_ADDRESS = lazy_pattern(r"[^/@:]+:(?:\d+/|[^/@]+@)")


def read(text: str, endpoint: str | None) -> Named:
    """Read `text` as it is, else with full-width characters folded, else without marks at its
    end or a word in front of an address. Raises UsageError.

    As it is comes first, since a file's name may rightly hold such characters.
    """
    try:
        return _read_exactly(text, endpoint)
    except UsageError as error:
        first = error
    folded = without_dirt(unicodedata.normalize("NFKC", text))
    bare = without_dirt(without_marks(folded))
    if (address := labelled_address(bare)) is not None:
        return _read_exactly(address, endpoint)
    for form in dict.fromkeys((folded, bare, with_plain_hyphens(bare))):
        try:
            return _read_exactly(form, endpoint)
        except UsageError:
            continue
    raise first


def _read_exactly(text: str, endpoint: str | None) -> Named:
    if has_control_characters(text):
        raise UsageError(texts.CONTROL_CHARACTERS(text=shown(text)))
    if match := _GIT_ADDRESS.fullmatch(text):
        return from_url("https", f"{match[1] or match[2]}/{match[3]}", endpoint)
    if text.startswith("//") and begins_with_host(text[2:], endpoint):
        text = text[2:]
    if (page := _PAGE_PATH.fullmatch(text)) and not _is_on_disk(page[1], page[2]):
        return _from_plain(page[0].strip("/"))
    if _LOCAL.match(text):
        raise UsageError(texts.LOCAL_PATH(text=shown(text)))
    if match := _SCHEME.fullmatch(text):
        scheme = match[1].lower().removeprefix("git+")
        if scheme == "hf":
            return _from_hf(match[2])
        if scheme in ("http", "https"):
            return from_url(scheme, match[2], endpoint)
        raise UsageError(texts.UNKNOWN_SCHEME(scheme=safe_text(scheme)))
    if begins_with_host(text, endpoint):
        return from_url(None, text, endpoint)
    return _from_plain(text)


def _from_plain(text: str) -> Named:
    """`[TYPE/][org/]name[@rev]`, also with a page's path behind it."""
    if any(char.isspace() for char in text):
        raise UsageError(texts.HOLDS_SPACES(text=shown(text)))
    if _ADDRESS.match(text):
        raise UsageError(
            texts.NO_SCHEME(text=shown(text)),
            hint=advice.BEGIN_WITH_HTTP,
        )
    head, at, after = text.partition("@")
    page, mark, query = _beyond_path(text)
    if mark and "@" not in page:
        head, at = page, ""
    segments = segments_of(head)
    size = len(segments) - (segments[:1] != [] and segments[0] in PREFIXES)
    if (size > 2 and ACTIONS.intersection(segments[1:4])) or (size == 2 and mark and not at):
        return from_page(segments_of(page), None, query)
    if size > 2:
        refuse_singular(segments)
        raise UsageError(texts.TOO_MANY_SEGMENTS(text=shown(text)))
    found, _ = repo_at(segments)
    if not at:
        return found
    if not after.strip("/"):
        raise UsageError(texts.NO_REVISION, hint=advice.DID_YOU_MEAN(this=found.ref))
    return found._replace(ref=with_trail(found.ref, segments_of(after), PathKind.ANY))


def _is_on_disk(folder: str, name: str) -> bool:
    """Whether `/folder/name` is a path on a disk rather than that of a page."""
    return is_folder_name(folder) or is_file_name(name)


def _beyond_path(text: str) -> tuple[str, str, str]:
    """The path of a page, the `?` or `#` that ends it, and the query."""
    found = re.search(r"[?#]", text)
    if found is None:
        return text, "", ""
    query = text[found.end() :].partition("#")[0] if found[0] == "?" else ""
    return text[: found.start()], found[0], query


def _from_hf(body: str) -> Named:
    """`[TYPE/][org/]name[@rev][/path]`; the path is literal, a slash in the revision is %2F.

    The grammar of huggingface_hub (`utils/_hf_uris.py`), which wants org/name; of one segment
    a legacy name is made here.
    """
    segments = segments_of(body)
    if segments[:1] in (["buckets"], ["kernels"]):
        raise UsageError(texts.HF_SCHEME(kind=segments[0]), hint=FORMS)
    refuse_singular(segments)
    start = 1 if segments and segments[0] in PREFIXES else 0
    end = min(start + 2, len(segments))
    at = next((i for i in range(start, end) if "@" in segments[i]), None)
    if at is None:
        if end - start == 2 == len(segments) - start and is_file_name(segments[-1]):
            found, rest = repo_at(segments[:-1])[0], segments[-1:]  # a file of a legacy repo
        else:
            found, rest = repo_at(segments)
        return found._replace(ref=placed(found.ref, None, "/".join(rest), PathKind.ANY))
    name, _, revision = segments[at].partition("@")
    found, _ = repo_at([*segments[:at], name])
    path = "/".join(segments[at + 1 :])
    revision = _SHORT_REVISIONS.get(revision, revision)
    if clear := split_clear(f"{revision}/{path}"):
        revision, path = clear
    return found._replace(ref=placed(found.ref, unquote(revision), path, PathKind.ANY))
