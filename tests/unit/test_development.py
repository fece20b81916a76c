"""What developers begin with: every dependency is locked, with hashes, and the demo runs."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[2] / "requirements-dev.lock"
_EXTRAS = ("", "dask", "dev", "serve", "socks")


def locked() -> list[tuple[Requirement, list[str]]]:
    """What the lock pins, each with its hashes."""
    text = re.sub(r"\\\n", " ", LOCK.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [
        (
            Requirement(line.split("--hash")[0].strip()),
            re.findall(r"--hash=sha256:([0-9a-f]+)", line),
        )
        for line in lines
    ]


def asked_for() -> list[Requirement]:
    """What hfget, its extra parts and its development need by name."""
    found = [Requirement(text) for text in requires("hfget") or ()]
    return [
        each
        for each in found
        if each.name != "hfget"
        and (not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in _EXTRAS))
    ]


def test_everything_locked_is_pinned_and_has_hashes() -> None:
    for pin, hashes in locked():
        assert [each.operator for each in pin.specifier] == ["=="], pin
        assert hashes, pin
        assert {len(digest) for digest in hashes} == {64}, pin


def test_what_is_asked_for_is_locked_at_a_version_that_will_do() -> None:
    pins = [(canonicalize_name(pin.name), pin) for pin, _ in locked()]
    needed = asked_for()
    assert needed
    for requirement in needed:
        versions = [
            next(iter(pin.specifier)).version
            for name, pin in pins
            if name == canonicalize_name(requirement.name)
        ]
        assert versions, f"{requirement.name}: make lock"
        assert all(version in requirement.specifier for version in versions), requirement


@pytest.mark.timeout(300)
def test_the_demo_shows_what_it_says(tmp_path: Path) -> None:
    demo = LOCK.parent / "docs" / "demo.py"
    done = subprocess.run(
        [sys.executable, str(demo), "--short", str(tmp_path / "demo")],
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "interrupted: " in done.stderr and done.stderr.count("done: ") == 2, done.stderr
    assert [line[:2] for line in done.stdout.splitlines()[-4:-1]] == ["1.", "2.", "3."]
    assert not (tmp_path / "demo").exists(), "it leaves nothing"
