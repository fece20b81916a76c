"""`verify --repair`: what was found wrong or missing is fetched again, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hfget import events
from hfget.destinations import Home
from hfget.errors import DiskError, UsageError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import Report, repo_type_named
from hfget.operations.on_disk.verified import Verification
from hfget.operations.run import Run
from hfget.options import DownloadOptions
from hfget.system import Stop, command, option


def repair(
    found: Verification,
    *,
    observer: events.Observer = events.ignore,
    stop: Stop | None = None,
    options: DownloadOptions | None = None,
) -> list[Report]:
    """Download what `found` says is changed or missing, each file from the repo and at the
    commit that were recorded for it.

    The endpoint is the one of `options`, else HF_ENDPOINT, else the recorded one. A changed file
    is replaced even without `force`. Raises UsageError where no repo is recorded, DiskError once
    all else is repaired where something stands in the place of a file, and as `download` does.
    """
    reports = []
    last = found.commit  # what the folder is said to hold afterwards
    for home, paths in sorted(_by_home(found).items(), key=lambda item: item[0].commit == last):
        chosen = replace(
            options or DownloadOptions(),
            files=paths,
            revision=home.commit,
            repo_type=repo_type_named(home.repo_type),
            cache_dir=found.cache,
            local_dir=None if found.cache else found.root,
        )
        run = Run(home.repo_id, chosen, observer, stop, recorded_endpoint=home.endpoint or None)
        reports.append(run.download(_agree))
    for file in found.wrong:
        if file.obstacle is not None:
            message = texts.STANDS_THERE(path=file.path, obstacle=file.obstacle)
            raise DiskError(message, hint=repair_hint(found), path=file.path)
    return reports


def repair_hint(found: Verification) -> str:
    """The command that fetches what `found` says is missing or changed, and what to do before."""
    folder = str(found.root)
    if not all(file.path in found.homes for file in found.wrong if not file.obstacle):
        again = command("hfget", options=option("--local-dir", folder), operands=["REPO"])
    else:
        again = command("hfget", "verify", options=["--repair"], operands=[folder])
    obstacles = found.obstacles
    if len(obstacles) == 1:
        return advice.MOVE_AWAY_THEN(path=obstacles[0], command=again)
    return advice.MOVE_AND_SYNC(command=again) if obstacles else again


def _agree(folder: Path, what: str) -> None:
    """The folder is what it is: its files are repaired where they lie."""


def _by_home(found: Verification) -> Mapping[Home, list[str]]:
    """The wrong files by the repo and commit they are of. Raises UsageError."""
    groups: dict[Home, list[str]] = {}
    for file in found.wrong:
        if file.obstacle is not None:
            continue
        home = found.homes.get(file.path)
        if home is None or not home.repo_id:
            raise UsageError(
                texts.RECORD_WITHOUT_REPO(root=found.root, path=file.path),
                hint=advice.DOWNLOAD_AGAIN(root=found.root),
                path=file.path,
            )
        groups.setdefault(home, []).append(file.path)
    return groups
