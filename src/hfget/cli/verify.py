"""`hfget verify DIR`: a download against its record, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hfget.cli import options


def verify(
    folder: Annotated[Path, typer.Argument(help="The folder that was downloaded into.")],
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Hash every file of a download again and compare it with what was recorded. Offline.

    Exit code 0 if all is as recorded, 6 if a file is missing or changed; extra files are named.
    """
    from hfget.cli.session import session
    from hfget.errors import InterruptedRunError

    with session(json=json, quiet=quiet, debug=debug) as (display, stop):
        from hfget.verification import verify as check

        verdict = check(folder, stop=stop)
        if stop.is_set():
            raise InterruptedRunError(stop.signal_number, "stopped while verifying")
        display.verified([(file.path, file.state.value, file.detail) for file in verdict.files])
    raise typer.Exit(0 if verdict.ok else 6)
