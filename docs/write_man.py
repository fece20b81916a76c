"""Writes the man page hfget.1 from the commands themselves: python docs/write_man.py"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hfget.cli.help_text import command_codes  # noqa: E402
from hfget.cli.main import make_app  # noqa: E402

PAGE = ROOT / "docs" / "hfget.1"
FILES = (
    ("~/.cache/huggingface", "the Hub cache and the stored login (HF_HOME)"),
    ("DIR/.cache/huggingface", "the records of a download, its journals and its partial files"),
    ("~/.cache/hfget", "the speed seen last; an unpacked hfget.pyz"),
)
VARIABLES = (
    ("HF_ENDPOINT", "the hub or mirror"),
    ("HFGET_MIRRORS", "more of them, in order"),
    ("HF_TOKEN", "your token"),
    ("HF_HOME, HF_HUB_CACHE", "where the Hub cache is"),
    ("HTTPS_PROXY, NO_PROXY", "the proxy, and what is reached without it"),
    ("HFGET_LANG", "en or zh_CN"),
)


def page() -> str:
    commands: dict[str, Any] = typer.main.get_command(make_app()).commands  # type: ignore[attr-defined]
    out = [
        '.\\" Written by docs/write_man.py from the commands.',
        ".TH HFGET 1",
        ".SH NAME",
        "hfget \\- download models and datasets from the Hugging Face Hub or a mirror",
        ".SH SYNOPSIS",
    ]
    for name, command in commands.items():
        typed = "hfget" if name == "get" else f"hfget {name}"
        out += [f".B {typed}", escaped(f"[OPTIONS] {command.arguments_text()}"), ".br"]
    out += [".SH DESCRIPTION", *paragraphs(commands["get"].help)]
    for name, command in commands.items():
        out.append(".SH OPTIONS" if name == "get" else f".SH HFGET {name.upper()}")
        if name != "get":
            out += paragraphs(command.help)
        out += options(command)
    out.append(".SH EXIT STATUS")
    for code, text in command_codes("get"):
        out += [".TP", f".B {code}", escaped(text)]
    for title, rows in (("ENVIRONMENT", VARIABLES), ("FILES", FILES)):
        out.append(f".SH {title}")
        for term, text in rows:
            out += [".TP", f".B {escaped(term)}", escaped(text)]
    return "\n".join(out) + "\n"


def options(command: Any) -> list[str]:
    out: list[str] = []
    panel = ""
    params = [param for param in command.params if not getattr(param, "hidden", False)]
    panels = [getattr(param, "rich_help_panel", None) or "" for param in params]
    first = {named: panels.index(named) for named in panels}
    order = sorted(range(len(params)), key=lambda at: (first[panels[at]], at))
    params = [params[at] for at in order]
    params.sort(key=lambda param: param.param_type_name != "argument")
    for param in params:
        named = getattr(param, "rich_help_panel", None) or ""
        if param.param_type_name != "argument" and named != panel:
            panel = named
            out.append(f".SS {escaped(panel or 'Output')}")
        if param.param_type_name == "argument":
            term = str(param.metavar)
        else:
            term = ", ".join(sorted(param.opts, key=len))
            term += "" if param.is_flag else f" {param.metavar}"
        out += [".TP", f".B {escaped(term)}", escaped(param.help or "")]
    return out


def paragraphs(text: str) -> list[str]:
    parts = [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]
    return [line for part in parts for line in (".PP", escaped(part))]


def escaped(text: str) -> str:
    """As roff takes it: backslashes and hyphens as they are typed, no line that is a request."""
    plain = re.sub(r"[\\-]", lambda found: "\\e" if found[0] == "\\" else "\\-", text)
    plain = plain.replace("\u2026", "...").encode("ascii", "replace").decode()
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="ascii")
