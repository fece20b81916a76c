"""Tables fit the width there is, whatever stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hfget.system import cells
from hfget.ui.tables import Table, cut_middle, field_lines, table_lines, wrapped

HEAD = ("NAME", "SIZE", "STATE")
ROWS = [
    ["bigscience/bloom-560m", "1.1 GB", "complete"],
    ["数据集/很长的名字" * 4, "12 B", "2 files missing"],
]


@pytest.mark.parametrize("width", [40, 80, 120, None])
def test_no_line_is_wider_than_the_screen(width: int | None) -> None:
    lines = table_lines(Table(HEAD, ROWS, frozenset({1})), width)
    assert width is None or max(map(cell_len, lines)) <= width
    assert "complete" in "\n".join(lines) and "1.1 GB" in "\n".join(lines)


def test_columns_stand_below_each_other() -> None:
    lines = table_lines(
        Table(HEAD, [["a", "1 B", "x"], ["数据", "12 MB", "y"]], frozenset({1})), 80
    )
    assert lines == [
        "  NAME   SIZE  STATE",
        "  a       1 B  x",
        "  数据  12 MB  y",
    ]


def test_a_narrow_screen_gets_a_block_a_row() -> None:
    lines = table_lines(Table(HEAD, ROWS), 30)
    assert lines[:3] == ["bigscience/bloom-560m", "  SIZE   1.1 GB", "  STATE  complete"]


def test_an_empty_table_is_nothing() -> None:
    assert table_lines(Table(HEAD, []), 80) == []


def test_lines_break_between_words_and_commands_do_not() -> None:
    text = "  next: use an endpoint that works, or a proxy"
    assert wrapped(text, 24) == [
        "  next: use an endpoint",
        "    that works, or a",
        "    proxy",
    ]
    assert wrapped(text, None) == [text]
    command = f"    export HF_ENDPOINT=https://{'long.' * 20}test"
    assert wrapped(command, 40) == [command]
    assert wrapped("x" * 50, 40) == ["x" * 50] and wrapped("", 40) == [""]


def test_chinese_breaks_anywhere_but_before_a_mark() -> None:
    assert wrapped("  下一步：换一个可用的端点，或者使用代理", 24) == [
        "  下一步：换一个可用的端",
        "    点，或者使用代理",
    ]
    assert wrapped("  下一步：换一个可用的点。", 24) == ["  下一步：换一个可用的", "    点。"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("数据集", 6),
        ("é", 1),
        ("e\u0301", 1),
        ("👍🏽", 2),
        ("❤️", 2),
        ("👨‍👩‍👧", 2),
        ("🇨🇳", 2),
        ("한글", 4),
        ("ｱ…→", 3),
    ],
)
def test_columns_are_counted_as_terminals_count_them(text: str, columns: int) -> None:
    assert cells(text) == columns


def test_a_program_gets_fields() -> None:
    assert field_lines(Table(HEAD, ROWS, fields=[["a\tb", "1"]])) == ["a\\x09b\t1"]


@given(st.text(max_size=60), st.integers(min_value=1, max_value=40))
def test_what_is_cut_keeps_its_ends(text: str, width: int) -> None:
    cut = cut_middle(text, width)
    if cells(text) <= width:
        assert cut == text
    else:
        assert cells(cut) <= width and cut.count("…") >= 1
        head, _, tail = cut.rpartition("…")
        assert text.startswith(head.partition("…")[0]) and text.endswith(tail)


def test_lists_are_cut_at_a_comma_and_some_columns_never() -> None:
    rows = [["org/long-name", "1 missing, 49.2 MB", "llama.cpp, Ollama, LM Studio"]]
    table = Table(("REPO", "STATE", "BY"), rows, whole=frozenset({1}))
    assert table_lines(table, 58)[1] == "  org/long-name  1 missing, 49.2 MB  llama.cpp, Ollama, …"
    assert table_lines(table, 53)[1] == "  org/long-name  1 missing, 49.2 MB  llama.cpp, …"
