"""Command lines of other downloaders, which hfget carries out itself (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.reference.copied_text import without_dirt
from hfget.reference.hub_hosts import begins_with_host
from hfget.reference.shell_lines import CommandLine
from hfget.reference.validation import FORMS, shown

_HF = ("hf", "huggingface-cli", "huggingface_cli", "huggingface_hub.cli.hf")
_HF_MODULE = re.compile(r"huggingface_hub(?:\.[\w.]+)?")
#: Programs that fetch addresses, and their options whose value is another address.
_FETCHERS: dict[str, tuple[str, ...]] = {
    "git": (),
    "git-lfs": (),
    "wget": ("--referer",),
    "wget2": ("--referer",),
    "curl": ("-x", "--proxy", "--preproxy", "-e", "--referer"),
    "curlie": ("-x", "--proxy", "-e", "--referer"),
    "aria2c": ("--all-proxy", "--https-proxy", "--http-proxy", "--referer"),
    "axel": (),
    "invoke-webrequest": ("-proxy",),
    "iwr": ("-proxy",),
    "start-bitstransfer": (),
}
_VALUED_OPTION = re.compile(
    "--(?:type|repo-type|revision|include|exclude|cache-dir|local-dir|token|max-workers|"
    "local-dir-use-symlinks|format|endpoint|resume-from)"
)
_STARTS = ("https://", "http://", "git@", "ssh://", "git+https://")


#: `https://user:$HF_TOKEN@…`: who one is does not tell what is meant.
_CREDENTIALS = re.compile(r"(?i)(https?://)[^/@\s]*\$[^/@\s]*@")
#: Several files: `{1..5}` of the shell, `[1-5]` of curl.
_BRACES = re.compile(r"\{[^{}/]*(?:\.\.|,)[^{}/]*\}")
_RANGES = re.compile(r"\[\d+-\d+(?::\d+)?\]")
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]")


class DownloadCommand(NamedTuple):
    """What a command line says of the repo; `endpoint` is an HF_ENDPOINT=… in front of it.

    `names` are the files it chooses, `include` and `exclude` its patterns.
    """

    reference: str
    names: tuple[str, ...] = ()
    revision: str | None = None
    repo_type: str | None = None
    endpoint: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    program: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it names a repo, or one file or folder of it, and chooses no more."""
        one = len(self.names) < 2 and not any(_is_glob(name) for name in self.names)
        return one and not self.include and not self.exclude


def download_in(line: CommandLine, endpoint: str | None) -> DownloadCommand | None:
    """The parts of an `hf download …`, a `git clone …` and the like, None for other programs.

    Raises UsageError for a command that names no repo, or several addresses.
    """
    program = "hf" if _HF_MODULE.fullmatch(line.program) else line.program
    if not line.words:
        return None
    if program in _HF:
        command = _hf_command(line.words)
        if named := line.variables.get("HF_ENDPOINT"):
            command = command._replace(endpoint=without_dirt(named))
        return _without_variables(command)
    if program in _FETCHERS:
        return _without_variables(_fetch_command(program, line.words, endpoint))
    return None


def _without_variables(command: DownloadCommand) -> DownloadCommand:
    """Raises UsageError for a variable of the shell: what it stands for is not in the text."""
    command = command._replace(reference=_CREDENTIALS.sub(r"\1", command.reference))
    for word in (command.reference, *command.names, command.revision or "", command.endpoint or ""):
        if found := _VARIABLE.search(word):
            raise UsageError(
                texts.SHELL_VARIABLE(word=shown(word[found.start() :])),
                hint=advice.WRITE_ITS_VALUE,
            )
    return command


def _fetch_command(program: str, words: Sequence[str], endpoint: str | None) -> DownloadCommand:
    """The one address of a hub in it, and git's branch."""
    addresses: dict[str, None] = {}
    for before, word in pairwise(["", *words]):
        if word.lower().startswith(("--url=", "-uri:")):
            word = word[6:] if word[1] == "-" else word[5:]
        if before.lower() not in _FETCHERS[program] and (
            word.startswith(_STARTS) or begins_with_host(word, endpoint)
        ):
            word = _RANGES.sub("*", word) if program.startswith("curl") else word
            addresses[without_dirt(_BRACES.sub("*", word))] = None
    if not addresses:
        raise UsageError(texts.COMMAND_WITHOUT_URL(program=program), hint=FORMS)
    if len(addresses) > 1:
        raise UsageError(texts.COMMAND_WITH_URLS(program=program), hint=advice.PASTE_ONE)
    is_git = program.startswith("git")
    branch = _value(words, "-b", "--branch", "--revision") if is_git else None
    return DownloadCommand(next(iter(addresses)), revision=branch, program=program)


def _value(words: Sequence[str], *options: str) -> str | None:
    for option, value in pairwise([*words, ""]):
        if option in options:
            return value
        name, _, rest = option.partition("=")
        if name in options:
            return rest
    return None


def _hf_command(words: Sequence[str]) -> DownloadCommand:
    """Options that say where to or how are dropped."""
    if words[0] != "download":
        verb = takewhile(lambda word: not word.startswith("-"), words[:2])
        command = shown(" ".join(["hf", *verb]))
        hint = advice.EITHER(one=advice.HF_DOES_THAT(command=command), other=FORMS)
        raise UsageError(texts.ONLY_HF_DOWNLOAD, hint=hint)
    given: dict[str, str] = {}
    chosen: dict[str, list[str]] = {"--include": [], "--exclude": []}
    names: list[str] = []
    several: str | None = None
    rest = iter(words[1:])
    for word in rest:
        option, equals, value = word.partition("=")
        if word == "--":
            names += rest
            break
        if not word.startswith("-"):
            # Older versions took several patterns behind one --include.
            (chosen[several] if several and names else names).append(word)
            continue
        several = None
        if _VALUED_OPTION.fullmatch(option):
            value = value if equals else next(rest, "")
            if option in chosen:
                chosen[option] += filter(None, [value])
                several = option
            given[option] = value
    if not names:
        raise UsageError(texts.COMMAND_WITHOUT_REPO, hint=FORMS)
    return DownloadCommand(
        without_dirt(names[0]),
        tuple(names[1:]),
        given.get("--revision"),
        given.get("--repo-type", given.get("--type")),
        given.get("--endpoint"),
        tuple(chosen["--include"]),
        tuple(chosen["--exclude"]),
        "hf",
    )


def _is_glob(name: str) -> bool:
    return any(char in name for char in "*?[")
