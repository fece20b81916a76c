"""How `--help` looks: options in groups, one line each, the exit codes at the end; ASCII only.

Typer's own grouping needs rich, which takes longer to import than all the rest of a help page.
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from hfget.cli.arguments import read
from hfget.cli.typer_parts import convert_plainly
from hfget.messages import cli_texts as texts

EXIT_CODES = texts.EXIT_CODES

#: Where a context keeps what the user should know about the words that were typed.
NOTES = "hfget.notes"

_LAST = "Output"


class Command(TyperCommand):
    """A command whose help groups options by their `rich_help_panel`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        params = self.get_params(ctx)
        for param in params:
            convert_plainly(param)
        if not ctx.resilient_parsing:
            args, ctx.meta[NOTES] = read(args, params, command_name(ctx))
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        formatter.write_usage(command_name(ctx), f"[OPTIONS] {self.arguments_text()}")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        params = [param for param in self.get_params(ctx) if not getattr(param, "hidden", False)]
        for param in params:
            is_argument = param.param_type_name == "argument"
            name = "Arguments" if is_argument else getattr(param, "rich_help_panel", None) or _LAST
            groups.setdefault(name, []).append((_spelling(param), getattr(param, "help", "") or ""))
        last = groups.pop(_LAST)
        groups[_LAST if set(groups) - {"Arguments"} else "Options"] = last
        width = max(len(row[0]) for rows in groups.values() for row in rows)
        for name, rows in groups.items():
            with formatter.section(name):
                formatter.write_dl([(row[0].ljust(width), row[1]) for row in rows])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        formatter.write(f"\n{self.epilog or EXIT_CODES}")

    def arguments_text(self) -> str:
        """`REPO [FILES]...`"""
        names = []
        for param in self.params:
            if param.param_type_name == "argument":
                name = str(param.metavar) if param.required else f"[{param.metavar}]"
                names.append(name if param.nargs == 1 else f"{name}...")
        return " ".join(names)


def command_name(ctx: Any) -> str:
    """`hfget ls`, as it is typed; the name of the main command is left out."""
    path: str = ctx.command_path
    return path.removesuffix(" get")


def _spelling(param: Any) -> str:
    """`-j, --jobs N`, `--no-token`, or the name of an argument."""
    if param.param_type_name == "argument":
        return str(param.metavar)
    names = sorted(param.opts, key=len)
    metavar = "" if param.is_flag else f" {param.metavar}"
    return ", ".join(names) + metavar
