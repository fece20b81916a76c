"""`hfget urls REPO`: what another program needs to fetch a repo."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options
from hfget.options import ACCESS

Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="plain, aria2c, wget, curl, json or checksums.",
    ),
]
WithToken = Annotated[
    bool,
    typer.Option("--with-token", help="Put the token into the list.", rich_help_panel=ACCESS),
]


@with_download_options(listing=True)
def urls(
    repo: command_options.Repo,
    given: Given,
    format: Format = "plain",
    with_token: WithToken = False,
    token_file: command_options.TokenFile = None,
    env_file: command_options.EnvFile = None,
    quiet: command_options.Quiet = False,
    debug: command_options.Debug = False,
) -> None:
    """Print the addresses of a repo's files for another program, pinned to one commit.

    aria2c -i <(hfget urls REPO --format aria2c). Of LFS files the format also says the sha256
    where it has a place for it; checksums is what sha256sum -c reads.
    """
    from hfget.cli.session import session

    with session(quiet=quiet, debug=debug, env_file=env_file) as (display, stop):
        from hfget.operations import Run, downloads_of

        run = Run(repo, given.options(token_file, display), display, stop)
        lines = downloads_of(run, format, display, with_token=with_token)
        sys.stdout.writelines(f"{line}\n" for line in lines)
        sys.stdout.flush()
