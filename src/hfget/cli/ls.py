"""`hfget ls REPO`: what is in a repo."""

from __future__ import annotations

from dataclasses import replace

from hfget.cli import options


def ls(
    repo: options.Repo,
    files: options.Files = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    revision: options.Revision = None,
    repo_type: options.Kind = None,
    dataset: options.Dataset = False,
    space: options.Space = False,
    endpoint: options.Endpoint = None,
    token: options.Token = None,
    no_token: options.NoToken = False,
    env_file: options.EnvFile = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List a repo's files: size, LFS or git, path; and the total."""
    from hfget.cli.session import session

    with session(json=json, quiet=not json, debug=debug, env_file=env_file) as (display, stop):
        from hfget.conductor import Run
        from hfget.options import Options

        given = Options(
            files=files or (),
            include=include or (),
            exclude=exclude or (),
            revision=revision,
            repo_type=options.repo_type_of(repo_type, dataset, space),
            endpoint=endpoint,
            token=token,
            ambient_token=not no_token,
        )
        run = Run(repo, given, stop=stop)
        snapshot = run.snapshot()
        display.listing(replace(snapshot, files=run.selected(snapshot)))
