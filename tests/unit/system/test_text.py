"""Text from outside made fit for a terminal; sizes and durations made fit for people."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.system.text import (
    command,
    duration_text,
    is_true,
    option,
    safe_text,
    shell_word,
    size_text,
)


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


words = st.lists(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    max_size=5,
)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@settings(max_examples=60)
@given(words, words)
def test_a_command_means_its_words_to_a_shell_and_nothing_to_a_terminal(
    options: list[str], operands: list[str]
) -> None:
    line = command("printf", "%s\\0", options=options, operands=operands)
    assert safe_text(line, len(line) + 1) == line
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, timeout=30, env={"LC_ALL": "C.UTF-8"}
    )
    dashes = any(word.startswith("-") for word in operands)
    expected = [*options, *(["--"] if dashes and operands else []), *operands] or [""]
    said = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    assert [word.encode("utf-8", "surrogateescape") for word in said] == [
        word.encode("utf-8", "surrogateescape") for word in expected
    ]


def test_operands_are_never_taken_for_options() -> None:
    line = command("hfget", options=option("--local-dir", "-x"), operands=["org/m", "--endpoint=H"])
    assert line == "hfget --local-dir=-x -- org/m --endpoint=H"
    assert command("hfget", options=option("--local-dir", "a b")) == "hfget --local-dir 'a b'"
    assert command("hfget", operands=["org/m", "a b"]) == "hfget org/m 'a b'"
    assert command("hfget", operands=["org/m", "-a"]) == "hfget -- org/m -a"


def test_bytes_that_are_no_text_stay_the_same_bytes() -> None:
    name = b"a\xff b\n".decode("utf-8", "surrogateescape")
    assert shell_word(name) == "$'a\\377 b\\012'"


def test_a_switch_is_read_as_huggingface_hub_reads_it() -> None:
    assert all(is_true(value) for value in ("1", "on", "Yes", "TRUE", " true "))
    assert not any(is_true(value) for value in (None, "", "0", "off", "no", "false", "2"))
