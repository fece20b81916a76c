"""The options that only the download has."""

from __future__ import annotations

from typing import Annotated

import typer

from hfget.cli.options import CHOICE, MANNER, PLACE, seconds, whole_number
from hfget.settings import (
    DEFAULT_CONNECTIONS,
    DEFAULT_JOBS,
    DEFAULT_RETRIES,
    MAX_CONNECTIONS,
)

Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Fetch again; replace files that are in the way.",
        rich_help_panel=CHOICE,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show what would be fetched, write nothing.", rich_help_panel=CHOICE
    ),
]
Delete = Annotated[
    bool,
    typer.Option(
        "--delete",
        help="Remove downloads that REV does not have.",
        rich_help_panel=CHOICE,
    ),
]
LocalDir = Annotated[
    str | None,
    typer.Option(
        "--local-dir",
        metavar="DIR",
        help="Download into DIR (default: ./NAME of the repo).",
        rich_help_panel=PLACE,
    ),
]
Cache = Annotated[
    bool,
    typer.Option(
        "--cache",
        help="Into the Hub cache, where transformers looks.",
        rich_help_panel=PLACE,
    ),
]
CacheDir = Annotated[
    str | None,
    typer.Option(
        "--cache-dir",
        metavar="DIR",
        help="The Hub cache is DIR (default HF_HUB_CACHE).",
        rich_help_panel=PLACE,
    ),
]
Hardlink = Annotated[
    bool,
    typer.Option(
        "--hardlink",
        help="Let the folder share files with the Hub cache.",
        rich_help_panel=PLACE,
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "-y",
        "--yes",
        help="Also into your home, a git work tree, another repo.",
        rich_help_panel=PLACE,
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        help="Follow redirects to private addresses.",
        rich_help_panel=PLACE,
    ),
]
Connections = Annotated[
    int,
    typer.Option(
        "-x",
        "--connections",
        metavar="N",
        parser=whole_number,
        help=f"At most N a file, up to {MAX_CONNECTIONS} (default {DEFAULT_CONNECTIONS}).",
        rich_help_panel=MANNER,
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        "-j",
        "--jobs",
        metavar="N",
        parser=whole_number,
        help=f"At most N files at a time (default {DEFAULT_JOBS}).",
        rich_help_panel=MANNER,
    ),
]
Retries = Annotated[
    int,
    typer.Option(
        "--retries",
        metavar="N",
        parser=whole_number,
        help=f"Tries without a new byte (default {DEFAULT_RETRIES}).",
        rich_help_panel=MANNER,
    ),
]
MaxTime = Annotated[
    float | None,
    typer.Option(
        "--max-time",
        metavar="SECONDS",
        parser=seconds,
        help="End the run after so long; what is here is kept.",
        rich_help_panel=MANNER,
    ),
]
NoWait = Annotated[
    bool,
    typer.Option(
        "--no-wait",
        help="Do not wait for another hfget on the same folder.",
        rich_help_panel=MANNER,
    ),
]
NoFsync = Annotated[
    bool,
    typer.Option(
        "--no-fsync",
        help="Do not wait until data has reached the disk.",
        rich_help_panel=MANNER,
    ),
]
