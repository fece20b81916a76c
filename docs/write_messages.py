"""Writes the catalogues of messages from the texts themselves: python docs/write_messages.py

New texts come in without a translation, changed ones too; what no text has any more goes out.
Then the catalogues are compiled, and what is missing is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

import typer
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from hfget.cli.main import make_app
from hfget.messages import language as messages_language
from hfget.messages.language import DOMAIN
from hfget.messages.template import Text

LANGUAGES = ("zh_CN",)
MESSAGES = Path(messages_language.__file__).parent
LOCALE = MESSAGES / "locale"


def texts() -> Iterator[tuple[str, str]]:
    """Every text a user can see, each with the place that it is from."""
    for path in sorted(MESSAGES.glob("*.py")):
        module = import_module(f"hfget.messages.{path.stem}")
        for name, value in vars(module).items():
            if isinstance(value, Text):
                yield f"{path.stem}.{name}", value.template
    yield from help_texts()


def help_texts() -> Iterator[tuple[str, str]]:
    commands: Any = typer.main.get_command(make_app()).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        yield f"hfget {name}", cleandoc(command.help)
        for param in command.get_params(typer.Context(command)):  # with that of click for --help
            panel = getattr(param, "rich_help_panel", None)
            if panel:
                yield "--help", panel
            if param.help and not getattr(param, "hidden", False):
                yield f"hfget {name} {max(param.opts, key=len)}", param.help


def template() -> Catalog:
    """The texts without translations."""
    catalog = Catalog(domain=DOMAIN, project="hfget", charset="utf-8", fuzzy=False)
    for place, text in texts():
        flags = ["python-brace-format"] if re.search(r"\{\w", text) else []
        if text.strip():
            catalog.add(text, auto_comments=[place], flags=flags)
    return catalog


def po_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def catalogue(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def missing(catalog: Catalog) -> list[str]:
    """The texts that have no translation, or an unsure one."""
    return [str(one.id) for one in catalog if one.id and (not one.string or one.fuzzy)]


def update(language: str) -> Catalog:
    """Bring a catalogue up to date with the texts, and compile it."""
    old = catalogue(language) if po_file(language).exists() else Catalog(language, domain=DOMAIN)
    new = Catalog(language, domain=DOMAIN, project="hfget", charset="utf-8", fuzzy=False)
    new.header_comment = f"# hfget in {language}. Terms: docs/glossary.zh-CN.md"
    for one in template():
        if one.id:
            known = old.get(one.id)
            said = known.string if known and not known.fuzzy else ""
            new.add(one.id, said, auto_comments=one.auto_comments, flags=one.flags)
    new.creation_date = new.revision_date = old.creation_date
    with po_file(language).open("wb") as file:
        write_po(file, new, width=100, include_lineno=False)
    with po_file(language).with_suffix(".mo").open("wb") as file:
        write_mo(file, new)
    return new


def main() -> None:
    for language in LANGUAGES:
        catalog = update(language)
        lost = missing(catalog)
        print(f"{language}: {len(catalog)} texts, {len(lost)} without translation")
        for text in lost:
            print(f"  {text!r}")


if __name__ == "__main__":
    main()
