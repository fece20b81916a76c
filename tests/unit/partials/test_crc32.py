"""Any CRC-32 writes the same journal: the fast one is zlib's."""

from __future__ import annotations

import importlib
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.partials import digest


@given(st.binary(max_size=200_000), st.integers(0, 2**32 - 1))
def test_it_is_the_crc_that_zlib_has(data: bytes, start: int) -> None:
    assert digest.crc32(data) == zlib.crc32(data)
    assert digest.crc32(memoryview(data), start) == zlib.crc32(data, start)


def test_without_the_fast_one_zlib_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    assert importlib.reload(digest).crc32 is zlib.crc32
    monkeypatch.undo()
    importlib.reload(digest)
