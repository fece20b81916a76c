"""`hfget REPO [FILES]…`: download."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hfget.cli import options
from hfget.cli.options import CHOICE, MANNER, PLACE, seconds, whole_number
from hfget.errors import UsageError
from hfget.settings import (
    DEFAULT_CONNECTIONS,
    DEFAULT_JOBS,
    DEFAULT_RETRIES,
    MAX_CONNECTIONS,
)


def get(
    repo: options.Repo,
    files: options.Files = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    weights: options.Weights = None,
    quant: options.Quant = None,
    safe_only: options.SafeOnly = False,
    revision: options.Revision = None,
    repo_type: options.Kind = None,
    dataset: options.Dataset = False,
    space: options.Space = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Fetch again; replace files that are in the way.",
            rich_help_panel=CHOICE,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what would be fetched, write nothing.", rich_help_panel=CHOICE
        ),
    ] = False,
    delete: Annotated[
        bool,
        typer.Option(
            "--delete",
            help="Remove what was downloaded and is not in REV any more.",
            rich_help_panel=CHOICE,
        ),
    ] = False,
    local_dir: Annotated[
        str | None,
        typer.Option(
            "--local-dir",
            metavar="DIR",
            help="Download into DIR (default: ./NAME of the repo).",
            rich_help_panel=PLACE,
        ),
    ] = None,
    cache: Annotated[
        bool,
        typer.Option(
            "--cache",
            help="Download into the Hub cache, where transformers looks.",
            rich_help_panel=PLACE,
        ),
    ] = False,
    cache_dir: Annotated[
        str | None,
        typer.Option(
            "--cache-dir",
            metavar="DIR",
            help="The Hub cache is DIR (default HF_HUB_CACHE).",
            rich_help_panel=PLACE,
        ),
    ] = None,
    hardlink: Annotated[
        bool,
        typer.Option(
            "--hardlink",
            help="Let the folder share files with the Hub cache.",
            rich_help_panel=PLACE,
        ),
    ] = False,
    endpoint: options.Endpoint = None,
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private",
            help="Follow redirects to private addresses.",
            rich_help_panel=PLACE,
        ),
    ] = False,
    token: options.Token = None,
    token_file: options.TokenFile = None,
    no_token: options.NoToken = False,
    connections: Annotated[
        int,
        typer.Option(
            "-x",
            "--connections",
            metavar="N",
            parser=whole_number,
            help=f"At most N a file, up to {MAX_CONNECTIONS} (default {DEFAULT_CONNECTIONS}).",
            rich_help_panel=MANNER,
        ),
    ] = DEFAULT_CONNECTIONS,
    jobs: Annotated[
        int,
        typer.Option(
            "-j",
            "--jobs",
            metavar="N",
            parser=whole_number,
            help=f"At most N files at a time (default {DEFAULT_JOBS}).",
            rich_help_panel=MANNER,
        ),
    ] = DEFAULT_JOBS,
    retries: Annotated[
        int,
        typer.Option(
            "--retries",
            metavar="N",
            parser=whole_number,
            help=f"Tries without a new byte (default {DEFAULT_RETRIES}).",
            rich_help_panel=MANNER,
        ),
    ] = DEFAULT_RETRIES,
    max_time: Annotated[
        float | None,
        typer.Option(
            "--max-time",
            metavar="SECONDS",
            parser=seconds,
            help="End the run after so long; what is here is kept.",
            rich_help_panel=MANNER,
        ),
    ] = None,
    no_wait: Annotated[
        bool,
        typer.Option(
            "--no-wait",
            help="Do not wait for another hfget on the same folder.",
            rich_help_panel=MANNER,
        ),
    ] = False,
    no_fsync: Annotated[
        bool,
        typer.Option(
            "--no-fsync",
            help="Do not wait until data has reached the disk.",
            rich_help_panel=MANNER,
        ),
    ] = False,
    env_file: options.EnvFile = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
    version: options.Version = False,
) -> None:
    """Download a repo of the Hugging Face Hub, or of a mirror, into ./NAME.

    Every byte is verified; after an interruption the same command goes on. The folder is
    printed on stdout, everything else on stderr.
    """
    from hfget.cli.session import session

    with session(json=json, quiet=quiet, debug=debug, env_file=env_file, max_time=max_time) as (
        display,
        stop,
    ):
        _check_folder(local_dir)
        from hfget.cli.token import given_token
        from hfget.conductor import Run
        from hfget.options import Options

        given = Options(
            files=files or (),
            include=include or (),
            exclude=exclude or (),
            weights=weights or (),
            quant=quant or (),
            safe_only=safe_only,
            revision=revision,
            repo_type=options.repo_type_of(repo_type, dataset, space),
            local_dir=local_dir,
            cache=cache,
            cache_dir=cache_dir,
            hardlink=hardlink,
            delete=delete,
            endpoint=endpoint,
            token=given_token(token, token_file, display),
            ambient_token=not no_token,
            connections=connections,
            jobs=jobs,
            retries=retries,
            force=force,
            fsync=not no_fsync,
            wait_for_lock=not no_wait,
            allow_private=allow_private,
        )
        run = Run(repo, given, display, stop)
        if dry_run:
            display.dry_run(run.plan())
            return
        report = run.download()
    if report.ok and not json:
        _print_path(report.root)
    raise typer.Exit(report.exit_code)


def _print_path(path: Path) -> None:
    """The result, byte for byte as the file system names it, for `DIR=$(hfget …)`."""
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="surrogateescape")
        print(path, flush=True)
    except OSError:  # whoever reads has gone; Python would flush again at exit and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _check_folder(local_dir: str | None) -> None:
    """Before anything is asked: can this be a folder? Raises UsageError."""
    if local_dir is None:
        return
    if local_dir.strip() in ("", "-"):
        raise UsageError(f"--local-dir {local_dir!r} is no folder", hint="--local-dir DIR")
    if Path(local_dir).exists() and not Path(local_dir).is_dir():
        raise UsageError(
            f"--local-dir {local_dir} is a file, not a folder", hint="choose another folder"
        )
