"""The command line: `hfget REPO` is `hfget get REPO`; the other commands are named.

Only typer is imported here: each command imports what it needs when it runs.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from hfget._version import __version__
from hfget.cli.get import get
from hfget.cli.ls import ls
from hfget.cli.serve import serve
from hfget.cli.verify import verify

EPILOG = (
    "Exit codes: 0 all there and verified · 1 unexpected error · 2 wrong use · 3 not found · "
    "4 not allowed · 5 network or server · 6 verification failed · 7 disk · 8 refused as unsafe · "
    "9 locked · 129/130/143 interrupted (run again to go on)"
)


class _Group(TyperGroup):
    """A group whose first argument may be a repo instead of a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = ("--version", "--install-completion", "--show-completion")
        if not args:
            args = ["get", "--help"]
        elif args[0] not in self.commands and not args[0].startswith(own):
            args = ["get", *args]
        return super().parse_args(ctx, args)


class _Get(TyperCommand):
    """The main command; its usage does not name it, as its name can be left out."""

    def get_usage(self, ctx: Any) -> str:
        return super().get_usage(ctx).replace("hfget get", "hfget", 1)


app = typer.Typer(
    cls=_Group,
    name="hfget",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        print(f"hfget {__version__}")
        raise typer.Exit


@app.callback()
def _app(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Download models and datasets from the Hugging Face Hub or a mirror of it."""


app.command("get", cls=_Get, epilog=EPILOG)(get)
app.command("ls", epilog=EPILOG)(ls)
app.command("verify", epilog=EPILOG)(verify)
app.command("serve", epilog=EPILOG)(serve)


def main() -> None:
    """The console script."""
    app(prog_name="hfget", args=sys.argv[1:])
