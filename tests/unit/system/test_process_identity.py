"""Whether the owner of a partial can still write is known, or said to be unknown."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.limits import LEASE_SECONDS
from hfget.system.process_identity import ProcessIdentity, Standing, lease_is_over
from tests.support.loopback import BOUND, child
from tests.support.verdicts import refused

_TELLS_ITS_TAG = """
import sys
from hfget.system.process_identity import ProcessIdentity
print("ready", flush=True)
print(ProcessIdentity.mine(), flush=True)
sys.stdin.read()
"""


def test_a_tag_survives_being_a_name() -> None:
    mine = ProcessIdentity.mine()
    assert ProcessIdentity.parse(str(mine)) == mine
    assert mine.pid == os.getpid() and mine.standing() is Standing.ALIVE


def test_no_two_tags_of_a_process_are_the_same() -> None:
    assert len({str(ProcessIdentity.mine()) for _ in range(200)}) == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "0" * 16,
        "0" * 16 + "-1-2-3",
        "0" * 16 + "-x-2-00000000",
        "0" * 16 + "-1-2-00000000-",
        "../x",
    ],
)
def test_what_is_no_tag_names_no_owner(text: str) -> None:
    assert ProcessIdentity.parse(text) is None


@given(
    st.text(alphabet="0123456789abcdef-xyz", max_size=50)
    | st.from_regex(r"[0-9a-f]{15,17}-\d{1,11}-[0-9a-z]{1,17}-[0-9a-f]{7,9}", fullmatch=True)
)
def test_a_tag_is_read_as_it_is_written_or_not_at_all(text: str) -> None:
    owner = ProcessIdentity.parse(text)
    if owner is None:
        refused()
    else:
        assert ProcessIdentity.parse(str(owner)) == owner


def changed(**fields: object) -> ProcessIdentity:
    return ProcessIdentity.mine()._replace(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("owner", "standing"),
    [
        (changed(), Standing.ALIVE),
        (changed(unique="0" * 8), Standing.ALIVE),
        (changed(start="1"), Standing.DEAD),  # the number was given to another process since
        (changed(boot="0" * 8), Standing.DEAD),
        (changed(host="0" * 8), Standing.UNKNOWN),
        (changed(host="0" * 8, boot="0" * 8), Standing.UNKNOWN),
        (changed(pid=4_194_305), Standing.DEAD),  # above the kernel's limit, so of nobody
        (changed(pid=9_999_999_999), Standing.DEAD),  # no process number at all
    ],
    ids=["me", "mine", "pid-reused", "old-boot", "host", "host-and-boot", "no-pid", "huge-pid"],
)
def test_standing(owner: ProcessIdentity, standing: Standing) -> None:
    assert owner.standing() is standing


def test_a_killed_owner_is_dead_even_before_its_parent_has_noticed() -> None:
    with child(_TELLS_ITS_TAG) as process:
        assert process.stdout is not None
        owner = ProcessIdentity.parse(process.stdout.readline().strip())
        assert owner is not None and owner.pid == process.pid
        assert owner.standing() is Standing.ALIVE
        process.kill()
        deadline = time.monotonic() + BOUND
        while owner.standing() is not Standing.DEAD and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(owner.pid, 0)  # nobody has reaped it: the number is still taken
        assert owner.standing() is Standing.DEAD
        process.wait(BOUND)
        assert owner.standing() is Standing.DEAD


@pytest.mark.parametrize(
    ("age", "over"),
    [(0.0, False), (LEASE_SECONDS - 20, False), (LEASE_SECONDS + 20, True), (-3600.0, False)],
)
def test_a_lease_is_over_when_nothing_was_written_for_so_long(
    tmp_path: Path, age: float, over: bool
) -> None:
    path = tmp_path / "partial"
    path.touch()
    then = time.time() - age
    os.utime(path, (then, then))
    assert lease_is_over(path) is over


def test_what_is_not_there_shows_no_sign_of_life(tmp_path: Path) -> None:
    assert lease_is_over(tmp_path / "none")
