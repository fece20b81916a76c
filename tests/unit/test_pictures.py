"""The pictures of README and docs: well-formed, of one grid, and of no one's machine."""

from __future__ import annotations

import re
import runpy
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"
PICTURES = [DOCS / "screen.svg", *sorted((DOCS / "pictures").glob("*.svg"))]


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_asks_no_host_and_shows_no_path_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    ET.fromstring(text)
    assert "tmp" not in text and "<script" not in text and "@font-face" not in text
    hosts = set(re.findall(r"https?://([^/\"<: ]+)", text))
    assert hosts <= {"www.w3.org", "127.0.0.1"}


def test_every_character_stands_in_its_column_and_colours_last_over_lines() -> None:
    still = runpy.run_path(str(DOCS / "terminal_svg.py"))["still"]
    shot = "\x1b[1mname\x1b[0m @ 12\n\x1b[33mone\n下载 two\x1b[0m ━╸─"
    root = ET.fromstring(still(shot, 20, "a <title>"))
    texts = {one.text: one for one in root.iter(f"{SVG}text")}
    assert texts["name"].get("font-weight") == "bold"
    cell = float(texts["name"].get("textLength", 0)) / 4
    at = {word: round(float(texts[word].get("x", 0)) / cell) for word in ("@", "12", "two")}
    assert at == {"@": 5, "12": 7, "two": 5}
    assert texts["下载"].get("textLength") == texts["name"].get("textLength")
    assert texts["one"].get("fill") == texts["two"].get("fill") != texts["12"].get("fill")


def test_of_a_moving_picture_one_frame_is_shown_at_a_time() -> None:
    moving = runpy.run_path(str(DOCS / "terminal_svg.py"))["moving"]
    picture = moving(["one", "two", "three"], [1.0, 1.0, 2.0], 20, "x")
    ET.fromstring(picture)
    assert "@keyframes f1{0%{opacity:0}25.00%{opacity:1}50.00%{opacity:0}}" in picture
    assert "prefers-reduced-motion" in picture
