"""`hfget verify DIR`: a download against its record, offline."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hfget.cli import options
from hfget.errors import VerificationError

if TYPE_CHECKING:
    from hfget.verification import Verification


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


def _repair(found: Verification) -> str:
    """The command that fetches what is missing or changed."""
    if not found.repo_id:
        return ""
    words = ["hfget", found.repo_id, "--local-dir", str(found.root)]
    if found.repo_type != "model":
        words.append(f"--{found.repo_type}")
    return shlex.join(words)
