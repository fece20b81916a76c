"""`hfget REPO [FILES]…`: download."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import typer

from hfget.cli import getoptions as own
from hfget.cli import options
from hfget.errors import UsageError
from hfget.settings import DEFAULT_CONNECTIONS, DEFAULT_JOBS, DEFAULT_RETRIES


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
    force: own.Force = False,
    dry_run: own.DryRun = False,
    delete: own.Delete = False,
    local_dir: own.LocalDir = None,
    cache: own.Cache = False,
    cache_dir: own.CacheDir = None,
    hardlink: own.Hardlink = False,
    yes: own.Yes = False,
    endpoint: options.Endpoint = None,
    allow_private: own.AllowPrivate = False,
    token: options.Token = None,
    token_file: options.TokenFile = None,
    no_token: options.NoToken = False,
    send_token_to: options.SendTokenTo = None,
    connections: own.Connections = DEFAULT_CONNECTIONS,
    jobs: own.Jobs = DEFAULT_JOBS,
    retries: own.Retries = DEFAULT_RETRIES,
    max_time: own.MaxTime = None,
    no_wait: own.NoWait = False,
    no_fsync: own.NoFsync = False,
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
        from hfget.cli.consent import consent
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
            send_token_to=send_token_to or (),
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
        report = run.download(consent(display, yes=yes))
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
