"""Whatever names lie in a folder of partials: only dead leftovers of the file asked for go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.partials.abandoned import sweep
from hfget.partials.journal import Identity
from hfget.partials.partial_names import digest_of, own_name, stem_for
from hfget.partials.recovery import leftover_bytes, take_over
from hfget.system import names_in
from hfget.system.process_identity import ProcessIdentity
from tests.support.verdicts import refused

IDENTITY = Identity("dir/model.bin", 2 << 20, "sha256", "ab" * 32, "c" * 40)
STEM = stem_for(Path(), IDENTITY.path, IDENTITY.hash).name
ALIVE = str(ProcessIdentity.mine())
DEAD = f"{ALIVE[:16]}-{ALIVE.split('-')[1]}-1-00000000"  # this pid, but another start
#: What stands for both in the names drawn, so that these are the same in each process.
_ALIVE, _DEAD = "{alive}", "{dead}"
OTHER = digest_of("another")

_PIECES = (
    *(STEM, digest_of(IDENTITY.path), OTHER, ".", ".abababab", _ALIVE, _DEAD, "-", "x", "é"),
    *(".incomplete", ".hfget-journal", ".new", ".metadata", ".lock", "0" * 16, "\n", " "),
)
NAMES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40),
    st.lists(st.sampled_from(_PIECES), min_size=1, max_size=5).map("".join),
    st.tuples(
        st.sampled_from([STEM, f"{OTHER}.abababab"]),
        st.sampled_from(["", f".{_ALIVE}", f".{_DEAD}", ".x"]),
        st.sampled_from([".incomplete", ".hfget-journal", ".hfget-journal.new", ".lock"]),
    ).map("".join),
).filter(lambda name: name not in (".", ".."))
_LEFT = re.compile(
    rf"{digest_of(IDENTITY.path)}\.[0-9a-f]{{8}}(\.{DEAD})?"
    r"(\.incomplete|\.hfget-journal|\.hfget-journal\.new)"
)


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, max_size=4, unique=True))
def test_whatever_lies_there_only_dead_leftovers_of_the_file_go(
    tmp_path_factory: Any, drawn: list[str]
) -> None:
    names = [name.replace(_ALIVE, ALIVE).replace(_DEAD, DEAD) for name in drawn]
    folder = tmp_path_factory.getbasetemp() / "leftovers"
    folder.mkdir(exist_ok=True)
    for left in folder.iterdir():
        left.unlink()
    for name in names:
        (folder / name).touch()
    stem = folder / STEM
    assert leftover_bytes(stem, IDENTITY) == leftover_bytes(stem, IDENTITY, names) == 0
    assert take_over(stem, IDENTITY, own_name(stem)) is None
    kept = {name for name in names if not _LEFT.fullmatch(name)}
    assert kept <= set(names_in(folder))
    sweep(folder, frozenset({digest_of(IDENTITY.path)}))
    assert set(names_in(folder)) == kept
    if kept:
        refused()
