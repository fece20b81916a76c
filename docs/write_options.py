"""Writes docs/options.md from the options themselves: python docs/write_options.py"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from hfget.cli.main import make_app
from hfget.options.download import DEFAULTS, OPTIONS

PAGE = Path(__file__).with_name("options.md")
HEAD = """\
# Options

Written by `python docs/write_options.py` from `src/hfget/options/download.py`. In every option
`_` and `-` are the same, and `~` at the beginning of a path is your home folder. The keywords are
those of `download` and `plan` ([library.md](library.md)); *ls* marks what `hfget ls` and
`hfget urls` have too.

```
hfget [OPTIONS] REPO [FILES]...
```
"""


def page() -> str:
    commands: Any = typer.main.get_command(make_app()).commands  # type: ignore[attr-defined]
    parts = [HEAD]
    listing = {flag for param in commands["ls"].params for flag in param.opts}
    groups: dict[str, list[str]] = {}
    for param in commands["get"].params:
        if param.name == "repo":
            continue
        group = getattr(param, "rich_help_panel", None) or "Output"
        name = "What to fetch" if param.param_type_name == "argument" else group
        marked = "ls" if listing.intersection(param.opts) else ""
        groups.setdefault(name, []).append(
            f"| {_spelled(param)} | {_keyword(param.name)} | {param.help} | {marked} |"
        )
    listed = {flag for param in commands["get"].params for flag in param.opts}
    said = {param.help for param in commands["get"].params}
    for name, rows in groups.items():
        parts.append(f"## {name}\n\n| option | keyword | what it does | |\n|---|---|---|---|")
        parts[-1] += "".join(f"\n{row}" for row in rows) + "\n"
    for name in (
        "urls", "lock", "sync", "outdated", "verify", "list", "prune", "mirrors", "serve",
    ):  # fmt: skip
        command = commands[name]
        known = (
            listing if name == "urls" else listed if name in ("lock", "sync", "outdated") else set()
        )
        rows = [
            f"| {_spelled(param)} | {param.help} |"
            for param in command.params
            if not known.intersection(param.opts) or param.help not in said
        ]
        also = _shared(command, known, said) if name != "urls" else ""
        parts.append(f"## hfget {name}\n\n{also}| option | what it does |\n|---|---|")
        parts[-1] += "".join(f"\n{row}" for row in rows) + "\n"
    return "\n".join(parts)


def _shared(command: Any, known: set[str], said: set[str]) -> str:
    """The options that a command has as a download has them."""
    flags = [
        max(param.opts, key=len)
        for param in command.params
        if known.intersection(param.opts) and param.help in said
    ]
    return f"As in a download: {', '.join(f'`{flag}`' for flag in flags)}.\n\n" if flags else ""


def _spelled(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{param.metavar}`"
    value = "" if param.is_flag else f" {param.metavar}"
    return ", ".join(f"`{flag}{value}`" for flag in param.opts)


def _keyword(name: str) -> str:
    """The keyword with its default, `repo_type="dataset"` for what is short for it."""
    if name in OPTIONS:
        if DEFAULTS[name] is True:
            return f"`{name}=False`"
        return f"`{name}={DEFAULTS[name]!r}`" if OPTIONS[name].metavar == "N" else f"`{name}`"
    for one, known in OPTIONS.items():
        for short in known.shorthands:
            if short.flag == "--" + name.replace("_", "-"):
                return f'`{one}="{short.value}"`'
    return ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
