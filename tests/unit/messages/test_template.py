"""Texts that keep their template: English everywhere, another language where they are shown."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator

import pytest

from hfget.errors import NotFoundError
from hfget.messages import Text, accepted_language, lookup_of, speak, translated
from hfget.ui import sentences

MISSING = Text("{host} has no file {path}")
HINT = Text("use another mirror")
HELD = Text("{what} is here")
GERMAN = {
    "{host} has no file {path}": "keine Datei {path} bei {host}",
    "use another mirror": "nimm einen anderen Spiegel",
    "{what} ({why})": "{why}: {what}",
}


@pytest.fixture
def german() -> Iterator[None]:
    speak(lambda template: GERMAN.get(template, template))
    yield
    speak()


def test_a_text_is_an_english_string() -> None:
    text = MISSING(host="hub.test", path="a.txt")
    assert text == "hub.test has no file a.txt"
    assert json.dumps([text, HINT]) == '["hub.test has no file a.txt", "use another mirror"]'
    assert translated(text) == text


def test_braces_in_a_field_are_content() -> None:
    text = MISSING(host="h", path="{host}{0}")
    assert text == "h has no file {host}{0}" and translated(text) == text


@pytest.mark.usefixtures("german")
def test_a_text_is_translated_where_it_is_shown() -> None:
    error = NotFoundError(MISSING(host="hub.test", path="a.txt"), hint=HINT)
    assert error.message == "hub.test has no file a.txt"
    assert str(error) == "keine Datei a.txt bei hub.test"
    assert sentences.error_text(error).splitlines() == [
        "error: keine Datei a.txt bei hub.test [not-found]",
        "  next: nimm einen anderen Spiegel",
    ]


@pytest.mark.usefixtures("german")
def test_texts_within_texts_are_translated() -> None:
    text = Text("{what} ({why})")(what=MISSING(host="h", path="p"), why=HINT)
    assert translated(text) == "nimm einen anderen Spiegel: keine Datei p bei h"


@pytest.mark.usefixtures("german")
def test_a_copy_can_still_be_translated() -> None:
    text = MISSING(host="h", path="p")
    for again in (copy.copy(text), copy.deepcopy(text), pickle.loads(pickle.dumps(text))):  # noqa: S301
        assert again == "h has no file p" and translated(again) == "keine Datei p bei h"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("zh", "zh_CN"),
        ("ZH-hans-CN", "zh_CN"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", ""),
        ("zh-TW,zh;q=0.9", "zh_CN"),
        ("zh-TW", ""),
        ("fr;q=1, zh-CN;q=0.5, en;q=0.5", ""),
        ("de, zh;q=0.2", "zh_CN"),
        ("zh;q=0", ""),
        ("zh;q=nan", ""),
        ("", ""),
        ("," * 100_000 + "zh", ""),
    ],
)
def test_the_language_that_a_browser_likes_better(header: str, language: str) -> None:
    assert accepted_language(header) == language
    said = translated(HELD(what="x"), lookup_of(language))
    assert said == "x is here", "a text without a translation stays"
    assert lookup_of(language)("Clients") == ("客户端" if language else "Clients")
