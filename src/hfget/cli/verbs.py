"""Words that other tools begin with, and their lines, where hfget wants a repo.

Nothing is looked up: `hfget download org/name` is answered with the command that was meant.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from hfget.errors import UsageError

#: No repo is called so; one that were is `models/NAME`.
_DOWNLOADING = re.compile(
    r"add|clone|copy|cp|download|dl|fetch|grab|install|pull|run|snapshot|sync"
)
_OTHERS = {
    "version": "hfget --version",
    "tree": "hfget ls REPO",
    "files": "hfget ls REPO",
    "info": "hfget ls REPO",
    "show": "hfget ls REPO",
    "check": "hfget verify DIR",
    "repair": "hfget verify DIR",
    "login": "set HF_TOKEN, or hf auth login; hfget reads what it stores",
    "logout": "hf auth logout",
    "whoami": "hf auth whoami",
    "auth": "set HF_TOKEN, or hf auth login; hfget reads what it stores",
    "search": "hfget looks nothing up: find the repo on https://huggingface.co/models",
    "upload": "hfget only downloads; hf upload sends files",
    "push": "hfget only downloads; hf upload sends files",
}
_LINE = re.compile(
    r"hf|huggingface-cli|git|git-lfs|wget|curl|aria2c|hfd|hfd\.sh|ollama|docker|podman|"
    r"modelscope|llama-server|llama-cli|vllm|sglang|lms|hfget"
)

#: Options of hf and hfd.sh that hfget does without; whether a value follows.
_NEEDLESS = {
    "--local-dir-use-symlinks": True,
    "--resume-download": False,
    "--max-workers": True,
    "--format": True,
    "--tool": True,
    "--hf_username": True,
    "--hf_token": True,
}
_RENAMED = {"--type": "--repo-type", "--force-download": "--force"}


def refuse_other_tools(first: str, rest: Sequence[str]) -> None:
    """Raises UsageError if `first`, and the arguments behind it, are those of another tool."""
    if _DOWNLOADING.fullmatch(first):
        command = _shown(["hfget", *_in_our_options(rest)]) if rest else "hfget REPO"
        raise UsageError(f"hfget needs no verb: {first}", hint=command)
    if first in _OTHERS:
        raise UsageError(f"hfget has no command {first}", hint=_instead_of(first, rest))
    is_option = first.startswith(("-hf", "--hf-repo", "--hf-file"))
    if is_option or (rest and _LINE.fullmatch(first.rpartition("/")[2])):
        raise _of_line([first, *rest])


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
    if verb in ("tree", "files", "info", "show") and rest:
        return _shown(["hfget", "ls", *rest])
    if verb in ("check", "repair") and rest:
        return _shown(["hfget", "verify", *rest])
    return _OTHERS[verb]


def _of_line(arguments: Sequence[str]) -> UsageError:
    """What to say to a command line of another program that was given without quotes."""
    from hfget.reference import WantedFiles, command_for, parse

    try:
        ref = parse(shlex.join(arguments) if len(arguments) > 1 else arguments[0])
    except UsageError as error:
        return error
    command = command_for(WantedFiles(ref)) or "put it in quotes"
    return UsageError(f"{arguments[0]} is a program, not a repo", hint=command)


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
