"""Text as the user typed or pasted it → RepoRef (pure: no network, no disk).

The accepted forms are listed in docs/references.md. `copied_text` takes dirt off, `shell_lines`
takes command lines apart, `download_commands` and `other_programs` know what they mean; `grammar`
and `web_urls` read what is left, `repo_names` and `revision_paths` say what its segments mean.
`suggest` and `hints` answer what cannot be read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.model import PathKind, RepoRef, RepoType
from hfget.reference.copied_text import without_dirt
from hfget.reference.grammar import read
from hfget.reference.repo_names import Named, type_named, with_type
from hfget.reference.revision_paths import placed, trail_candidates, with_revision
from hfget.reference.validation import FORMS, refuse_token
from hfget.reference.web_urls import hub_at
from hfget.system import lazy_pattern

if TYPE_CHECKING:
    from hfget.reference.download_commands import DownloadCommand
    from hfget.reference.hints import WantedFiles, command_for

__all__ = ["WantedFiles", "command_for", "parse", "trail_candidates"]

_MAX_LENGTH = 16_384
#: `org/name  # a comment`
_COMMENTED = lazy_pattern(r"([^\s#]\S*)[ \t]+#.*")


def __getattr__(name: str) -> Any:
    """Hints are made where something was not understood: they are loaded then."""
    if name in ("WantedFiles", "command_for"):
        from hfget.reference import hints

        return getattr(hints, name)
    raise AttributeError(name)


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
        raise UsageError(texts.REFERENCE_TOO_LONG(characters=len(text)), hint=FORMS)
    bare = without_dirt(text)
    if commented := _COMMENTED.fullmatch(bare):
        text = bare = without_dirt(commented[1])
    if not bare:
        raise UsageError(texts.NO_REPO_NAMED, hint=FORMS)
    try:
        found = _of_command_line(text, bare, endpoint)
        if found is None:
            refuse_token(bare)
            found = read(bare, endpoint)
    except UsageError as error:
        from hfget.reference.suggest import readable, suggestion

        error.hint = readable(error.hint or suggestion(bare, endpoint), endpoint)
        raise
    return with_revision(with_type(found, repo_type).ref, revision)


def _of_command_line(text: str, bare: str, endpoint: str | None) -> Named | None:
    """What a pasted command or a line of code names, None if the text is neither.

    Raises UsageError for a command that names no repo, more than one place in a repo, or is
    another program's: the hint is the command of hfget.
    """
    if not any(char.isspace() or char == "(" for char in bare):
        return None
    from hfget.reference.download_commands import download_in
    from hfget.reference.other_programs import refusal_of, refusal_of_code
    from hfget.reference.shell_lines import command_lines

    lines = command_lines(_unquoted(text))
    found: dict[DownloadCommand, None] = {}
    failed: UsageError | None = None
    for line in lines:
        try:
            command = download_in(line, endpoint)
        except UsageError as error:  # `git lfs install` in front of the line that counts
            failed = error
            continue
        if command is not None:
            found[command] = None
    if len(found) > 1:
        raise UsageError(texts.SEVERAL_COMMANDS, hint=advice.PASTE_ONE)
    if found:
        return _of_download(next(iter(found)), endpoint)
    if failed is None:
        failed = refusal_of_code(bare, endpoint)
    for line in lines if failed is None else ():
        failed = refusal_of(line, endpoint)
        if failed is not None:
            break
    if failed is not None:
        raise failed
    return None


def _unquoted(text: str) -> str:
    """A line without dirt around it: quotes stay where they belong to its words."""
    bare = without_dirt(text)
    whole = text.strip()
    at = whole.find(bare)
    after = whole[at + len(bare) :] if at >= 0 else ""
    return bare + after if at == 0 and after[:1] in ('"', "'") else bare


def _of_download(command: DownloadCommand, endpoint: str | None) -> Named:
    found = read(command.reference, endpoint)
    found = with_type(found, type_named(command.repo_type))
    ref = with_revision(found.ref, command.revision)
    names = tuple(name.strip("/") for name in command.names)
    if command.endpoint and ref.endpoint is None:
        ref = replace(ref, endpoint=hub_at(command.endpoint, endpoint))
    if not command.is_plain:
        from hfget.reference.hints import WantedFiles, command_for

        ready = command_for(WantedFiles(ref, names, command.include, command.exclude))
        hint = advice.NAME_THE_FILES(command=ready or f"hfget {ref} FILE… or --include GLOB")
        raise UsageError(texts.COMMAND_CHOOSES_FILES, hint=hint)
    if names:
        if ref.path or ref.trail:
            raise UsageError(texts.COMMAND_FILE_AND_URL_FILE, hint=FORMS)
        ref = placed(ref, ref.revision, names[0], PathKind.ANY)
    return Named(ref, found.typed)
