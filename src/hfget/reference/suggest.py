"""The repo that a text which is not a reference most likely names; where that is not sure, none."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

from hfget.endpoints import is_public_hub
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.model import RepoRef, RepoType
from hfget.reference.copied_text import QUOTES, without_dirt
from hfget.reference.grammar import read
from hfget.reference.hints import WantedFiles, did_you_mean, one_of
from hfget.reference.local_names import is_file_name, is_folder_name
from hfget.reference.validation import FORMS, PREFIXES, is_repo_id, without_secrets

_ROOM = 2_000
_MOST_NAMED = 4
_OUR_OPTION = re.compile("--(?:revision|include|exclude|quant|weights|repo-type|dataset|space)")
_ADDRESS = re.compile(
    r"(?i)(?:(?:https?|hf|huggingface)://|git@|(?<![\w.@-])(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)"
    r"(?=[:/]))[^\s\"'<>()\[\]{}|,;\\，。；、（）【】》”’`]{1,400}"
)
_MEANT = re.compile(r"did you mean (\S+)\?")
_CACHE_FOLDER = re.compile(r"(?<![\w-])(models|datasets|spaces)--([\w.-]+)", re.ASCII)
_QUOTED = re.compile(r"(?:\A|[\"'`])([\w.-]+/[\w.-]+(?:[:@][\w.-]+)?)(?:[\"'`]|\Z)", re.ASCII)
#: What is behind such a key is an image of a container.
_IMAGE = re.compile(r"\b(?:image|repository|registry|uses)[\"']?\s{0,9}[:=]\s{0,9}[\"']?[^\s\"']+")
#: The file beside it: `"filename": "config.json"`
_FILE = re.compile(
    r"\b(?:filename|file_name|gguf_file|weight_name)[\"']?\s?[:=]\s?[\"']?([\w./-]+)"
)
#: `model="org/name",` and `MODEL=org/name`.
_VALUED = re.compile(r"[\w.-]{1,40}[=:][\"'`]?([\w./-]+)[\"'`,;]*", re.ASCII)
#: A value that is not surely a repo, under a name: neither is one.
_ASSIGNED = re.compile(r"\$?[\w:-]{1,60}=")
_LOCAL_START = re.compile(r"(?:~|[A-Za-z]:|file:)?[./\\]*")
_WORD = re.compile(
    r"(?:datasets/|spaces/|models/)?([A-Za-z0-9][\w.-]*)/([A-Za-z0-9][\w.-]*)"
    r"(?::[\w.,+-]+)?(?:@[\w.-]+)?",
    re.ASCII,
)
#: Options whose value is a place on the disk, or a repo beside the one that is meant.
_BESIDE = re.compile(
    r"(?i)-{1,2}[\w-]*(?:out|dir|path|cache|save|dest|log|local|draft|speculative|tokenizer|lora|"
    r"adapter|dataset)[\w-]*|-[oOdPCv]|-hf(?:d|rd|v|rv)"
)


def suggestion(text: str, endpoint: str | None = None) -> str:
    """A hint for a text that could not be read: what it most likely means, else the forms."""
    text = unicodedata.normalize("NFKC", without_secrets(text[:_ROOM]))
    text = "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cs"))
    text = _IMAGE.sub("", text)
    if folder := _CACHE_FOLDER.search(text):
        return _named("/".join([folder[1], *folder[2].split("--")]))
    addresses = read_all((found[0] for found in _ADDRESS.finditer(text)), endpoint)
    if not addresses and (quoted := _QUOTED.findall(text)):
        addresses = read_all(quoted, endpoint)
    if len(addresses) == 1 and not addresses[0].ref.path and (file := _FILE.search(text)):
        addresses = [addresses[0]._replace(names=(file[1],))]
    if addresses:
        return did_you_mean(addresses[0]) if len(addresses) == 1 else one_of(addresses)
    words = re.sub(r"\s+/\s*|/\s+", "/", text).split()
    if len(words) < 2:
        return _of_one_word("".join(words))
    if unquoted := _without_quotes(words, endpoint):
        return unquoted
    found = read_all(_sure_words(words), endpoint)
    if not found or len(found) > _MOST_NAMED:
        return FORMS
    return did_you_mean(found[0]) if len(found) == 1 else one_of(found)


def readable(hint: str, endpoint: str | None) -> str:
    """The hint, if the repo that it names can be read at the endpoint; else the forms.

    The name of the endpoint's own host is not a repo there.
    """
    if meant := _MEANT.search(hint):
        try:
            read(meant[1], endpoint)
        except UsageError:
            return FORMS
    return hint


def is_sure(word: str) -> bool:
    """Whether a word among others is a repo rather than a path or a pair of plain words."""
    match = _WORD.fullmatch(word)
    if match is None:
        return False
    owner, name = match[1], match[2]
    return (
        not is_folder_name(owner)
        and not is_file_name(name)
        and re.search(r"[A-Za-z]", owner) is not None
        and re.search(r"[A-Za-z]", name) is not None
        and re.search(r"[A-Z0-9-]", owner + name) is not None
        and is_repo_id(f"{owner}/{name}")
    )


def is_beside(option: str) -> bool:
    """Whether the value of `option` is a path, or a repo that is loaded beside the one meant."""
    return _BESIDE.fullmatch(option) is not None


def read_all(texts: Iterable[str], endpoint: str | None) -> list[WantedFiles]:
    """What those of the texts name that can be read; every repo once."""
    found: dict[RepoRef, WantedFiles] = {}
    for text in texts:
        try:
            ref = read(re.sub("(?i)^huggingface://", "hf://", without_dirt(text)), endpoint).ref
        except UsageError:
            continue
        if len(found) < 20:
            found.setdefault(ref, WantedFiles(ref))
    repos = {(ref.repo_type, ref.repo_id) for ref in found}
    if len(repos) == 1 and len(found) > 1:  # a page of the repo and one of its files: the repo
        return [WantedFiles(RepoRef(next(iter(found)).repo_id, next(iter(found)).repo_type))]
    return list(found.values())


def _without_quotes(words: list[str], endpoint: str | None) -> str | None:
    """The command, for a repo and its files or options that were given as one argument."""
    first, *rest = words
    if "/" not in first or not read_all([first], endpoint):
        return None
    if _OUR_OPTION.fullmatch(rest[0]) or all(is_file_name(word) for word in rest):
        return advice.LEAVE_QUOTES_OUT(command=shlex.join(["hfget", *words]))
    return None


def _sure_words(words: list[str]) -> list[str]:
    sure = []
    for before, word in zip(["", *words], words, strict=False):
        word = word.strip(QUOTES + ".,;:!?()[]{}<>*")
        if (valued := _VALUED.fullmatch(word)) and re.search("(?i)model|repo|base", word[:40]):
            word = valued[1]
        if is_sure(word) and not is_beside(before):
            sure.append(word)
    return sure


def _of_one_word(word: str) -> str:
    """`datasets/org/name/FILE` with something around its parts."""
    word = re.sub(r"^[^\x00-\x7f]+:?", "", word)
    if (valued := _VALUED.fullmatch(word)) and is_sure(valued[1]):
        return _named(valued[1])
    if "(" in word or "::" in word or _ASSIGNED.match(word):
        return FORMS
    local = _LOCAL_START.match(word)
    word = word[local.end() :] if local else word
    scheme, found, rest = word.partition("://")
    if found and scheme.lower() not in ("https", "http", "hf", "huggingface", "hfhub"):
        return FORMS
    parts = [part for part in re.split(r"[/\\]", rest or scheme) if part]
    if local and local.end() and len(parts) > 2:
        return FORMS
    names = [_trimmed(part) for part in parts[:3]]
    if parts and is_public_hub(parts[0].partition(":")[0]):
        parts, names = parts[1:], names[1:]
    kind: RepoType = "model"
    if names and (named := _kind_like(names[0], alone=len(parts) <= 2)):
        kind, names, parts = named, names[1:], parts[1:]
    repo = "/".join(names[:2])
    if not names or (len(parts) > 1 and is_folder_name(names[0])):
        return FORMS
    path = "/".join(parts[2:])
    if not is_repo_id(repo) or (path and (names[1] != parts[1] or not path.isprintable())):
        return _named(repo, kind) if path and is_repo_id(repo) else FORMS
    return did_you_mean(WantedFiles(RepoRef(repo, kind, path=path.rstrip("/*"))))


def _named(repo: str, kind: RepoType = "model") -> str:
    first, _, rest = repo.partition("/")
    if first in PREFIXES and rest:
        kind, repo = PREFIXES[first], rest
    return did_you_mean(WantedFiles(RepoRef(repo, kind))) if is_repo_id(repo) else FORMS


def _trimmed(part: str) -> str:
    """A segment up to a `?`, `#`, `@` or `:`, without marks around it."""
    part = re.split(r"[?#@:]|[\x00-\x1f\x7f]", unquote(part), maxsplit=1)[0]
    return re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "", part).removesuffix(".git")


def _kind_like(name: str, *, alone: bool) -> RepoType | None:
    """The type that `datasets` names; also `dataset`, unless it may be an organisation."""
    return PREFIXES.get(name) or (None if alone else PREFIXES.get(name.lower().rstrip("s") + "s"))
