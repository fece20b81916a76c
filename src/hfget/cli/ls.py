"""`hfget ls REPO`: what is in a repo."""

from __future__ import annotations

from dataclasses import replace

from hfget.cli import options
from hfget.cli.flags import Given, with_download_options
from hfget.options import DownloadOptions


@with_download_options(listing=True)
def ls(
    repo: options.Repo,
    given: Given,
    token_file: options.TokenFile = None,
    env_file: options.EnvFile = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """List the files of a repo: size, whether it is an LFS file, path; and the total.

    On a pipe the fields are separated by tabs and sizes are bytes.
    """
    from hfget.cli.session import session

    with session(json=json, quiet=quiet, debug=debug, env_file=env_file) as (display, stop):
        from hfget.cli.token import given_token
        from hfget.conductor import Run

        given["token"] = given_token(given["token"], token_file, display)
        run = Run(repo, DownloadOptions(**given), display, stop)
        snapshot = run.snapshot()
        display.listing(replace(snapshot, files=run.selected(snapshot)))
