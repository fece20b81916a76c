"""`hfget ls REPO`: what is in a repo."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options
from hfget.options import CHOICE


@with_download_options(listing=True)
def ls(
    repo: command_options.Repo,
    given: Given,
    tree: Annotated[
        bool,
        typer.Option("--tree", help="As a tree, with the sums of folders.", rich_help_panel=CHOICE),
    ] = False,
    *,
    common: command_options.CommonOptions,
) -> None:
    """List the files of a repo: size, whether it is an LFS file, path; and the total.

    On a pipe the fields are separated by tabs and sizes are bytes.
    """

    with common.session() as (display, stop):
        from hfget.operations import Run

        asked = given.options(common.token_file, display)
        run = Run(repo, asked, display, stop)
        snapshot = run.snapshot()
        display.listing(replace(snapshot, files=run.selected(snapshot)), tree=tree)
        if asked.exclude or asked.weights or asked.quant or asked.safe_only:
            run.remark(snapshot)
