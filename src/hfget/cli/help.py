"""How `--help` looks: options in groups, one line each, the exit codes at the end; ASCII only.

Typer's own grouping needs rich, which takes longer to import than all the rest of a help page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from inspect import cleandoc
from typing import Any

from typer.core import TyperCommand

from hfget.cli.arguments import read
from hfget.cli.typer_parts import convert_plainly
from hfget.messages import Text, translated
from hfget.messages import cli_texts as texts
from hfget.system import cells

EXIT_CODES = texts.EXIT_CODES

#: Where a context keeps what the user should know about the words that were typed.
NOTES = "hfget.notes"

_LAST = str(texts.OUTPUT)
#: The names of options take at most so many columns, as in click's own lists.
_NAMES_WIDTH = 30
#: A wide character or a word, with what may not begin a line after it.
_WORDS = re.compile(r"(?:[（“][\x21-\x7e]*|[^\x00-\x7f]|[\x21-\x7e]+)[，。；：、？！）”]*\s*")


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
        prefix = translated(texts.USAGE)
        formatter.write_usage(command_name(ctx), f"[OPTIONS] {self.arguments_text()}", prefix)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        said = translated(Text(cleandoc(self.help or "")))
        if said.isascii():
            super().format_help_text(ctx, formatter)
            return
        for paragraph in said.split("\n\n"):
            formatter.write("\n" + wrapped(paragraph, formatter.width, "  ") + "\n")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        params = [param for param in self.get_params(ctx) if not getattr(param, "hidden", False)]
        for param in params:
            is_argument = param.param_type_name == "argument"
            panel = getattr(param, "rich_help_panel", None) or _LAST
            name = str(texts.ARGUMENTS) if is_argument else panel
            about = translated(Text(getattr(param, "help", "") or ""))
            groups.setdefault(name, []).append((_spelling(param), about))
        last = groups.pop(_LAST)
        groups[_LAST if set(groups) - {texts.ARGUMENTS} else str(texts.OPTIONS)] = last
        width = max(len(row[0]) for rows in groups.values() for row in rows)
        for name, rows in groups.items():
            heading = translated(Text(name))
            if heading.isascii() and all(row[1].isascii() for row in rows):
                with formatter.section(heading):
                    formatter.write_dl([(row[0].ljust(width), row[1]) for row in rows])
            else:
                _write_rows(formatter, heading, rows, width)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        formatter.write(f"\n{translated(self.epilog or EXIT_CODES)}")

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


def _write_rows(formatter: Any, heading: str, rows: Sequence[tuple[str, str]], width: int) -> None:
    """A group of options whose texts have wide characters, which click takes for narrow ones."""
    formatter.write(f"\n{heading}:\n")
    column = min(width, _NAMES_WIDTH) + 4
    for name, about in rows:
        lines = wrapped(about, formatter.width, " " * column).splitlines() or [""]
        first = f"  {name}".ljust(column)
        if len(first) > column:
            lines.insert(0, first)
        else:
            lines[0] = first + lines[0].lstrip()
        formatter.write("".join(f"{line.rstrip()}\n" for line in lines))


def wrapped(text: str, width: int, indent: str) -> str:
    """`text` in lines of at most `width` columns; it may break at a blank and at a wide character,
    but none begins with a closing mark."""
    lines, line = [], indent
    for word in _WORDS.findall(re.sub(r"(?<=[^\x00-\x7f])\n|\n(?=[^\x00-\x7f])", "", text)):
        if cells(line) + cells(word.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += word.lstrip() if line == indent else word.replace("\n", " ")
    return "\n".join([*lines, line.rstrip()])
