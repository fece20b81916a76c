"""The rows of the live region: names, bars, what is chosen."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from hfget.events import ActiveFile
from hfget.ui import live_rows
from tests.unit.ui.test_all_displays import HOSTILE


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("width", [0, 1, 2, 3, 7, 20, 100])
def test_shorten_keeps_to_its_width(name: str, width: int) -> None:
    for cut in ("…", "..."):
        short = live_rows.shorten(name, width, cut)
        assert cell_len(short) <= width
        assert len(short) <= len(cut) + 8 * width


def test_shorten_keeps_what_tells_files_apart() -> None:
    assert live_rows.shorten("a/b.bin", 20) == "a/b.bin"
    assert live_rows.shorten("onnx/very/deep/model.onnx", 16) == "onnx…/model.onnx"
    assert live_rows.shorten("model-00001-of-00003.safetensors", 20) == "model-00001-…tensors"


@pytest.mark.parametrize("ratio", [-1.0, 0.0, 0.01, 0.5, 0.99, 1.0, 7.0])
@pytest.mark.parametrize("glyphs", [live_rows.FANCY, live_rows.ASCII])
def test_a_bar_has_its_width(ratio: float, glyphs: live_rows.Glyphs) -> None:
    plain = live_rows.bar(ratio, 9, glyphs, "cyan").plain
    assert cell_len(plain) == 9
    assert (plain == glyphs.full * 9) == (ratio >= 1)


def test_rows_say_what_a_file_is_doing() -> None:
    def plain(file: ActiveFile, width: int = 80) -> str:
        return live_rows.file_row(file, width, live_rows.FANCY).plain.rstrip()

    assert plain(ActiveFile("a", 1000, 500, 0, 3)).endswith("0.5/1.0 kB  3×")
    assert plain(ActiveFile("a", 1000, 500, 0, 3), 110).endswith("3 connections")
    assert plain(ActiveFile("a", 1000, 0, 0, 0)).endswith("waiting")
    assert plain(ActiveFile("a", 1000, 1000, 10, 0)).endswith("verifying")
    assert plain(ActiveFile("a", 1000, 0, 10, 0)).endswith("verifying")
    assert plain(ActiveFile("a", 1000, 1000, 10, 0), 39).endswith("verifying")
    assert plain(ActiveFile("a", 1000, 500, 0, 3), 39).endswith(" 50%")


def test_the_picker_keeps_files_in_place_and_skips_the_fleeting() -> None:
    picker = live_rows.Picker()
    small = tuple(ActiveFile(f"s{i}", 10 + i, 0, 0, 1) for i in range(8))
    assert picker.pick(small) == []
    assert [f.path for f in picker.pick(small)] == ["s7", "s6", "s5", "s4", "s3"]
    big = ActiveFile("big", 10**9, 0, 0, 1)
    assert [f.path for f in picker.pick((*small, big))] == ["s7", "s6", "s5", "s4", "s3"]
    left = (*small[:6], big)
    assert [f.path for f in picker.pick(left)] == ["s5", "s4", "s3", "big", "s2"]
    assert picker.pick(()) == []
