"""Words that other tools begin with, and their lines, where hfget wants a repo.

Nothing is looked up: `hfget download org/name` is answered with the command that was meant.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.system import lazy_pattern

#: No repo is called so; one that were is `models/NAME`.
_DOWNLOADING = lazy_pattern(
    r"add|clone|continue|copy|cp|down|download|dl|fetch|grab|hf[-_]hub[-_]download|install|load|pull|"
    r"resume|run|snapshot|snapshot[-_]download|update|upgrade"
)
_LISTING = ("tree", "files", "info", "show", "size", "ll", "dir", "du", "stat")
_PLANNING = ("plan", "diff", "status", "dry-run")
_OTHERS = {
    **dict.fromkeys(_LISTING, "hfget ls REPO"),
    **dict.fromkeys(_PLANNING, "hfget REPO --dry-run"),
    **dict.fromkeys(("rm", "remove", "delete", "uninstall"), advice.REMOVE_FOLDER),
    **dict.fromkeys(("cache", "scan-cache", "delete-cache"), advice.LIST_CACHE),
    **dict.fromkeys(("completion", "completions"), "hfget --install-completion"),
    "version": "hfget --version",
    "check": "hfget verify DIR",
    "repair": "hfget verify DIR",
    "login": advice.LOG_IN_WITH_HF,
    "logout": "hf auth logout",
    "whoami": "hf auth whoami",
    "auth": advice.LOG_IN_WITH_HF,
    "search": "",
    "upload": advice.UPLOAD_WITH_HF,
    "push": advice.UPLOAD_WITH_HF,
    "upload-large-folder": advice.UPLOAD_WITH_HF,
}
#: A type in front of a repo, as a word of its own.
_TYPES = lazy_pattern(r"(model|dataset|space)s?")
#: Of hf alone.
_OF_HF = frozenset(
    {"collections", "discussions", "env", "jobs", "repo", "repos", "tag", "webhooks"}
)
#: What a misspelt word at the beginning, with more behind it, is compared with.
_OURS = ("verify", "serve", "mirrors", "prune")
_TYPED_WRONG = ("download", "clone", "fetch", "install")
_LINE = lazy_pattern(
    r"hf|huggingface-cli|git|git-lfs|wget|curl|aria2c|hfd|hfd\.sh|ollama|docker|podman|"
    r"modelscope|llama-server|llama-cli|vllm|sglang|lms|hfget|pip3?|uvx?|pipx|conda|wget2|axel|"
    r"bash|sh|python[\d.]*|sudo|npx|bunx|nohup|time|srun|proxychains4?|kubectl"
)

#: Options of hf and hfd.sh that hfget does without; whether a value follows.
_NEEDLESS = {
    "--local-dir-use-symlinks": True,
    "--resume-download": False,
    "--max-workers": True,
    "--format": True,
    "--hf_username": True,
    "--hf_token": True,
}
_RENAMED = {"--type": "--repo-type", "--force-download": "--force"}


def refuse_other_tools(first: str, rest: Sequence[str]) -> None:
    """Raises UsageError if `first`, and the arguments behind it, are those of another tool."""
    near = _nearest(first, rest)
    if near in _OURS:
        command = advice.DID_YOU_MEAN(this=_shown(["hfget", near, *rest]))
        raise UsageError(texts.NO_COMMAND(first=first), hint=command)
    if near or _DOWNLOADING.fullmatch(first):
        command = _shown(["hfget", *_in_our_options(rest)]) if rest else "hfget REPO"
        raise UsageError(texts.NO_VERB(first=first), hint=command)
    if first in _OTHERS:
        raise UsageError(texts.NO_COMMAND(first=first), hint=_instead_of(first, rest))
    if rest and "/" in rest[0] and (kind := _TYPES.fullmatch(first)):
        flag = [] if kind[1] == "model" else [f"--{kind[1]}"]
        raise UsageError(
            texts.NO_VERB(first=first), hint=_shown(["hfget", rest[0], *flag, *rest[1:]])
        )
    if first in _OF_HF:
        command = advice.HF_DOES_THAT(command=f"hf {first}")
        raise UsageError(texts.NO_COMMAND(first=first), hint=command)
    is_option = first.startswith(("-hf", "--hf-repo", "--hf-file"))
    if is_option or (rest and _LINE.fullmatch(first.rpartition("/")[2])):
        raise _of_line([first, *rest])


def _nearest(first: str, rest: Sequence[str]) -> str:
    """The command or the verb of which `first` is a misspelling; empty if of none.

    A word alone may be the name of a repo.
    """
    if len(first) < 4 or not first.isalpha() or not rest or rest[0].startswith("-"):
        return ""
    from difflib import get_close_matches

    near = get_close_matches(first.lower(), (*_OURS, *_TYPED_WRONG), n=1, cutoff=0.8)
    return near[0] if near else ""


def _in_our_options(words: Sequence[str]) -> list[str]:
    """The words without options that hfget does not have, by its own names where it has them."""
    ours: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in _NEEDLESS:
            if _NEEDLESS[name] and not equals:
                next(rest, None)
        else:
            ours.append(_RENAMED.get(name, name) + equals + value)
    return ours


def _instead_of(verb: str, rest: Sequence[str]) -> str:
    if verb in _LISTING and rest:
        return _shown(["hfget", "ls", *rest])
    if verb in _PLANNING and rest:
        return _shown(["hfget", *rest, "--dry-run"])
    if verb in ("check", "repair") and rest:
        return _shown(["hfget", "verify", *rest])
    if verb == "search":
        return advice.SEARCH_ON_HUB(address=_page_of_models())
    return _OTHERS[verb]


def _page_of_models() -> str:
    """That of the endpoint in use."""
    from hfget.endpoints import DEFAULT_ENDPOINT, named_endpoints
    from hfget.system import safe_url

    try:
        named = named_endpoints((), os.environ)
    except UsageError:
        named = ()
    endpoint = named[0].url if named else DEFAULT_ENDPOINT
    return f"{safe_url(endpoint).rstrip('/')}/models"


def _of_line(arguments: Sequence[str]) -> UsageError:
    """What to say to a command line of another program that was given without quotes."""
    from hfget.reference import WantedFiles, command_for, parse

    try:
        ref = parse(shlex.join(arguments) if len(arguments) > 1 else arguments[0])
    except UsageError as error:
        return error
    command = command_for(WantedFiles(ref)) or advice.PUT_IN_QUOTES
    return UsageError(texts.PROGRAM_NOT_REPO(arguments=arguments[0]), hint=command)


def _shown(words: Sequence[str]) -> str:
    """The words as they are typed; a token among them is not repeated."""
    from hfget.system import redact, safe_text

    safe, hidden = [], False
    for word in words:
        name, equals, _ = word.partition("=")
        is_token = name in ("--token", "--hf-token")
        safe.append("…" if hidden else f"{name}=…" if is_token and equals else shlex.quote(word))
        hidden = is_token and not equals
    return safe_text(redact(" ".join(safe)))
