"""Options of the commands that are no options of a download, and how their values are read."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

import typer

from hfget import __version__
from hfget.cli.help_text import EVERYTHING
from hfget.messages import cli_texts as texts
from hfget.options import ACCESS, CHOICE, MANNER, PLACE
from hfget.system import lazy_pattern, size_of

if TYPE_CHECKING:
    from hfget.system import Stop
    from hfget.ui import Display

#: Ten years: timers of the system do not take just any number.
_LONGEST_SECONDS = 3.2e8
_NUMBER = r"([0-9]{1,12}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})"
_TIME = lazy_pattern(
    rf"(?:{_NUMBER}\s*d\s*)?(?:{_NUMBER}\s*h\s*)?(?:{_NUMBER}\s*m\s*)?(?:{_NUMBER}\s*s?)?",
    re.IGNORECASE,
)
_UNITS = (86_400, 3_600, 60, 1)


def whole_number(text: str | int) -> int:
    """A number from the command line. Raises typer.BadParameter."""
    try:
        return int(text)
    except ValueError:
        _refuse(texts.NOT_WHOLE(text=text))


def seconds(text: str | float) -> float:
    """A time above 0 from the command line, as seconds: `90`, `20m`, `1h30m`, `1.5h`.

    Raises typer.BadParameter.
    """
    match = _TIME.fullmatch(str(text).strip())
    parts = match.groups() if match is not None else ()
    value = sum(float(part) * unit for part, unit in zip(parts, _UNITS, strict=False) if part)
    if not 0 < value <= _LONGEST_SECONDS:
        _refuse(texts.NOT_SECONDS(text=text))
    return value


def byte_size(text: str | int) -> int:
    """A size from the command line: `500G` (decimal), `2Ti` (binary). Raises typer.BadParameter."""
    size = size_of(str(text))
    if size is None:
        _refuse(texts.NOT_A_SIZE(text=text))
    return int(size)


def path(text: str) -> Path:
    """A path in which `~` is expanded. Raises UsageError."""
    from hfget.settings import user_path

    return user_path(text, texts.THE_PATH)


def _refuse(why: str) -> NoReturn:
    raise typer.BadParameter(why) from None


Repo = Annotated[
    str,
    typer.Argument(metavar="REPO", help="org/name, name, datasets/org/name or a URL."),
]
ListFile = Annotated[
    Path | None,
    typer.Option(
        "-i",
        "--input-file",
        metavar="FILE",
        parser=path,
        help="A list: a repo a line, with options of its own; - is stdin.",
        rich_help_panel=CHOICE,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show what would be fetched, write nothing.", rich_help_panel=CHOICE
    ),
]
Pick = Annotated[
    bool,
    typer.Option(
        "--pick",
        help="Choose the weights with the arrow keys.",
        rich_help_panel=CHOICE,
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
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        parser=path,
        help="Read the token from a file.",
        rich_help_panel=ACCESS,
    ),
]
MaxTime = Annotated[
    float | None,
    typer.Option(
        "--max-time",
        metavar="TIME",
        parser=seconds,
        help="End the run after so long: 1h30m, 90 (seconds); what is here is kept.",
        rich_help_panel=MANNER,
    ),
]
EnvFile = Annotated[
    Path | None,
    typer.Option(
        "--env-file",
        metavar="FILE",
        parser=path,
        help="Read settings from a file (see .env.example).",
        rich_help_panel=MANNER,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Tell of every request; show tracebacks.")]


class CommonOptions(NamedTuple):
    """What most commands have in common; each field is an option of the command."""

    token_file: TokenFile = None
    env_file: EnvFile = None
    json: Json = False
    quiet: Quiet = False
    debug: Debug = False

    def session(
        self, max_time: float | None = None
    ) -> AbstractContextManager[tuple[Display, Stop]]:
        """As `hfget.cli.session.session`."""
        from hfget.cli.session import session

        return session(
            json=self.json,
            quiet=self.quiet,
            debug=self.debug,
            env_file=self.env_file,
            max_time=max_time,
        )


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"hfget {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
]


def _show_everything(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        ctx.meta[EVERYTHING] = True
        print(ctx.get_help())
        raise typer.Exit


HelpAll = Annotated[
    bool,
    typer.Option("--help-all", callback=_show_everything, is_eager=True, help="Show all options."),
]
