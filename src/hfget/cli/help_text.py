"""How `--help` looks: options in groups, one line each, the exit codes at the end; ASCII only.

Typer's own grouping needs rich, which takes longer to import than all the rest of a help page.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import cleandoc
from typing import Any

from typer.core import TyperCommand

from hfget.cli.arguments import read
from hfget.cli.typer_parts import convert_plainly
from hfget.messages import Text, translated
from hfget.messages import cli_texts as texts
from hfget.options import CHOICE, PLACE
from hfget.system import cells, padded

SHORT_HELP = texts.SHORT_HELP
_EXIT_CODES = {
    0: texts.EXIT_VERIFIED,
    1: texts.EXIT_BUG,
    2: texts.EXIT_USE,
    3: texts.EXIT_NOT_FOUND,
    4: texts.EXIT_NOT_ALLOWED,
    5: texts.EXIT_NETWORK,
    6: texts.EXIT_WRONG_BYTES,
    7: texts.EXIT_DISK,
    8: texts.EXIT_UNSAFE,
    9: texts.EXIT_LOCKED,
    124: texts.EXIT_MAX_TIME,
    129: texts.EXIT_SIGHUP,
    130: texts.EXIT_CTRL_C,
    143: texts.EXIT_SIGTERM,
}
_SIGNALS = frozenset({129, 130, 143})
#: What commands can give that cannot give all.
_CODES_OF = {
    "ls": {0, 1, 2, 3, 4, 5, 8} | _SIGNALS,
    "urls": {0, 1, 2, 3, 4, 5, 8} | _SIGNALS,
    "lock": {0, 1, 2, 3, 4, 5, 6, 7, 8} | _SIGNALS,
    "verify": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9} | _SIGNALS,
    "outdated": {0, 1, 2, 3, 4, 5, 7, 8} | _SIGNALS,
    "list": {0, 1, 2} | _SIGNALS,
    "prune": {0, 1, 2, 7} | _SIGNALS,
    "mirrors": {0, 1, 2, 3, 4, 5, 6, 8} | _SIGNALS,
    "serve": {0, 1, 2},
    "help": {0, 1, 2},
}
_OTHER_ZERO = {
    "ls": texts.EXIT_LISTED,
    "urls": texts.EXIT_LISTED,
    "list": texts.EXIT_LISTED,
    "lock": texts.EXIT_DONE,
    "outdated": texts.EXIT_DONE,
    "prune": texts.EXIT_DONE,
    "mirrors": texts.EXIT_ONE_WORKS,
    "serve": texts.EXIT_SERVED,
    "help": texts.EXIT_SHOWN,
}
#: Groups of options under what they are for in commands that download nothing.
_OTHER_HEADINGS = {
    "ls": {CHOICE: str(texts.WHAT_TO_LIST), PLACE: str(texts.WHERE_FROM)},
    "urls": {CHOICE: str(texts.WHAT_TO_LIST), PLACE: str(texts.WHERE_FROM)},
    "lock": {CHOICE: str(texts.WHAT_TO_LOCK)},
    "verify": {PLACE: str(texts.WHERE_FROM)},
    "outdated": {PLACE: str(texts.WHERE_FROM)},
}
#: The parameters of a download that most people need.
COMMON = frozenset(
    {
        *("repo", "files", "include", "exclude", "weights", "quant", "pick", "revision", "dataset"),
        *("force", "dry_run", "local_dir", "cache", "endpoint", "token"),
        *("connections", "limit_rate", "json", "quiet", "version", "help", "help_all"),
    }
)

#: Where a context keeps that all options are to be shown.
EVERYTHING = "hfget.everything"
#: Where a context keeps what the user should know about the words that were typed.
NOTES = "hfget.notes"

_LAST = str(texts.OUTPUT)
#: The names of options take at most so many columns, as in click's own lists.
_NAMES_WIDTH = 30
_CODE_WIDTH = 36


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
        from hfget.system import wrap

        for paragraph in said.split("\n\n"):
            lines = wrap(paragraph, formatter.width, "  ")
            formatter.write("\n" + "\n".join(lines) + "\n")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        params = [param for param in self.get_params(ctx) if self.is_shown(param, ctx)]
        for param in params:
            is_argument = param.param_type_name == "argument"
            panel = getattr(param, "rich_help_panel", None) or _LAST
            panel = _OTHER_HEADINGS.get(str(self.name), {}).get(panel, panel)
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
        formatter.write(f"\n{self.epilog or exit_codes(str(self.name))}")

    def is_shown(self, param: Any, ctx: Any) -> bool:
        return not getattr(param, "hidden", False)

    def arguments_text(self) -> str:
        """`REPO [FILES]...`"""
        names = []
        for param in self.params:
            if param.param_type_name == "argument":
                name = str(param.metavar) if param.required else f"[{param.metavar}]"
                names.append(name if param.nargs == 1 else f"{name}...")
        return " ".join(names)


class BriefCommand(Command):
    """One with many options: `--help` shows the common ones, `--help-all` every one."""

    def is_shown(self, param: Any, ctx: Any) -> bool:
        everything = ctx.meta.get(EVERYTHING) or param.name in COMMON
        return everything and super().is_shown(param, ctx)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        if ctx.meta.get(EVERYTHING):
            super().format_epilog(ctx, formatter)
        formatter.write(translated(texts.HELP_EXAMPLES))
        if not ctx.meta.get(EVERYTHING):
            formatter.write(translated(texts.HELP_ALL))
        formatter.write(translated(texts.HELP_TOPICS))


def command_codes(command: str) -> list[tuple[int, str]]:
    """The exit codes that a command can give, with what they mean."""
    known = {**_EXIT_CODES, 0: _OTHER_ZERO.get(command, _EXIT_CODES[0])}
    return [(code, translated(known[code])) for code in sorted(_CODES_OF.get(command, known))]


def exit_codes(command: str) -> str:
    """The exit codes that a command can give, in two columns."""
    rows = [f"{code:3}  {text}" for code, text in command_codes(command)]
    half = (len(rows) + 1) // 2
    columns = zip(rows[:half], [*rows[half:], ""], strict=False)
    lines = "".join(f"  {padded(a, _CODE_WIDTH)}{b}".rstrip() + "\n" for a, b in columns)
    return f"{translated(texts.EXIT_CODES)}\n{lines}"


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
    from hfget.system import wrap

    formatter.write(f"\n{translated(texts.SECTION(name=heading))}\n")
    column = min(width, _NAMES_WIDTH) + 4
    for name, about in rows:
        lines = wrap(about, formatter.width, " " * column)
        first = padded(f"  {name}", column)
        if cells(first) > column:
            lines.insert(0, first)
        else:
            lines[0] = first + lines[0].lstrip()
        formatter.write("".join(f"{line.rstrip()}\n" for line in lines))
