"""The catalogues are whole: each text has a translation that keeps its fields and commands."""

from __future__ import annotations

import re
import runpy
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from hfget.messages import Text, joined, speak, translated
from hfget.messages.language import language_of

ROOT = Path(__file__).parents[3]
WRITER: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "write_messages.py"))
LANGUAGES: tuple[str, ...] = WRITER["LANGUAGES"]
#: Options, variables, commands in backticks, addresses: the same in every language.
TO_TYPE = re.compile(r"(?<![\w-])--?[a-z][a-z0-9-]*|[A-Z][A-Z_]{4,}|`[^`]+`|https?://[\w./:-]+")
#: `hfget ls`, `hf cache rm`, `chmod 600`: what a user types as it stands.
COMMANDS = re.compile(r"(?:hf auth|hf cache|hfget|pip install|chmod|export) [\w'\[\]=-]+")
#: A sentence that begins with the name of the program is not a command.
VERBS = re.compile(
    r"hfget (?:only|always|does|downloads?|fetch|fetches|follows|writes|has|itself|calls|needs|"
    r"refuses|tries|waits|reads|understands|knows|keeps|filled|that|or|in|is|on)\b.*"
)
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!](?: |$)|[\u4e00-\u9fff][()]|[()][\u4e00-\u9fff]")


def pairs(language: str) -> list[tuple[str, str]]:
    return [(str(one.id), str(one.string)) for one in WRITER["catalogue"](language) if one.id]


def fields(text: str) -> list[tuple[str, str, str]]:
    parts = Formatter().parse(text)
    return sorted((name, spec or "", conv or "") for _, name, spec, conv in parts if name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_translated_keeps_its_fields(language: str) -> None:
    assert not [one for one in pairs(language) if one[1] and fields(one[0]) != fields(one[1])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_typed_stays(language: str) -> None:
    lost = []
    for english, said in pairs(language):
        if english.isupper():  # the head of a column
            continue
        typed = [*TO_TYPE.findall(english)]
        typed += [one for one in COMMANDS.findall(english) if not VERBS.match(one)]
        lost += [(english, one) for one in typed if said and one not in said]
    assert not lost


def test_chinese_has_marks_of_its_own() -> None:
    assert not [said for _, said in pairs("zh_CN") if HALF_WIDTH.search(said)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_source(language: str) -> None:
    with WRITER["po_file"](language).with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)
    assert not [one for one in pairs(language) if one[1] and compiled.gettext(one[0]) != one[1]]


def test_a_text_shown_is_translated_with_what_is_in_it() -> None:
    said = dict(pairs("zh_CN"))
    inner = Text("connection refused")
    text = Text("no connection to {host}: {error}")(host="h.test", error=inner)
    speak(lambda template: said.get(template, template))
    try:
        assert translated(text) == "无法连接 h.test：连接被拒绝"
        assert translated("h: " + inner) == "h: 连接被拒绝"
        assert translated(joined(["h", inner], "; ")) == "h；连接被拒绝"
        assert translated(inner + "!") == "连接被拒绝!" and inner + "!" == "connection refused!"
    finally:
        speak()


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, ""),
        ({"LANG": "C"}, ""),
        ({"LANG": "zh"}, "zh_CN"),
        ({"LANG": "zh_CN.GB18030"}, "zh_CN"),
        ({"LC_ALL": "POSIX", "LANG": "zh_CN.UTF-8"}, ""),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_SG", "LANG": "C"}, "zh_CN"),
        ({"HFGET_LANG": "zh-Hans-CN"}, "zh_CN"),
        ({"HFGET_LANG": "en_US", "LC_ALL": "zh_CN"}, ""),
        ({"LANG": "zh_TW.UTF-8"}, ""),
        ({"LANG": "zhx"}, ""),
    ],
)
def test_the_first_variable_that_is_set_decides(variables: dict[str, str], language: str) -> None:
    assert language_of(variables) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_has_a_translation(language: str) -> None:
    catalog = WRITER["catalogue"](language)
    assert not WRITER["missing"](catalog), "translate it in the .po file, then: make messages"
    there = {str(one.id) for one in WRITER["template"]() if one.id}
    known = {str(one.id) for one in catalog if one.id}
    assert there <= known, "run: make messages"
    if any("Where to look" in text for text in there):  # older typer keeps no help of arguments
        assert known == there, "run: make messages"
