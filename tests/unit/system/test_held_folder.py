"""A folder that stays open is still looked at for each file that is made in it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from hfget.system import UntrustedError, hold_folder
from tests.support.loopback import BOUND
from tests.support.open_files import needs_descriptors, open_below


@needs_descriptors
def test_it_is_opened_once(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    assert hold_folder(str(folder)) is hold_folder(str(folder))
    hold_folder(str(tmp_path))
    assert not open_below(folder)


@needs_descriptors
def test_one_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    hold_folder(str(folder))
    folder.rename(tmp_path / "b")
    with pytest.raises(FileNotFoundError):
        hold_folder(str(folder))
    folder.mkdir()
    assert os.path.samestat(hold_folder(str(folder)).found, folder.stat())


@needs_descriptors
def test_a_link_is_not_entered_even_where_it_leads_to_that_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    hold_folder(str(folder))
    folder.rename(tmp_path / "b")
    folder.symlink_to(tmp_path / "b")
    with pytest.raises(UntrustedError):
        hold_folder(str(folder))


@needs_descriptors
def test_a_thread_that_has_ended_holds_none(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    thread = threading.Thread(target=lambda: hold_folder(str(folder)))
    thread.start()
    thread.join(BOUND)
    assert not open_below(folder)
