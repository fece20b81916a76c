"""Text as the user typed or pasted it → RepoRef (pure: no network, no disk).

The accepted forms are listed in docs/references.md. `hf://` follows the grammar of
huggingface_hub (`utils/_hf_uris.py`), pages and API addresses those of the Hub's web server.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from hfget.errors import UsageError
from hfget.model import URL_PREFIXES, PathKind, RepoRef, RepoType
from hfget.secret import redact
from hfget.text import safe_text

_MAX_LENGTH = 16_384
#: No revision in the wild has more segments; each candidate costs a request.
_MAX_REVISION_SEGMENTS = 12
_PREFIXES: dict[str, RepoType] = {"models": "model", "datasets": "dataset", "spaces": "space"}
_VIEWS = {
    "tree": PathKind.FOLDER,
    "blob": PathKind.FILE,
    "resolve": PathKind.FILE,
    "raw": PathKind.FILE,
    "blame": PathKind.FILE,
    "commits": PathKind.ANY,
}
_ACTIONS = (
    _VIEWS.keys()
    | {"commit", "compare", "delete", "discussions", "edit", "logs", "new", "revision"}
    | {"settings", "upload", "viewer"}
)
_NO_REPO = re.compile(
    "api|blog|brand|buckets|changelog|chat|collections|docs|enterprise|inference|jobs|join|kernels|"
    "languages|learn|login|logout|new|notifications|organizations|papers|posts|pricing|privacy|"
    "search|settings|storage|support|tasks|terms-of-service"
)
_PUBLIC_HOSTS = frozenset({"huggingface.co", "hf.co", "hf-mirror.com", "hub-ci.huggingface.co"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_QUOTES = "\"'`“”„‟‘’‚‛«»‹›「」『』《》〈〉【】＂＇"
_TRAILING = ".,;。，、；"
_LOCAL = re.compile(r"\.{0,2}[/\\]|\.{1,2}$|~|[A-Za-z]:(?:[/\\]|$)|file:")
_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*):/+(.*)", re.DOTALL)
_GIT_ADDRESS = re.compile(r"(?:ssh://)?git@([^:/]+)[:/](.+)", re.DOTALL)
#: Revisions whose end is known without asking: refs with a fixed shape, and commits.
_CLEAR = re.compile(
    r"(refs/pr/\d+|refs/convert/[\w.-]+|[0-9a-fA-F]{40})(?=/|\Z)", re.ASCII | re.DOTALL
)
_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
#: What `git check-ref-format` forbids in a ref's name.
_BAD_REVISION = re.compile(r"[\s~^:?*\[\\]|\.\.|@\{|//|(?:^|/)[./]|[/.]\Z|\.lock(?:/|\Z)")
_COMMAND = re.compile(
    r"(?:[$>%!#]\s*)?(?:[A-Z][A-Z0-9_]*=\S*\s+)*(hf|huggingface-cli|git|wget|curl)\s+(.+)",
    re.DOTALL,
)
_VALUED_OPTION = re.compile(
    "--(?:repo-type|revision|include|exclude|cache-dir|local-dir|token|max-workers|"
    "local-dir-use-symlinks|format)"
)
_TOKEN = re.compile(r"hf_[A-Za-z0-9]{20,}")
_FORMS = "a reference looks like org/name, datasets/org/name or https://huggingface.co/org/name"


class _Typed(NamedTuple):
    """A reference, and whether the text itself named the repo's type."""

    ref: RepoRef
    typed: bool


class _Command(NamedTuple):
    reference: str
    name: str | None
    revision: str | None
    repo_type: str | None


def parse(
    text: str,
    *,
    repo_type: RepoType | None = None,
    revision: str | None = None,
    endpoint: str | None = None,
) -> RepoRef:
    """What repo, revision and path `text` names.

    `repo_type` and `revision` are the user's flags, `endpoint` the hub named by flag or
    environment: URLs on it are understood, its path prefix included. The result's `endpoint`
    is the origin of a pasted URL, with the prefix of `endpoint` where the URL lies below it.
    Raises UsageError, whose hint shows the nearest right form, and nothing else.
    """
    if len(text) > _MAX_LENGTH:
        raise UsageError(f"a reference of {len(text)} characters", hint=_FORMS)
    cleaned = _without_dirt(text)
    if not cleaned:
        raise UsageError("no repo is named", hint=_FORMS)
    if _TOKEN.fullmatch(cleaned):
        raise UsageError("this is a token, not a repo", hint="pass it as HF_TOKEN or by --token")
    command = _command(cleaned)
    found = _read(command.reference if command else cleaned, endpoint)
    if command is not None:
        found = _with_type(found, _type_named(command.repo_type))
        ref = _with_revision(found.ref, command.revision)
        if command.name:
            if ref.path or ref.trail:
                raise UsageError(
                    "the command names a file beside a URL that names one", hint=_FORMS
                )
            ref = _placed(ref, ref.revision, command.name.strip("/"), PathKind.ANY)
        found = _Typed(ref, found.typed)
    return _with_revision(_with_type(found, repo_type).ref, revision)


def trail_candidates(ref: RepoRef) -> Iterator[tuple[str, str]]:
    """The ways to split a trail into revision and path, shortest revision first.

    A file's path is never empty. Yields nothing for a reference without a trail.
    """
    last = len(ref.trail) - (ref.path_kind is PathKind.FILE)
    for count in range(1, min(last, _MAX_REVISION_SEGMENTS) + 1):
        yield "/".join(ref.trail[:count]), "/".join(ref.trail[count:])


def quote_revision(revision: str) -> str:
    """`revision` as one segment of a URL: `refs/pr/1` → `refs%2Fpr%2F1`."""
    return quote(revision, safe="")


def _without_dirt(text: str) -> str:
    """`text` without what copying and chat programs leave around a reference."""
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    before = None
    while text != before:
        before = text
        text = text.strip().strip(_QUOTES)
        if text[-1:] in _TRAILING and text[-2:-1] not in ("", ".", "/", "\\"):
            text = text[:-1]
        elif text.startswith("[") and text.endswith(")") and "](" in text:
            text = next(iter(text.partition("](")[2][:-1].split()), "")
        elif text[:1] + text[-1:] in ("<>", "()", "[]"):
            text = text[1:-1]
        elif text.endswith(")") and "(" not in text:
            text = text[:-1]
    return text


def _command(text: str) -> _Command | None:
    """The parts of a pasted `hf download …` or `git clone …`, None if it is no command."""
    match = _COMMAND.fullmatch(text)
    if match is None:
        return None
    line = re.sub(r"\\\r?\n", " ", match[2])
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    if match[1] in ("hf", "huggingface-cli"):
        return _hf_command(words)
    starts = ("https://", "http://", "git@", "ssh://")
    address = next((word for word in words if word.startswith(starts)), None)
    if address is None:
        raise UsageError(f"the {match[1]} command names no URL", hint=_FORMS)
    branch = None
    if match[1] == "git":
        branch = next(
            (value for flag, value in pairwise(words) if flag in ("-b", "--branch")), None
        )
    return _Command(_without_dirt(address), None, branch, None)


def _hf_command(words: Sequence[str]) -> _Command:
    """Options that say where to or how are dropped; those that choose files cannot be."""
    if not words or words[0] != "download":
        raise UsageError("of the hf commands only `hf download` is understood", hint=_FORMS)
    given: dict[str, str] = {}
    names: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        option, equals, value = word.partition("=")
        if not word.startswith("-"):
            names.append(word)
        elif _VALUED_OPTION.fullmatch(option):
            given[option] = value if equals else next(rest, "")
    if not names:
        raise UsageError("the command names no repo", hint=_FORMS)
    repo = _without_dirt(names[0])
    chosen = names[1:]
    if len(chosen) > 1 or "--include" in given or "--exclude" in given or _is_glob(chosen):
        raise UsageError(
            "the pasted command chooses files",
            hint=f"give the repo, then the files: hfget {_shown(repo)} FILE… or --include GLOB",
        )
    return _Command(
        repo, chosen[0] if chosen else None, given.get("--revision"), given.get("--repo-type")
    )


def _is_glob(names: Sequence[str]) -> bool:
    return any(char in name for name in names for char in "*?[")


def _read(text: str, endpoint: str | None) -> _Typed:
    """Read `text` as it is, else with full-width characters folded.

    As it is comes first, since a file's name may rightly hold full-width characters.
    """
    try:
        return _read_exactly(text, endpoint)
    except UsageError:
        folded = _without_dirt(unicodedata.normalize("NFKC", text))
        if folded == text:
            raise
        return _read_exactly(folded, endpoint)


def _read_exactly(text: str, endpoint: str | None) -> _Typed:
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        raise UsageError(f"the reference {_shown(text)} holds control characters", hint=_near(text))
    if match := _GIT_ADDRESS.fullmatch(text):
        return _from_url("https", f"{match[1]}/{match[2]}", endpoint)
    if _LOCAL.match(text):
        raise UsageError(
            f"{_shown(text)} is a local path; a repo ID is wanted", hint=_near(text.lstrip("~./\\"))
        )
    if match := _SCHEME.fullmatch(text):
        scheme = match[1].lower()
        if scheme == "hf":
            return _from_hf(match[2])
        if scheme in ("http", "https"):
            return _from_url(scheme, match[2], endpoint)
        raise UsageError(
            f"{safe_text(scheme)}:// addresses are not understood", hint=_near(match[2])
        )
    if _begins_with_host(text, endpoint):
        return _from_url(None, text, endpoint)
    return _from_plain(text)


def _from_plain(text: str) -> _Typed:
    """`[TYPE/][org/]name[@rev]`, also with a page's path behind it."""
    if any(char.isspace() for char in text):
        raise UsageError(f"{_shown(text)} holds spaces", hint=_near(text))
    if re.match(r"[^/@]+:\d+/", text):
        raise UsageError(
            f"{_shown(text)} looks like an address without its scheme",
            hint="begin it with http:// or https://",
        )
    head, at, after = text.partition("@")
    segments = _segments(head)
    size = len(segments) - (segments[:1] != [] and segments[0] in _PREFIXES)
    if size > 2:
        if not at and _ACTIONS.intersection(segments[1:4]):
            return _from_page(segments, None)
        raise UsageError(f"{_shown(text)} has too many segments", hint=_near(text))
    found, _ = _repo(segments)
    if not at:
        return found
    if not after.strip("/"):
        raise UsageError("no revision behind the @", hint=f"did you mean {found.ref}?")
    return found._replace(ref=_with_trail(found.ref, _segments(after), PathKind.ANY))


def _from_hf(body: str) -> _Typed:
    """`[TYPE/][org/]name[@rev][/path]`; the path is literal, a slash in the revision is %2F."""
    segments = _segments(body)
    if segments[:1] in (["buckets"], ["kernels"]):
        raise UsageError(f"hf://{segments[0]}/ is not supported", hint=_FORMS)
    start = 1 if segments and segments[0] in _PREFIXES else 0
    end = min(start + 2, len(segments))
    at = next((i for i in range(start, end) if "@" in segments[i]), None)
    if at is None:
        found, _ = _repo(segments[:end])
        return found._replace(ref=_placed(found.ref, None, "/".join(segments[end:]), PathKind.ANY))
    name, _, revision = segments[at].partition("@")
    found, _ = _repo([*segments[:at], name])
    path = "/".join(segments[at + 1 :])
    if match := _CLEAR.match(f"{revision}/{path}"):
        revision, path = match[1], f"{revision}/{path}"[match.end() + 1 :]
    return found._replace(ref=_placed(found.ref, unquote(revision), path, PathKind.ANY))


def _from_url(scheme: str | None, rest: str, endpoint: str | None) -> _Typed:
    try:
        parts = urlsplit(f"{scheme or 'https'}://{rest}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise UsageError("the URL is malformed", hint=_FORMS) from error
    if not host:
        raise UsageError("the URL has no host", hint=_FORMS)
    base, segments = _below_endpoint(scheme, host, port, _segments(parts.path), endpoint)
    return _from_page(segments, base)


def _from_page(segments: list[str], base: str | None) -> _Typed:
    """The path of a page or of an API address, in raw (percent-encoded) segments."""
    if segments[:1] == ["api"] and segments[1:2] and segments[1] in _PREFIXES:
        segments = segments[1:]
    elif base is not None and segments and _NO_REPO.fullmatch(segments[0]):
        raise UsageError(f"/{_shown('/'.join(segments))} is not the page of a repo", hint=_FORMS)
    found, rest = _repo(segments, from_url=True)
    ref = replace(found.ref, endpoint=base)
    action, tail = (rest[0], rest[1:]) if rest else ("", [])
    if action in _VIEWS:
        ref = _with_trail(ref, tail, _VIEWS[action])
    elif action in ("revision", "commit") and tail:
        ref = _placed(ref, "/".join(unquote(part) for part in tail), "", PathKind.ANY)
    elif action:
        hint = f"paste the repo alone: {ref}"
        if action == "discussions" and tail and re.fullmatch("[0-9]{1,9}", tail[0]):
            hint += f"; if it is a pull request: {ref} --revision refs/pr/{tail[0]}"
        elif action in ("edit", "delete"):
            hint += ", or the page that shows the file (/blob/…)"
        raise UsageError(f"the page /{_shown(action)} of {ref} is nothing to download", hint=hint)
    return found._replace(ref=ref)


def _repo(segments: list[str], *, from_url: bool = False) -> tuple[_Typed, list[str]]:
    """The repo that `[TYPE/][org/]name` at the front of `segments` names, and what follows."""
    kind = _PREFIXES.get(segments[0]) if segments else None
    parts = segments[1:] if kind else segments
    if not parts:
        raise UsageError(
            f"{_shown('/'.join(segments)) or 'the address'} names no repo", hint=_FORMS
        )
    if from_url and "/" in unquote(parts[0]):
        parts = [*_segments(unquote(parts[0])), *parts[1:]]
    legacy = len(parts) > 2 and parts[1] in _ACTIONS and parts[2] not in _ACTIONS
    size = 1 if legacy else 2
    repo_id = "/".join(parts[:size])
    if from_url:
        repo_id = unquote(repo_id).removesuffix(".git")
    _check_repo_id(repo_id, "/".join(segments))
    return _Typed(RepoRef(repo_id, kind or "model"), kind is not None), parts[size:]


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _begins_with_host(text: str, endpoint: str | None) -> bool:
    """Whether text without a scheme begins with the host of a hub.

    A bare LAN name counts with its port only: without, it may as well be an organisation.
    """
    host, _, port = re.split(r"[/?#]", text, maxsplit=1)[0].lower().partition(":")
    host = host.rstrip(".")
    ours = _split_endpoint(endpoint)
    known = _is_public(host) or (ours is not None and host == ours.hostname)
    return known and ("." in host or bool(port))


def _split_endpoint(endpoint: str | None) -> SplitResult | None:
    """The parts of `endpoint`, None if it is no http(s) address with a valid port."""
    try:
        parts = urlsplit(
            endpoint if endpoint and "://" in endpoint else f"https://{endpoint or ''}"
        )
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and parts.scheme in _DEFAULT_PORTS else None


def _below_endpoint(
    scheme: str | None, host: str, port: int | None, segments: list[str], endpoint: str | None
) -> tuple[str, list[str]]:
    """The endpoint a URL lies on, and its path there. Raises UsageError for a strange host."""
    ours = _split_endpoint(endpoint)
    if ours is not None and host == ours.hostname:
        if scheme is None:
            scheme, port = ours.scheme, port or ours.port
        origin, prefix = _origin(scheme, host, port), _segments(ours.path)
        if prefix and segments[: len(prefix)] == prefix:
            return "/".join([origin, *prefix]), segments[len(prefix) :]
        return origin, segments
    if _is_public(host) or (scheme is not None and _is_local(host, port)):
        return _origin(scheme or "https", host, port), segments
    address = f"{scheme if scheme and port else 'https'}://{_netloc(host, port)}"
    raise UsageError(
        f"{_shown(host)} is not a hub that hfget knows",
        hint=f"paste org/name; if it is a hub or a mirror, say so: --endpoint {safe_text(address)}",
    )


def _is_public(host: str) -> bool:
    bare = host.removeprefix("www.")
    return bare in _PUBLIC_HOSTS or bare.endswith(".hf-mirror.com")


def _is_local(host: str, port: int | None) -> bool:
    """Loopback, or with a port named a host that can only be in the local network."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return port is not None and re.fullmatch(r"[a-z0-9_-]+(\.local|\.lan)?", host) is not None
    inside = address.is_private and not (address.is_link_local or address.is_unspecified)
    return address.is_loopback or (port is not None and inside)


def _origin(scheme: str, host: str, port: int | None) -> str:
    """scheme://host[:port]; public hubs by https and under their own name."""
    if _is_public(host):
        host = host.removeprefix("www.")
        host = "huggingface.co" if host == "hf.co" else host
        scheme, port = "https", None if port == 80 else port
    return f"{scheme}://{_netloc(host, None if port == _DEFAULT_PORTS[scheme] else port)}"


def _netloc(host: str, port: int | None) -> str:
    literal = f"[{host}]" if ":" in host else host
    return literal if port is None else f"{literal}:{port}"


def _with_trail(ref: RepoRef, raw: Sequence[str], kind: PathKind) -> RepoRef:
    """`ref` with what follows `/tree/` and the like, as far as it is clear what that means."""
    parts = [unquote(part) for part in raw]
    joined = "/".join(parts)
    if match := _CLEAR.match(joined):
        return _placed(ref, match[1], joined[match.end() + 1 :], kind)
    if len(parts) < 2 or "/" in parts[0]:
        return _placed(ref, parts[0] if parts else None, "/".join(parts[1:]), kind)
    _check_revision(parts[0])
    _check_path(joined)
    return replace(ref, trail=tuple(parts), path_kind=kind)


def _placed(ref: RepoRef, revision: str | None, path: str, kind: PathKind) -> RepoRef:
    """`ref` at a revision and path that are clear."""
    if revision is not None:
        _check_revision(revision)
        revision = revision.lower() if _COMMIT.fullmatch(revision) else revision
    _check_path(path)
    if kind is PathKind.FILE and not path:
        raise UsageError("the URL names no file", hint=f"paste the repo alone: {ref}")
    kind = kind if path else PathKind.ANY
    return replace(ref, revision=revision, path=path, path_kind=kind, trail=())


def _with_type(found: _Typed, repo_type: RepoType | None) -> _Typed:
    if repo_type is None or repo_type == found.ref.repo_type:
        return found
    if found.typed:
        raise UsageError(
            f"{found.ref} is a {found.ref.repo_type}, but --repo-type says {repo_type}",
            hint="leave --repo-type out",
        )
    return _Typed(replace(found.ref, repo_type=repo_type), True)


def _type_named(name: str | None) -> RepoType | None:
    if name is None:
        return None
    kind = _PREFIXES.get(name.lower().removesuffix("s") + "s")
    if kind is None:
        raise UsageError(
            f"there is no repo type {_shown(name)}", hint="use model, dataset or space"
        )
    return kind


def _with_revision(ref: RepoRef, revision: str | None) -> RepoRef:
    """`ref` at the revision of a flag. Raises UsageError if the reference names another."""
    if revision is None:
        return ref
    revision = revision.strip()
    _check_revision(revision)
    for count in range(1, len(ref.trail) + 1):
        if "/".join(ref.trail[:count]) == revision:
            return _placed(ref, revision, "/".join(ref.trail[count:]), ref.path_kind)
    if ref.trail or ref.revision not in (None, revision):
        there = ref.revision or "/".join(ref.trail)
        raise UsageError(
            f"the reference names {_shown(there)}, but --revision says {_shown(revision)}",
            hint="leave one of them out",
        )
    return replace(ref, revision=revision)


def _check_revision(revision: str) -> None:
    if not revision.isprintable() or not revision or _BAD_REVISION.search(revision):
        raise UsageError(
            f"{_shown(revision) or 'an empty text'} cannot be a revision",
            hint="a revision is a branch, a tag or a commit, for instance main",
        )


def _check_path(path: str) -> None:
    """Raises UsageError for what cannot be a path in a repo. No path is the empty one."""
    bad = any(segment in ("", ".", "..") for segment in path.split("/")) if path else False
    if bad or any(unicodedata.category(char) in ("Cc", "Cs") for char in path):
        raise UsageError(
            f"{_shown(path)} cannot be a path in a repo", hint="give it without . and .. and //"
        )


def _check_repo_id(repo_id: str, shown: str) -> None:
    if not _is_repo_id(repo_id):
        raise UsageError(f"{_shown(repo_id)} is not a repo ID", hint=_near(shown))


def _is_repo_id(text: str) -> bool:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(text)
    except HFValidationError:
        return False
    return text.isascii()


def _shown(text: str) -> str:
    return safe_text(redact(text), limit=80)


def _near(text: str) -> str:
    """A hint with the nearest right form of `text`, as far as there is one."""
    text = unquote(unicodedata.normalize("NFKC", text[:400])).replace("\\", "/")
    text = re.sub(r"\s*/+\s*", "/", text.partition("://")[2] or text)
    words = text.split()
    text = next((word for word in words if re.search(r"\w/\w", word)), "-".join(words))
    segments = []
    for segment in _segments(text):
        name = re.sub(r"[^A-Za-z0-9._-]", "", re.sub(r"[@:?#].*", "", segment))
        name = re.sub(r"-{2,}", "-", re.sub(r"\.{2,}", ".", name)).strip("-.")
        name = name.removesuffix(".git")[:96].strip("-.")
        if name and not _is_public(name.lower()):
            segments.append(name)
    prefix = segments.pop(0) if segments and segments[0] in _PREFIXES else ""
    near = "/".join(segments[:2])
    if not near or not _is_repo_id(near):
        return _FORMS
    kind = _PREFIXES.get(prefix, "model")
    hint = f"did you mean {URL_PREFIXES[kind]}{near}?"
    if len(segments) > 2:
        hint += f" A file in it: hf://{URL_PREFIXES[kind]}{'/'.join(segments)}"
    return hint
