"""Text from outside made fit for a terminal; sizes and durations made fit for people."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.text import duration_text, safe_text, size_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain.bin", "plain.bin"),
        ("数据 é [x]", "数据 é [x]"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nb\r\t", "a\\x0ab\\x0d\\x09"),
        ("\u202egnp", "\\u202egnp"),
        ("\u200b\ufeff\u2028", "\\u200b\\ufeff\\u2028"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\ue0041"),
        ("\x7f", "\\x7f"),
    ],
)
def test_what_steers_a_terminal_is_shown_instead(text: str, expected: str) -> None:
    assert safe_text(text) == expected


@given(st.text(st.characters(codec=None)), st.integers(0, 50))
def test_the_result_is_harmless_and_short(text: str, limit: int) -> None:
    result = safe_text(text, limit)
    assert len(result) <= limit + 1
    categories = {unicodedata.category(char) for char in result}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_a_long_name_is_cut() -> None:
    assert safe_text("a" * 10_000) == "a" * 400 + "…"
    assert safe_text("a" * 400) == "a" * 400


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (14_500_000, "14.5 MB"),
        (99_949_999, "99.9 MB"),
        (99_960_000, "100 MB"),
        (999_400_000, "999 MB"),
        (999_600_000, "1.0 GB"),
        (4_900_000_000, "4.9 GB"),
        (2 * 10**15, "2.0 PB"),
        (5 * 10**18, "5000 PB"),
    ],
)
def test_sizes(size: int, expected: str) -> None:
    assert size_text(size) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0.0 s"),
        (4.23, "4.2 s"),
        (10, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (123, "2 min 03 s"),
        (3599.6, "1 h 00 min"),
        (3900, "1 h 05 min"),
        (360_000, "100 h 00 min"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert duration_text(seconds) == expected
