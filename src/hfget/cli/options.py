"""Options that several commands share, in the groups in which `--help` shows them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hfget._version import __version__
from hfget.errors import UsageError
from hfget.model import RepoType

#: Ten years: timers of the system do not take just any number.
_LONGEST_SECONDS = 3.2e8

CHOICE = "What to fetch"
PLACE = "Where from and where to"
ACCESS = "Your token"
MANNER = "How"

Repo = Annotated[
    str,
    typer.Argument(metavar="REPO", help="org/name, name, datasets/org/name or a URL."),
]
Files = Annotated[
    list[str] | None, typer.Argument(metavar="FILES", help="Only these files or folders of it.")
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include", metavar="GLOB", help="Only what matches; repeatable.", rich_help_panel=CHOICE
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", metavar="GLOB", help="Not what matches; repeatable.", rich_help_panel=CHOICE
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        metavar="KIND",
        help="One kind of weights: safetensors, bin, gguf, ...",
        rich_help_panel=CHOICE,
    ),
]
Quant = Annotated[
    list[str] | None,
    typer.Option(
        "--quant",
        metavar="LABEL",
        help="One GGUF quantisation, as with REPO:Q4_K_M.",
        rich_help_panel=CHOICE,
    ),
]
SafeOnly = Annotated[
    bool,
    typer.Option(
        "--safe-only",
        help="No pickles: they can run code when loaded.",
        rich_help_panel=CHOICE,
    ),
]
Revision = Annotated[
    str | None,
    typer.Option(
        "--revision",
        metavar="REV",
        help="Branch, tag, commit or refs/pr/N (default main).",
        rich_help_panel=CHOICE,
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--repo-type",
        metavar="TYPE",
        help="model (default), dataset or space.",
        rich_help_panel=CHOICE,
    ),
]
Dataset = Annotated[
    bool,
    typer.Option("--dataset", help="The same as --repo-type dataset.", rich_help_panel=CHOICE),
]
Space = Annotated[
    bool, typer.Option("--space", help="The same as --repo-type space.", rich_help_panel=CHOICE)
]
Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help="The hub or mirror (default HF_ENDPOINT).",
        rich_help_panel=PLACE,
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        "--hf-token",
        metavar="TOKEN",
        help="Sent to the endpoint; - reads it from stdin.",
        rich_help_panel=ACCESS,
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file", metavar="FILE", help="Read the token from a file.", rich_help_panel=ACCESS
    ),
]
NoToken = Annotated[
    bool,
    typer.Option(
        "--no-token",
        help="Send neither HF_TOKEN nor the stored login.",
        rich_help_panel=ACCESS,
    ),
]
SendTokenTo = Annotated[
    list[str] | None,
    typer.Option(
        "--send-token-to",
        metavar="HOST",
        help="HF_TOKEN or the stored login may go there.",
        rich_help_panel=ACCESS,
    ),
]
EnvFile = Annotated[
    Path | None,
    typer.Option(
        "--env-file",
        metavar="FILE",
        help="Read settings from a file (see .env.example).",
        rich_help_panel=MANNER,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Tell of every request; show tracebacks.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"hfget {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
]


def whole_number(text: str | int) -> int:
    """A number from the command line. Raises typer.BadParameter."""
    try:
        return int(text)
    except ValueError:
        _refuse(f"{text!r} is not a whole number")


def seconds(text: str | float) -> float:
    """A number of seconds above 0 from the command line. Raises typer.BadParameter."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= _LONGEST_SECONDS:
        _refuse(f"{text!r} is not a number of seconds above 0")
    return value


def _refuse(why: str) -> NoReturn:
    raise typer.BadParameter(why) from None


def repo_type_of(kind: str | None, dataset: bool, space: bool) -> RepoType | None:
    """The repo type that the three options name together. Raises UsageError if they disagree."""
    named: set[RepoType] = set()
    if kind is not None:
        singular = kind.strip().lower().removesuffix("s")
        if singular == "model":
            named.add("model")
        elif singular == "dataset":
            named.add("dataset")
        elif singular == "space":
            named.add("space")
        else:
            raise UsageError(
                f"--repo-type {kind[:40]!r} is none of model, dataset, space",
                hint="for instance: --repo-type dataset",
            )
    if dataset:
        named.add("dataset")
    if space:
        named.add("space")
    if len(named) > 1:
        raise UsageError(
            "--repo-type, --dataset and --space contradict each other", hint="give one of them"
        )
    return named.pop() if named else None
