"""`hfget ls --tree`."""

from __future__ import annotations

from hfget.ui.tree_rows import tree_lines
from tests.support.weights_listings import files_of


def test_folders_have_the_sum_of_what_is_below() -> None:
    listing = {"a.json": 2, "onnx/model.onnx": 3_000, "onnx/deep/x.bin": 1_000, "z/y.txt": 5}
    assert tree_lines(files_of(listing)) == [
        "     2 B  a.json",
        "  4.0 kB  onnx/  2 files",
        "  1.0 kB    deep/  1 file",
        "  1.0 kB      x.bin",
        "  3.0 kB    model.onnx",
        "     5 B  z/  1 file",
        "     5 B    y.txt",
    ]
    assert tree_lines([]) == []


def test_a_name_cannot_steer_the_terminal_and_a_deep_one_is_shown() -> None:
    [folder, file] = tree_lines(files_of({"\x1b[31m/\u202ex": 1}))
    assert "\x1b" not in folder and "\u202e" not in file
    assert len(tree_lines(files_of({"a/" * 1500 + "b": 1}))) == 1501
