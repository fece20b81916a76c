"""What reads text from outside takes time in proportion to its length, whatever is in it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hfget
from hfget.cli.logs import clean
from hfget.http.response import parse_fields
from hfget.system import redaction
from hfget.system.redaction import Secret, redact, without_queries
from hfget.system.text import safe_text

#: Beginnings and repeated middles of texts that make patterns look ahead, or back, in vain.
BEGINNINGS = ("", "a", "0", "://", "authorization", "X-Amz-", ";")
PIECES = (
    "a", "A-", "0", " ", "\t", ".", "/", "://", "a:", "?", "&a=", "=", ";", ", <", "@", "#a",
    "X-Amz-", "signature", "hf_", "authorization", "authorization: bearer ", "r=0;t=", "\\", "[",
)  # fmt: skip
LONG = 1 << 15
#: Below this, what the clock says is chance, in seconds of this thread's own time.
NOTHING = 0.05


def texts(length: int) -> Iterator[str]:
    for first in BEGINNINGS:
        for middle in PIECES:
            yield (first + middle * (length // len(middle)))[:length] + "\x01"


def seconds(work: Callable[[str], object], text: str) -> float:
    begun = time.thread_time()
    work(text)
    return time.thread_time() - begun


def check(work: Callable[[str], object]) -> None:
    """Four times the length takes about four times as long; a quadratic one takes sixteen."""
    for short, longer in zip(texts(LONG // 4), texts(LONG), strict=True):
        spent = seconds(work, longer)
        if spent > NOTHING:
            spent = min(spent, seconds(work, longer))
            before = seconds(work, short)
            assert spent < NOTHING or spent < 9 * max(before, NOTHING / 4), (longer[:40], spent)


def uses() -> dict[str, Callable[[str], object]]:
    """Every pattern of hfget's modules, in the ways in which its module uses it."""
    found: dict[str, Callable[[str], object]] = {}
    for module in pkgutil.walk_packages(hfget.__path__, "hfget."):
        if module.name == "hfget.__main__":
            continue
        loaded = importlib.import_module(module.name)
        source = Path(str(loaded.__file__)).read_text(encoding="utf-8")
        for name, value in vars(loaded).items():
            if re.search(rf"\b{name} = (?:re\.compile|lazy_pattern)\(", source):
                for way in re.findall(rf"\b{name}\.(\w+)\(", source):
                    whole = way in ("match", "fullmatch")
                    use = getattr(value, way) if whole else value.findall
                    found[f"{module.name}.{name}.{way}"] = _on_text(use, value)
    return found


def _on_text(use: Callable[[Any], object], pattern: re.Pattern[Any]) -> Callable[[str], object]:
    if isinstance(pattern.pattern, bytes):
        return lambda text: use(text.encode())
    return use


USES = uses()


def test_patterns_are_found() -> None:
    assert len(USES) > 40
    assert {
        "hfget.http.response._FIELD.fullmatch",
        "hfget.system.redaction._WORD.finditer",
    } <= USES.keys()


@pytest.mark.parametrize("use", USES)
def test_a_pattern_is_linear(use: str) -> None:
    check(USES[use])


@pytest.mark.parametrize("work", [redact, without_queries, safe_text, clean])
def test_what_every_text_passes_is_linear(work: Callable[[str], object]) -> None:
    Secret("aaaaaaaa")
    try:
        check(work)
    finally:
        redaction._KNOWN.clear()


def test_the_fields_of_a_head_are_read_in_linear_time() -> None:
    check(lambda text: parse_fields([f"a: {text[:60_000]}\r\n".encode("latin-1"), b"\r\n"]))
