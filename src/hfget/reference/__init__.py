"""Text as the user typed or pasted it → RepoRef (pure: no network, no disk).

The accepted forms are listed in docs/references.md. `pasted` takes dirt and command lines
off, `forms` and `address` read what is left, `repo` and `trail` say what its segments mean.
"""

from __future__ import annotations

from dataclasses import replace

from hfget.errors import UsageError
from hfget.model import PathKind, RepoRef, RepoType
from hfget.reference.address import hub_at
from hfget.reference.checks import FORMS, refuse_token
from hfget.reference.forms import read
from hfget.reference.pasted import Command, command_in, without_dirt
from hfget.reference.repo import Named, type_named, with_type
from hfget.reference.trail import placed, trail_candidates, with_revision

__all__ = ["parse", "trail_candidates"]

_MAX_LENGTH = 16_384


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
        raise UsageError(f"a reference of {len(text)} characters", hint=FORMS)
    text = without_dirt(text)
    if not text:
        raise UsageError("no repo is named", hint=FORMS)
    command = command_in(text, endpoint)
    if command is None:
        refuse_token(text)
        found = read(text, endpoint)
    else:
        found = _of_command(command, endpoint)
    return with_revision(with_type(found, repo_type).ref, revision)


def _of_command(command: Command, endpoint: str | None) -> Named:
    found = read(command.reference, endpoint)
    found = with_type(found, type_named(command.repo_type))
    ref = with_revision(found.ref, command.revision)
    if command.name:
        if ref.path or ref.trail:
            raise UsageError("the command names a file beside a URL that names one", hint=FORMS)
        ref = placed(ref, ref.revision, command.name.strip("/"), PathKind.ANY)
    if command.endpoint and ref.endpoint is None:
        ref = replace(ref, endpoint=hub_at(command.endpoint, endpoint))
    return Named(ref, found.typed)
