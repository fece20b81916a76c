"""`hfget REPO [FILES]…`: download."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hfget.cli import options
from hfget.settings import DEFAULT_CONNECTIONS, DEFAULT_JOBS, DEFAULT_RETRIES


def get(
    repo: options.Repo,
    files: options.Files = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    local_dir: Annotated[
        Path | None,
        typer.Option("--local-dir", metavar="DIR", help="Where to (else ./NAME of the repo)."),
    ] = None,
    revision: options.Revision = None,
    repo_type: options.Kind = None,
    dataset: options.Dataset = False,
    space: options.Space = False,
    endpoint: options.Endpoint = None,
    token: options.Token = None,
    no_token: options.NoToken = False,
    connections: Annotated[
        int, typer.Option("--connections", "-x", metavar="N", help="At most so many a file.")
    ] = DEFAULT_CONNECTIONS,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", help="At most so many files at a time.")
    ] = DEFAULT_JOBS,
    retries: Annotated[
        int, typer.Option("--retries", metavar="N", help="Tries without a new byte.")
    ] = DEFAULT_RETRIES,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be fetched, write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Fetch again, and replace files that are in the way.")
    ] = False,
    fsync: Annotated[
        bool, typer.Option("--fsync/--no-fsync", help="Wait until data has reached the disk.")
    ] = True,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for another hfget on the same folder.")
    ] = True,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Follow redirects to private addresses.")
    ] = False,
    env_file: options.EnvFile = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Download a repo, verified and resumable, into ./NAME. Other commands: ls, verify, serve.

    Prints the folder on stdout. Run it again to go on after an interruption.
    """
    from hfget.cli.session import session

    with session(json=json, quiet=quiet, debug=debug, env_file=env_file) as (display, stop):
        from hfget.conductor import Run
        from hfget.options import Options

        given = Options(
            files=files or (),
            include=include or (),
            exclude=exclude or (),
            revision=revision,
            repo_type=options.repo_type_of(repo_type, dataset, space),
            local_dir=local_dir,
            endpoint=endpoint,
            token=token,
            ambient_token=not no_token,
            connections=connections,
            jobs=jobs,
            retries=retries,
            force=force,
            fsync=fsync,
            wait_for_lock=wait,
            allow_private=allow_private,
        )
        run = Run(repo, given, display, stop)
        if dry_run:
            display.dry_run(run.plan())
            return
        report = run.download()
    if report.ok and not json:
        print(report.root)
    raise typer.Exit(report.exit_code)
