"""`hfget REPO [FILES]…`: download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options

if TYPE_CHECKING:
    from hfget.model import Snapshot


@with_download_options()
def get(
    repo: command_options.Repo,
    given: Given,
    list_file: command_options.ListFile = None,
    dry_run: command_options.DryRun = False,
    pick: command_options.Pick = False,
    *,
    yes: command_options.Yes = False,
    max_time: command_options.MaxTime = None,
    common: command_options.CommonOptions,
    version: command_options.Version = False,
    help_all: command_options.HelpAll = False,
) -> None:
    """Download a repo of the Hugging Face Hub, or of a mirror, into ./NAME; or several.

    Every byte is verified; after an interruption the same command goes on. The folder is
    printed on stdout, everything else on stderr.
    """
    from hfget.cli.session import consent, print_path, print_results

    with common.session(max_time) as (display, stop):
        from hfget.operations import Run

        asked = given.options(common.token_file, display)
        agreed = consent(display, yes=yes)
        wanted: str | Snapshot = repo
        if pick:
            from hfget.cli.picking import picked, refuse_with

            refuse_with(asked, others=list_file is not None)
            named = Run(repo, asked, display, stop)
            wanted, asked = picked(asked, named.snapshot, display, display)
        if list_file is not None or asked.files:
            from hfget.cli.repo_lists import Several

            several = Several(given, display, stop, agreed)
            wishes = several.wishes(repo, asked, list_file)
            results = several.plan(wishes) if dry_run else several.download(wishes)
        else:
            run = Run(wanted, asked, display, stop)
            if dry_run:
                display.dry_run(run.plan(agreed))
                return
            report = run.download(agreed)
            results = None
    if results is not None:
        print_results(results, json=common.json or dry_run)
    if report.ok and not common.json:
        print_path(report.root)
    raise typer.Exit(report.exit_code)
