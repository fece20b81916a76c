"""`hfget ls REPO`: what is in a repo."""

from __future__ import annotations

from dataclasses import replace

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options


@with_download_options(listing=True)
def ls(
    repo: command_options.Repo,
    given: Given,
    token_file: command_options.TokenFile = None,
    env_file: command_options.EnvFile = None,
    json: command_options.Json = False,
    quiet: command_options.Quiet = False,
    debug: command_options.Debug = False,
) -> None:
    """List the files of a repo: size, whether it is an LFS file, path; and the total.

    On a pipe the fields are separated by tabs and sizes are bytes.
    """
    from hfget.cli.session import session

    with session(json=json, quiet=quiet, debug=debug, env_file=env_file) as (display, stop):
        from hfget.operations import Run

        asked = given.options(token_file, display)
        run = Run(repo, asked, display, stop)
        snapshot = run.snapshot()
        display.listing(replace(snapshot, files=run.selected(snapshot)))
        if asked.exclude or asked.weights or asked.quant or asked.safe_only:
            run.remark(snapshot)
