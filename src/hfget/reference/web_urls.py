"""Addresses of the Hub's web server and of its API: which endpoint, which repo, which file."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

from hfget.endpoints import hostname_of, is_public_hub, netloc
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.model import PathKind, RepoRef
from hfget.reference.hub_hosts import (
    hub_like,
    imitates_hub,
    is_local,
    is_no_hub,
    is_other_site,
    origin,
    split_endpoint,
)
from hfget.reference.repo_names import (
    ACTIONS,
    API_ROUTES,
    VIEWS,
    Named,
    refuse_singular,
    repo_of_page,
    segments_of,
)
from hfget.reference.revision_paths import placed, with_trail
from hfget.reference.validation import FORMS, PREFIXES, check_path, shown
from hfget.system import lazy_pattern, safe_text, shell_word

#: First segments of addresses below which there are no repos, and what is there.
_OTHER_PAGES = {
    "collections": "a collection",
    "papers": "a paper",
    "organizations": texts.AN_ORGANISATION,
    "users": "a user",
    "posts": "a post",
    "blog": texts.AN_ARTICLE,
    "docs": "documentation",
    "learn": "a course",
    "buckets": "a bucket",
    "kernels": "a kernel",
    "search": "a search",
}
_NO_REPO = lazy_pattern(
    "api|avatars|brand|changelog|chat|enterprise|front|inference(?:-endpoints|-providers)?|jobs|join|languages|"
    "login|logout|new|notifications|oauth|playground|pricing|privacy|settings|storage|subscribe|"
    "support|tasks|terms-of-service|welcome"
)
#: Lists below the name of an organisation or a user.
_LISTS = frozenset({"activity", "collections", "datasets", "followers", "following", "models"})
_WITHIN = lazy_pattern(
    r"(?i)https?(:/{1,2}|%3a(?:%2f|/){1,2})((?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)[/%]\S+)"
)
_SHOWN_FILE = lazy_pattern("(?:^|&)(?:amp;)?show_file_info=([^&#]+)")
#: Where the Hub puts the Parquet files that it makes of a dataset.
_PARQUET = "refs/convert/parquet"


def from_url(scheme: str | None, rest: str, endpoint: str | None) -> Named:
    """`rest` is what follows `scheme://`; the scheme is None where none was typed."""
    base, segments, query = _below_hub(scheme, rest, endpoint)
    return from_page(segments, base, query)


def hub_at(address: str, endpoint: str | None) -> str:
    """The endpoint that `address` is. Raises UsageError if it is not a hub that is known."""
    scheme, _, rest = address.rpartition("://")
    base, prefix, _ = _below_hub(scheme.lower() or None, rest, endpoint)
    return "/".join([base, *prefix])


def from_page(segments: list[str], base: str | None, query: str = "") -> Named:
    """The path of a page or of an API address, in raw (percent-encoded) segments.

    `base` is the endpoint, None for a path that was typed without one.
    """
    is_api = segments[:1] == ["api"] and segments[1:2] != [] and segments[1] in PREFIXES
    if segments[:2] == ["api", "resolve-cache"]:  # where /resolve/ redirects for small files
        segments = [*segments[2:5], "resolve", *segments[5:]]
    elif is_api:
        segments = segments[1:]
    elif (
        base is not None
        and segments
        and (segments[0] in _OTHER_PAGES or _NO_REPO.fullmatch(segments[0]))
    ):
        raise _no_repo(segments)
    if len(segments) > 2 and segments[2] not in ACTIONS:
        refuse_singular(segments)
    segments, revision = _without_revision(segments)
    found, rest = repo_of_page(segments, ACTIONS | API_ROUTES if is_api else ACTIONS)
    ref = replace(found.ref, endpoint=base)
    action, tail = (rest[0], rest[1:]) if rest else ("", [])
    if is_api and action in API_ROUTES and action not in VIEWS:
        ref = _of_api(ref, action, tail)
    elif action in VIEWS:
        if any("*" in part for part in tail[1:]):
            raise _pattern(ref, tail)
        ref = with_trail(ref, _without_query(tail), VIEWS[action])
    elif action in ("revision", "commit") and tail:
        ref = placed(ref, "/".join(unquote(part) for part in tail), "", PathKind.ANY)
    elif action:
        raise _nothing_to_download(ref, action, tail)
    if revision is not None:
        ref = placed(ref, revision, "", PathKind.ANY)
    return found._replace(ref=_with_shown_file(ref, query))


def _without_revision(segments: list[str]) -> tuple[list[str], str | None]:
    """`/org/name@v1`, as pip writes it behind a git address: the segments, and the revision."""
    if not segments or ACTIONS.intersection(segments[1:]) or segments[-1].count("@") != 1:
        return segments, None
    name, _, revision = segments[-1].partition("@")
    return [*segments[:-1], name], unquote(revision) or None


def _of_api(ref: RepoRef, route: str, tail: list[str]) -> RepoRef:
    """What an address of the API is about: the repo, or a revision or a folder of it."""
    if route == "parquet":
        parts = [unquote(part) for part in tail]
        if len(parts) > 2 and (number := re.fullmatch(r"(\d{1,6})\.parquet", parts[2])):
            parts[2] = f"{int(number[1]):04d}.parquet"
        return placed(ref, _PARQUET, "/".join(parts), PathKind.ANY)
    if route in ("treesize", "paths-info", "xet-read-token") and tail:
        return placed(ref, unquote(tail[0]), "", PathKind.ANY)
    return ref


def _with_shown_file(ref: RepoRef, query: str) -> RepoRef:
    """`ref` at the file whose metadata a page shows: `?show_file_info=FOLDER/FILE`.

    The web server gives the path from the repo's root; beside an unclear revision the hub is
    asked which reading there is.
    """
    shown_file = _SHOWN_FILE.search(query)
    if ref.path_kind is PathKind.FILE or shown_file is None:
        return ref
    file = unquote_plus(shown_file[1]).strip("/")
    folders = file.split("/")[:-1]
    if not ref.trail:
        path = file if file.startswith(f"{ref.path}/") or not ref.path else f"{ref.path}/{file}"
        return placed(ref, ref.revision, path, PathKind.FILE)
    front = list(ref.trail)
    for count in range(min(len(front) - 1, len(folders)), 0, -1):
        if front[-count:] == folders[:count]:
            del front[-count:]
            break
    if len(front) == 1:
        return placed(ref, front[0], file, PathKind.FILE)
    check_path(file)
    return replace(ref, trail=(*front, *file.split("/")), path_kind=PathKind.FILE)


def _without_query(tail: list[str]) -> list[str]:
    """`tail` without a query whose `?` became an `&`, as happens where addresses are rewritten."""
    if not tail:
        return tail
    return [*tail[:-1], re.sub(r"&(?:amp;)?download=true$", "", tail[-1])]


def _pattern(ref: RepoRef, tail: list[str]) -> UsageError:
    from hfget.reference.hints import WantedFiles, command_for

    revision, *rest = (unquote(part) for part in tail)
    at = replace(ref, revision=None if revision == "main" else revision)
    command = command_for(WantedFiles(at, include=("/".join(rest),)))
    return UsageError(texts.URL_WITH_PATTERN, hint=command or FORMS)


def _no_repo(segments: list[str]) -> UsageError:
    what = _OTHER_PAGES.get(segments[0])
    message = texts.PAGE_OF_NO_REPO(path=shown("/".join(segments)))
    return UsageError(
        texts.PAGE_OF_ANOTHER_KIND(message=message, what=what) if what else message, hint=FORMS
    )


def _nothing_to_download(ref: RepoRef, action: str, tail: list[str]) -> UsageError:
    name = ref.repo_id.rpartition("/")[2]
    if action not in ACTIONS and name in _LISTS:
        return UsageError(texts.LIST_OF_REPOS(repo_id=shown(ref.repo_id)), hint=FORMS)
    hint = advice.PASTE_REPO(ref=ref)
    if action == "discussions" and tail and re.fullmatch("[0-9]{1,9}", tail[0]):
        hint += texts.PULL_REQUEST(ref=ref, number=tail[0])
    elif action in ("edit", "delete"):
        hint += texts.PAGE_OF_FILE
    elif action not in ACTIONS and ref.endpoint and not is_public_hub(hostname_of(ref.endpoint)):
        path = ref.repo_id.partition("/")[0]
        hint = advice.HUB_BELOW_PATH(endpoint=ref.endpoint, path=path)
    return UsageError(texts.NOTHING_TO_DOWNLOAD(action=shown(action), ref=ref), hint=hint)


def _below_hub(scheme: str | None, rest: str, endpoint: str | None) -> tuple[str, list[str], str]:
    """The endpoint a URL lies on, the segments of its path there, and its query.

    Raises UsageError for a malformed URL, and for a host that is not named as a hub.
    """
    try:
        parts = urlsplit(f"{scheme or 'https'}://{rest}")
        host, port = hostname_of(parts), parts.port
    except ValueError as error:
        raise UsageError(texts.MALFORMED_URL, hint=FORMS) from error
    if not host:
        raise UsageError(texts.URL_WITHOUT_HOST, hint=FORMS)
    segments = segments_of(parts.path)
    ours = split_endpoint(endpoint)
    if ours is not None and host == hostname_of(ours):
        if scheme is None:
            scheme, port = ours.scheme, port or ours.port
        base, prefix = origin(scheme, host, port), segments_of(ours.path)
        if segments[: len(prefix)] == prefix:
            return "/".join([base, *prefix]), segments[len(prefix) :], parts.query
        return base, segments, parts.query
    if is_public_hub(host) or (scheme is not None and is_local(host, port)):
        return origin(scheme or "https", host, port), segments, parts.query
    raise _strange_host(scheme, host, port, parts)


def _strange_host(
    scheme: str | None, host: str, port: int | None, parts: SplitResult
) -> UsageError:
    if is_no_hub(host):
        return UsageError(texts.HOST_WITHOUT_REPOS(host=shown(host)), hint=advice.PASTE_REPO_PAGE)
    message = texts.UNKNOWN_HUB(host=shown(host))
    if hub := hub_like(host):
        return UsageError(message, hint=_at_hub(hub, parts.path))
    if inner := _address_within(f"{parts.path}?{parts.query}"):
        return UsageError(message, hint=inner)
    if is_other_site(host) or imitates_hub(host):
        return UsageError(message, hint=texts.PASTE_ID_OR(forms=FORMS))
    address = f"{scheme if scheme and port else 'https'}://{netloc(host, port)}"
    if safe_text(address, 300) != address:
        return UsageError(message, hint=texts.PASTE_ID_OR(forms=FORMS))
    return UsageError(
        message,
        hint=texts.PASTE_ID_OR_ENDPOINT(address=shell_word(address)),
    )


def _address_within(text: str) -> str | None:
    """A hint with the page that an address leads on to: `…/?target=https%3A//huggingface.co/…`.

    Search engines, chat programs and proxies put their own address around.
    """
    from hfget.reference.hints import WantedFiles, did_you_mean

    found = _WITHIN.search(text)
    if found is None:
        return None
    address = found[2].partition("&")[0]
    address = address if ":/" in found[1] else unquote(address)
    try:
        ref = from_url("https", address.lstrip("/"), None).ref
    except UsageError:
        return None
    return did_you_mean(WantedFiles(ref))


def _at_hub(hub: str, path: str) -> str:
    """A hint with the same page on the hub whose name was meant; no request goes to either."""
    address = f"https://{hub}{path}"
    try:
        from_page(segments_of(path), f"https://{hub}")
    except UsageError:
        return FORMS
    if safe_text(address, 300) != address or shlex.quote(address) != address:
        return FORMS
    return advice.DID_YOU_MEAN(this=address)
