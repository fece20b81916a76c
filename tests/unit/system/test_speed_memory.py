"""The speed of the last large download."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfget.system import last_speed, remember_speed

MB = 1_000_000


def test_a_large_download_is_remembered_and_a_small_one_is_not(tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path / "new")}
    assert last_speed(env) is None
    remember_speed(100 * MB, 4.0, env)
    remember_speed(1 * MB, 4.0, env)
    remember_speed(100 * MB, 0.1, env)
    assert last_speed(env) == 25 * MB


@pytest.mark.parametrize("text", ["", "fast", "-1", "0", "nan", "inf", "\xff", "9" * 100])
def test_what_is_no_speed_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "hfget").mkdir()
    (tmp_path / "hfget" / "last-speed").write_text(text, encoding="latin-1")
    speed = last_speed({"XDG_CACHE_HOME": str(tmp_path)})
    assert speed is None or text.startswith("9")


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {"XDG_CACHE_HOME": str(tmp_path / "file")}
    remember_speed(100 * MB, 4.0, env)
    assert last_speed(env) is None
