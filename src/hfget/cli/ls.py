"""`hfget ls REPO`: what is in a repo."""

from __future__ import annotations

from dataclasses import replace

from hfget.cli import options


def ls(
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
    endpoint: options.Endpoint = None,
    token: options.Token = None,
    token_file: options.TokenFile = None,
    no_token: options.NoToken = False,
    send_token_to: options.SendTokenTo = None,
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
            endpoint=endpoint,
            token=given_token(token, token_file, display),
            ambient_token=not no_token,
            send_token_to=send_token_to or (),
        )
        run = Run(repo, given, display, stop)
        snapshot = run.snapshot()
        display.listing(replace(snapshot, files=run.selected(snapshot)))
