"""The command line: `hfget REPO` is `hfget get REPO`; the other commands are named.

Only typer is imported here: a command is when it is meant, and imports what it needs when it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from hfget.cli.help_text import SHORT_HELP, BriefCommand, Command
from hfget.cli.typer_parts import ClickUsageError, complete_at_first_tab
from hfget.cli.user_language import speak_to_user, usage_error
from hfget.cli.verbs import refuse_other_tools
from hfget.errors import HfgetError
from hfget.messages import cli_texts as texts
from hfget.messages import translated

_COMPLETION = ("--install-completion", "--show-completion")


class _Group(TyperGroup):
    """A group whose first argument may be a repo instead of a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        completing = ctx.resilient_parsing and not args
        if args and args[0].startswith(_COMPLETION):
            complete_at_first_tab()
        elif not completing:
            # Even to find that an option was not given typer imports pydantic.
            self.params = []
            if not args or args[0] not in self.commands:
                if args and not ctx.resilient_parsing:
                    refuse_other_tools(args[0], args[1:])
                args = ["get", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Names of commands, or options of the one whose name can be left out."""
        if not incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        command = self.commands["get"]
        return command.shell_complete(
            command.make_context("get", [], parent=ctx, resilient_parsing=True), incomplete
        )


class _Get(BriefCommand):
    """The main command, whose name can be left out."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        super().format_usage(ctx, formatter)
        for name, place in COMMANDS.items():
            if name != "get":
                formatter.write(f"       hfget {name} {place.arguments}\n")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        typed = list(args)
        if any(word.startswith(("-i", "--input-file", "--input_file")) for word in args):
            self.params[0].required = False  # REPO
        options_first = bool(args) and args[0].startswith("-") and "--" not in args
        rest = super().parse_args(ctx, args)
        repo = ctx.params.get("repo")
        if options_first and repo in COMMANDS:
            ctx.fail(texts.COMMAND_FIRST(repo=repo))
        if options_first and repo in typed and not ctx.resilient_parsing:
            typed.remove(repo)
            refuse_other_tools(repo, typed)
        return rest


class _Place(NamedTuple):
    """Where the function of a command is, below `commands`; and its arguments, as help has them.

    They stand here since the main help names all commands: to import them all takes a while.
    """

    module: str
    function: str
    arguments: str


#: In the order of the help.
COMMANDS = {
    "get": _Place("get", "get", "REPO [FILES]..."),
    "ls": _Place("ls", "ls", "REPO [FILES]..."),
    "urls": _Place("urls", "urls", "REPO [FILES]..."),
    "verify": _Place("verify", "verify", "DIR"),
    "lock": _Place("lock", "lock", "[REF]..."),
    "sync": _Place("sync", "sync", "[LOCK]"),
    "outdated": _Place("outdated", "outdated", "[DIR]..."),
    "list": _Place("list", "list_downloads", "[DIR]..."),
    "prune": _Place("prune", "prune", "[DIR]..."),
    "mirrors": _Place("which_mirror", "mirrors", "[REPO]"),
    "serve": _Place("serve", "serve", "[DIR...]..."),
    "help": _Place("help", "help_topic", "[TOPIC]"),
}


def make_app(names: Container[str] = COMMANDS) -> typer.Typer:
    """The app with the commands of these names: to import and make all takes a while."""
    app = typer.Typer(
        cls=_Group,
        name="hfget",
        add_help_option=False,  # the help of the group is that of `get`
        pretty_exceptions_enable=False,
        pretty_exceptions_show_locals=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, place in COMMANDS.items():
        if name in names:
            run = getattr(import_module(f"hfget.cli.commands.{place.module}"), place.function)
            app.command(name, cls=_Get if name == "get" else Command)(run)
    return app


def _app_for(arguments: Sequence[str]) -> typer.Typer:
    """The app with the commands that `arguments` can mean."""
    if not arguments or "_HFGET_COMPLETE" in os.environ or arguments[0] == "help":
        return make_app()
    return make_app(("get", "ls", arguments[0]))  # of one alone typer makes no group


def main() -> None:
    """The console script."""
    arguments = sys.argv[1:]
    speak_to_user(json=_wants_json(arguments))
    try:
        if not arguments and "_HFGET_COMPLETE" not in os.environ:
            print(translated(SHORT_HELP), file=sys.stderr, end="")
            sys.exit(2)
        code = _app_for(arguments)(args=arguments, prog_name="hfget", standalone_mode=False)
    except HfgetError as error:
        code = _fail(error, arguments)
    except ClickUsageError as error:
        code = _fail(usage_error(error), arguments)
    sys.exit(code)


def _fail(error: HfgetError, arguments: Sequence[str]) -> int:
    """Show an error that no command's display was there to show."""
    from hfget.ui import display

    display(json=_wants_json(arguments), stream=sys.stderr).error(error)
    return error.exit_code


def _wants_json(arguments: Sequence[str]) -> bool:
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options
