"""`hfget verify DIR`: a download against its record, offline; with `--repair` made right again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options
from hfget.errors import VerificationError
from hfget.messages import cli_texts as texts
from hfget.options import CHOICE

if TYPE_CHECKING:
    from hfget.model import Report

Repair = Annotated[
    bool,
    typer.Option(
        "--repair",
        help="Fetch again what is missing or changed, and only that.",
        rich_help_panel=CHOICE,
    ),
]


@with_download_options(
    only=(
        "endpoint",
        "strict_endpoint",
        "rewrite_host",
        "token",
        "ambient_token",
        "send_token_to",
    )
)
def verify(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", parser=command_options.path, help="The folder that was downloaded into."
        ),
    ],
    repair: Repair = False,
    *,
    given: Given,
    common: command_options.CommonOptions,
) -> None:
    """Hash every file of a download again and compare it with what was recorded. Offline.

    Exit code 0 if all is as recorded, 6 if a file is missing or changed; extra files are named.
    What is changed is not believed any more: the next download replaces it. With --repair that
    is done at once, over the network, and the exit code is that of the download.
    """

    reports: list[Report] = []
    with common.session() as (display, stop):
        from hfget import events
        from hfget.operations import repair_hint
        from hfget.operations import verify as check
        from hfget.ui import verdicts_text

        found = check(folder, observer=display, stop=stop)
        verdicts = [(file.path, file.state.value, file.detail) for file in found.files]
        summary = verdicts_text(verdicts, found.bytes_hashed)
        display.verified(verdicts, summary)
        if not found.ok and not repair:
            if not found.withdrawn:
                text = texts.RECORDS_READ_ONLY
                display(events.Note(text, "warning"))
            elif any(file.state.value == "changed" and not file.obstacle for file in found.files):
                text = texts.CHANGED_IS_REPLACED
                display(events.Note(text, "warning"))
            raise VerificationError(summary, hint=repair_hint(found))
        if not found.ok:
            from hfget.operations import repair as fetch_again

            asked = given.options(common.token_file, display)
            reports = fetch_again(found, observer=display, stop=stop, options=asked)
    raise typer.Exit(max((report.exit_code for report in reports), default=0))
