"""A pattern that waits is what `re.compile` makes, from its first use on."""

from __future__ import annotations

import re

import pytest

from hfget.system import lazy_pattern


def test_it_is_compiled_at_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = re.compile

    def compile_and_note(text: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(text)
        return real(text, flags)

    monkeypatch.setattr(re, "compile", compile_and_note)
    pattern = lazy_pattern(r"(?P<word>[a-z]+)\d", re.IGNORECASE)
    assert not compiled
    match = pattern.fullmatch("AB1")
    assert match is not None
    assert match["word"] == "AB"
    assert pattern.fullmatch("1") is None
    assert compiled == [r"(?P<word>[a-z]+)\d"]
    assert pattern.sub("-", "a1 b2") == "- -"
    assert pattern.pattern == r"(?P<word>[a-z]+)\d"


def test_a_wrong_one_fails_when_it_is_used() -> None:
    pattern = lazy_pattern("(")
    with pytest.raises(re.error):
        pattern.search("")
