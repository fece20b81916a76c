"""`hfget REPO [FILES]…`: download."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options


@with_download_options()
def get(
    repo: command_options.Repo,
    given: Given,
    dry_run: command_options.DryRun = False,
    yes: command_options.Yes = False,
    token_file: command_options.TokenFile = None,
    max_time: command_options.MaxTime = None,
    env_file: command_options.EnvFile = None,
    json: command_options.Json = False,
    quiet: command_options.Quiet = False,
    debug: command_options.Debug = False,
    version: command_options.Version = False,
    help_all: command_options.HelpAll = False,
) -> None:
    """Download a repo of the Hugging Face Hub, or of a mirror, into ./NAME.

    Every byte is verified; after an interruption the same command goes on. The folder is
    printed on stdout, everything else on stderr.
    """
    from hfget.cli.session import consent, session

    with session(json=json, quiet=quiet, debug=debug, env_file=env_file, max_time=max_time) as (
        display,
        stop,
    ):
        from hfget.operations import Run

        run = Run(repo, given.options(token_file, display), display, stop)
        if dry_run:
            display.dry_run(run.plan(consent(display, yes=yes)))
            return
        report = run.download(consent(display, yes=yes))
    if report.ok and not json:
        _print_path(report.root)
    raise typer.Exit(report.exit_code)


def _print_path(path: Path) -> None:
    """The result, byte for byte as the file system names it, for `DIR=$(hfget …)`."""
    from hfget.ui import absolute

    text = absolute(path)
    try:
        if os.name == "posix" and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.buffer.write(os.fsencode(text) + b"\n")
            sys.stdout.flush()
        else:
            print(text, flush=True)
    except OSError:  # the reader has gone; Python would flush again at exit and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
