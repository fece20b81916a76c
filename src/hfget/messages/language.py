"""The language of the texts, as the environment asks for it; a catalogue is read only then."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from hfget.messages.template import speak

DOMAIN = "hfget"
#: The first of them that is set decides.
VARIABLES = ("HFGET_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_SIMPLIFIED = ("zh", "zh_cn", "zh_sg", "zh_hans")
_SAMPLE = "中文：，"
_QUALITY, _MOST_CHOICES = re.compile(r"q=(0(?:\.\d{1,3})?|1(?:\.0{1,3})?)", re.IGNORECASE), 50


def language_of(environ: Mapping[str, str]) -> str:
    """`zh_CN`, or empty for English."""
    said = next((environ[name] for name in VARIABLES if environ.get(name)), "")
    name = said.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    return "zh_CN" if name in _SIMPLIFIED or name.startswith(("zh_hans_", "zh_cn_")) else ""


def speak_as(environ: Mapping[str, str], *encodings: str | None) -> None:
    """Say texts in the language of `environ` if streams of these `encodings` can hold it."""
    language = language_of(environ)
    if language and all(_holds(encoding) for encoding in encodings if encoding):
        speak(lookup_of(language))


@lru_cache(maxsize=4)
def lookup_of(language: str) -> Callable[[str], str]:
    """What gives the text of a language for an English template; empty is English."""
    if not language:
        return str
    from gettext import translation

    place = Path(__file__).with_name("locale")
    return translation(DOMAIN, place, [language], fallback=True).gettext


def accepted_language(header: str) -> str:
    """`zh_CN`, or empty for English: which an Accept-Language likes better (RFC 9110, 12.5.4)."""
    liked = {"zh_CN": 0.0, "": 0.0}
    for choice in header.split(",")[:_MOST_CHOICES]:
        name, _, quality = choice.partition(";")
        language = language_of({"LANG": name.strip()})
        if language or name.strip().lower().startswith(("en", "*")):
            match = _QUALITY.fullmatch(quality.strip())
            value = float(match[1]) if match else 0.0 if quality else 1.0
            liked[language] = max(liked[language], value)
    return "zh_CN" if liked["zh_CN"] > liked[""] else ""


def _holds(encoding: str) -> bool:
    try:
        _SAMPLE.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
