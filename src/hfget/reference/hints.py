"""The hfget command for a reference, as the hint of an error: it works as it stands (pure)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from hfget.endpoints import DEFAULT_ENDPOINT
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.model import URL_PREFIXES, PathKind, RepoRef
from hfget.reference.revision_paths import split_clear
from hfget.reference.validation import FORMS
from hfget.system import safe_text

#: What may stand behind an `@` and be read as the whole revision.
_PLAIN_REVISION = re.compile(r"[\w.+,=-]+", re.ASCII)
_LONGEST = 300


class WantedFiles(NamedTuple):
    """A repo, and the files and patterns of it that a command chooses."""

    ref: RepoRef
    names: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def did_you_mean(wanted: WantedFiles) -> str:
    """The reference that was meant; where it says less than was meant, the command too."""
    name, command = _name_of(wanted.ref), command_for(wanted)
    if command is None or command == f"hfget {shlex.quote(name)}":
        return advice.DID_YOU_MEAN(this=name) if shlex.quote(name) == name else FORMS
    only_path = command.startswith(f"hfget {wanted.ref} ") and " --" not in command
    return texts.DID_YOU_MEAN_COMMAND(
        name=name, again=texts.A_FILE_OF_IT if only_path else texts.THE_COMMAND, command=command
    )


def one_of(wanted: Sequence[WantedFiles]) -> str:
    """A hint for a text that names several repos."""
    names = list(dict.fromkeys(_name_of(one.ref) for one in wanted))
    if len(names) == 1:
        return advice.DID_YOU_MEAN(this=names[0])
    listed = ", ".join(names[:4])
    return advice.GIVE_ONE_OF(names=listed)


def command_for(wanted: WantedFiles) -> str | None:
    """The command that fetches it, None where that cannot be shown in a line.

    A file whose name begins with a dash stands last, behind `--`.
    """
    ref, path = wanted.ref, wanted.ref.path
    name, options = _name_of(ref), []
    if ref.trail and ref.trail[0] == "main":  # git allows no branch main/x beside it
        path = "/".join(ref.trail[1:])
        name = _name_of(RepoRef(ref.repo_id, ref.repo_type, quants=ref.quants))
    elif ref.trail:
        view = "blob" if ref.path_kind is PathKind.FILE else "tree"
        name = "/".join([name, view, *(quote(part, safe="") for part in ref.trail)])
    elif ref.revision and not _stands_behind_at(ref.revision):
        options += ["--revision", ref.revision]
    if ref.endpoint and ref.endpoint != DEFAULT_ENDPOINT:
        options += ["--endpoint", ref.endpoint]
    for pattern in wanted.include:
        options += ["--include", pattern]
    for pattern in wanted.exclude:
        options += ["--exclude", pattern]
    files = [file for file in (path, *wanted.names) if file]
    words = [name, *files, *options]
    if any(file.startswith("-") for file in files):
        words = [*options, name, "--", *files]
    command = shlex.join(["hfget", *words])
    return command if safe_text(command, _LONGEST) == command else None


def _name_of(ref: RepoRef) -> str:
    """`datasets/org/name`, with its label and its revision where they are plain."""
    name = URL_PREFIXES[ref.repo_type] + ref.repo_id
    if ref.quants:
        name += ":" + ",".join(ref.quants)
    if ref.revision and _stands_behind_at(ref.revision):
        name += f"@{ref.revision}"
    return name


def _stands_behind_at(revision: str) -> bool:
    if _PLAIN_REVISION.fullmatch(revision):
        return True
    return split_clear(revision) == (revision, "")
