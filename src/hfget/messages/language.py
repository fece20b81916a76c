"""The language of the texts, as the environment asks for it; a catalogue is read only then."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hfget.messages.template import speak

DOMAIN = "hfget"
#: The first of them that is set decides.
VARIABLES = ("HFGET_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_SIMPLIFIED = ("zh", "zh_cn", "zh_sg", "zh_hans")
_SAMPLE = "中文：，"


def language_of(environ: Mapping[str, str]) -> str:
    """`zh_CN`, or empty for English."""
    said = next((environ[name] for name in VARIABLES if environ.get(name)), "")
    name = said.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    return "zh_CN" if name in _SIMPLIFIED or name.startswith(("zh_hans_", "zh_cn_")) else ""


def speak_as(environ: Mapping[str, str], *encodings: str | None) -> None:
    """Say texts in the language of `environ` if streams of these `encodings` can hold it."""
    language = language_of(environ)
    if language and all(_holds(encoding) for encoding in encodings if encoding):
        from gettext import translation

        place = Path(__file__).with_name("locale")
        speak(translation(DOMAIN, place, [language], fallback=True).gettext)


def _holds(encoding: str) -> bool:
    try:
        _SAMPLE.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
