"""`hfget verify DIR`: a download against its record, offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hfget.cli import options
from hfget.errors import VerificationError
from hfget.text import command, option

if TYPE_CHECKING:
    from hfget.verification import Verification

#: A command that is cut is none: where the names are too many or too long, they are left out.
_PATHS_NAMED = 5
_CHARACTERS_NAMED = 400


def verify(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that was downloaded into.")
    ],
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Hash every file of a download again and compare it with what was recorded. Offline.

    Exit code 0 if all is as recorded, 6 if a file is missing or changed; extra files are named.
    """
    from hfget.cli.session import session

    with session(json=json, quiet=quiet, debug=debug) as (display, stop):
        from hfget.ui.words import verdicts_text
        from hfget.verification import verify as check

        found = check(folder, observer=display, stop=stop)
        verdicts = [(file.path, file.state.value, file.detail) for file in found.files]
        summary = verdicts_text(verdicts, found.bytes_hashed)
        display.verified(verdicts, summary)
        if not found.ok:
            raise VerificationError(summary, hint=_repair(found))


def _place(found: Verification) -> list[str]:
    if found.cache is not None:
        return [*option("--cache-dir", str(found.cache)), *option("--revision", found.commit)]
    return option("--local-dir", str(found.root))


def _repair(found: Verification) -> str:
    """The command that fetches what is missing or changed; changed files take --force."""
    from hfget.verification import FileState

    if not found.repo_id:
        return ""
    options = [] if found.repo_type == "model" else [f"--{found.repo_type}"]
    paths: list[str] = []
    if changed := found.of(FileState.CHANGED):
        paths = [file.path for file in (*changed, *found.of(FileState.MISSING))]
        options.append("--force")
    options += _place(found)
    if len(paths) > _PATHS_NAMED or len("".join(paths)) > _CHARACTERS_NAMED:
        paths = []
    return command("hfget", options=options, operands=[found.repo_id, *paths])
