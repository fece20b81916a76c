"""`hfget help TOPIC`: a page of the documentation, or what a kind of error means."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from hfget.errors import UsageError
from hfget.messages import advice, translated
from hfget.messages import cli_texts as texts
from hfget.system import safe_text

#: By topic, the page in docs/.
TOPICS = {
    "tutorial": "tutorial.md",
    "mirrors": "which-mirror.md",
    "weights": "weights.md",
    "gguf": "gguf.md",
    "resume": "resume.md",
    "token": "token.md",
    "gated": "gated.md",
    "offline": "offline.md",
    "proxy": "proxy.md",
    "docker": "docker.md",
    "ci": "ci.md",
    "cluster": "cluster.md",
    "errors": "errors.md",
}
_WIDEST = 100
_KIND = re.compile(r"[a-z][a-z-]{1,40}")
#: Pictures that a terminal does not draw, remarks, and places that links lead to.
_UNSEEN = re.compile(
    r"^```mermaid\n.*?^```\n|<!--.*?-->\n|^<a id=[^>]*></a>\n", re.MULTILINE | re.DOTALL
)
#: Where the page is in the other language.
_OTHER_LANGUAGE = re.compile(r"\s?(?:Chinese: |英文版：)\s?\[[^\[\]]+\]\([^()]+\)[.。]")
#: A line end between Chinese characters, which shows as a blank.
_NO_BLANK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u4e00-\u9fff\uff00-\uffef“（])")
#: A link, whose target says nothing in a terminal.
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\([^()]{1,300}\)")


def help_topic(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(metavar="TOPIC", help=f"One of {', '.join(TOPICS)}."),
    ] = None,
) -> None:
    """Show what the documentation says of a topic; the options of a command: hfget COMMAND -h."""
    if topic is None:
        from hfget.cli.help_text import SHORT_HELP

        print(translated(SHORT_HELP), end="")
        return
    name = topic.lower()
    if name not in TOPICS and (section := _of_error(name)):
        _show(section)
        return
    if name not in TOPICS:
        if context.parent and name in getattr(context.parent.command, "commands", {}):
            raise UsageError(texts.TOPIC_IS_COMMAND(name=name), hint=advice.COMMAND_HELP(name=name))
        raise UsageError(
            texts.NO_TOPIC(name=safe_text(topic, 60)),
            hint=advice.HELP_TOPIC(topics=", ".join(TOPICS)),
        )
    _show(_page(TOPICS[name]))


def _show(text: str) -> None:
    if not sys.stdout.isatty():
        print(text, end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    width = min(_WIDEST, shutil.get_terminal_size().columns)
    for pattern, instead in ((_UNSEEN, ""), (_OTHER_LANGUAGE, ""), (_NO_BLANK, ""), (_LINK, r"\1")):
        text = pattern.sub(instead, text)
    console = Console(width=width)
    with console.capture() as capture:
        console.print(Markdown(text))
    # rich puts two blank lines around a block of code.
    print(re.sub(r"(?:[ \t]*\n){3,}", "\n\n", capture.get()), end="")


def _of_error(kind: str) -> str:
    """The section of a kind of errors, as `[gated]` in a message names it; empty if it has none."""
    if not _KIND.fullmatch(kind):
        return ""
    _, found, rest = _page(TOPICS["errors"]).partition(f"\n## {kind}\n")
    return f"## {kind}\n{rest.partition(chr(10) + '## ')[0]}" if found else ""


def _page(name: str) -> str:
    """A page as it is installed, or as it lies in the source tree. Raises UsageError.

    In the user's language, where it has been translated.
    """
    package = Path(__file__).parents[2]
    for named in (translated(texts.PAGE(name=name.removesuffix(".md"))), name):
        for folder in (package / "pages", package.parents[1] / "docs"):
            if os.path.isfile(folder / named):
                return (folder / named).read_text("utf-8")
    raise UsageError(texts.NO_PAGE(name=name), hint=advice.INSTALL_AGAIN)
