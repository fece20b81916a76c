"""What copying leaves around a reference, and command lines of other programs."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.reference.checks import FORMS, PROGRAMS, shown
from hfget.reference.hosts import begins_with_host
from hfget.text import shell_word

_QUOTES = "\"'`“”„‟‘’‚‛«»‹›「」『』《》〈〉【】＂＇"
_TRAILING = ".,;。，、；"
_COMMAND = re.compile(
    r"(?:[$>%!#]\s*)?((?:[A-Z][A-Z0-9_]*=\S*\s+)*)(" + "|".join(PROGRAMS) + r")\s+(.+)",
    re.DOTALL,
)
_ENDPOINT = re.compile(r"(?:^|\s)HF_ENDPOINT=(\S+)")
_VALUED_OPTION = re.compile(
    "--(?:type|repo-type|revision|include|exclude|cache-dir|local-dir|token|max-workers|"
    "local-dir-use-symlinks|format)"
)
#: Options whose value is an address, but not that of the file.
_OTHER_ADDRESS = {
    "curl": ("-x", "--proxy", "--preproxy", "-e", "--referer"),
    "aria2c": ("--all-proxy", "--https-proxy", "--referer"),
}


class Command(NamedTuple):
    """What a command line says of the repo; `endpoint` is an HF_ENDPOINT=… in front of it."""

    reference: str
    name: str | None = None
    revision: str | None = None
    repo_type: str | None = None
    endpoint: str | None = None


def without_dirt(text: str) -> str:
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


def command_in(text: str, endpoint: str | None) -> Command | None:
    """The parts of a pasted `hf download …` or `git clone …`, None if it is no command.

    Raises UsageError for a command that names no repo, several, or a choice of files.
    """
    match = _COMMAND.fullmatch(text)
    if match is None:
        return None
    line = re.sub(r"\\\r?\n", " ", match[3])
    try:
        words = shlex.split(line)
    except ValueError:
        words = [word.strip(_QUOTES) for word in line.split()]
    if match[2] not in ("hf", "huggingface-cli"):
        return _fetch_command(match[2], words, endpoint)
    found = _hf_command(words)
    variable = _ENDPOINT.search(match[1])
    return found._replace(endpoint=without_dirt(variable[1])) if variable else found


def _fetch_command(program: str, words: Sequence[str], endpoint: str | None) -> Command:
    """git, wget, curl, aria2c: the one address of a hub in it, and git's branch."""
    starts = ("https://", "http://", "git@", "ssh://")
    addresses = {
        without_dirt(word)
        for before, word in pairwise(["", *words])
        if before not in _OTHER_ADDRESS.get(program, ())
        and (word.startswith(starts) or begins_with_host(word, endpoint))
    }
    if not addresses:
        raise UsageError(f"the {program} command names no URL", hint=FORMS)
    if len(addresses) > 1:
        raise UsageError(f"the {program} command names several URLs", hint="paste one at a time")
    branch = _value(words, "-b", "--branch") if program == "git" else None
    return Command(addresses.pop(), revision=branch)


def _value(words: Sequence[str], *options: str) -> str | None:
    for option, value in pairwise([*words, ""]):
        if option in options:
            return value
        name, _, rest = option.partition("=")
        if name in options:
            return rest
    return None


def _hf_command(words: Sequence[str]) -> Command:
    """Options that say where to or how are dropped; those that choose files cannot be."""
    if not words or words[0] != "download":
        raise UsageError("of the hf commands only `hf download` is understood", hint=FORMS)
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
        raise UsageError("the command names no repo", hint=FORMS)
    repo = without_dirt(names[0])
    chosen = names[1:]
    if len(chosen) > 1 or "--include" in given or "--exclude" in given or _is_glob(chosen):
        start = f"hfget {shell_word(shown(repo))}"
        raise UsageError(
            "the pasted command chooses files",
            hint=f"give the repo, then the files: {start} FILE… or --include GLOB",
        )
    return Command(
        repo,
        chosen[0] if chosen else None,
        given.get("--revision"),
        given.get("--repo-type", given.get("--type")),
    )


def _is_glob(names: Sequence[str]) -> bool:
    return any(char in name for name in names for char in "*?[")
