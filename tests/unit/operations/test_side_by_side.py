"""Which endpoints `hfget mirrors` asks, which is the best, and the line for the profile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hfget.cli.commands.which_mirror import assignment
from hfget.errors import UsageError
from hfget.model import RepoRef
from hfget.operations.probes.endpoint_probe import Probed
from hfget.operations.probes.probe_findings import Finding, of_addresses
from hfget.operations.probes.side_by_side import SideBySide, candidates

HUB, MIRROR, OWN = "https://huggingface.co", "https://hf-mirror.com", "http://10.0.0.5:8090"
REF = RepoRef("org/name")


@pytest.mark.parametrize(
    ("flags", "pasted", "env", "expected"),
    [
        ((), None, {}, [(HUB, "known"), (MIRROR, "known")]),
        (
            (),
            None,
            {"HF_ENDPOINT": OWN},
            [(OWN, "HF_ENDPOINT"), (HUB, "known"), (MIRROR, "known")],
        ),
        ((), None, {"HF_ENDPOINT": f"{MIRROR}/"}, [(MIRROR, "HF_ENDPOINT"), (HUB, "known")]),
        (
            (),
            None,
            {"HFGET_MIRRORS": f"{OWN},hf-mirror"},
            [(HUB, "known"), (OWN, "HFGET_MIRRORS"), (MIRROR, "HFGET_MIRRORS")],
        ),
        (("official", "hf-mirror"), None, {}, [(HUB, "--endpoint"), (MIRROR, "--endpoint")]),
        ((), MIRROR, {}, [(MIRROR, "the URL"), (HUB, "known")]),
        ((OWN, MIRROR), HUB, {"HF_ENDPOINT": HUB}, [(OWN, "--endpoint"), (MIRROR, "--endpoint")]),
    ],
)
def test_what_is_named_comes_before_what_is_known(
    flags: tuple[str, ...],
    pasted: str | None,
    env: dict[str, str],
    expected: list[tuple[str, str]],
) -> None:
    assert candidates(flags, replace(REF, endpoint=pasted), env) == expected


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        candidates(("ftp://x",), REF, {})


def test_the_fastest_of_those_that_work_is_the_best() -> None:
    broken = Probed(HUB, "known", findings=(Finding("refused", "x", "y", 5),))
    slow, fast = Probed(OWN, "known", True, speed=1e5), Probed(MIRROR, "known", True, speed=1e7)
    assert SideBySide(REF, (broken, slow, fast)).best is fast
    assert SideBySide(REF, (broken, slow)).exit_code == 0
    liar = replace(broken, findings=(Finding("verification", "x", "y", 6),))
    assert SideBySide(REF, (liar, broken)).exit_code == 6


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("/bin/bash", "export HF_ENDPOINT=https://hf-mirror.com"),
        ("/usr/bin/fish", "set -Ux HF_ENDPOINT https://hf-mirror.com"),
        ("", "export HF_ENDPOINT=https://hf-mirror.com"),
    ],
)
def test_the_line_is_that_of_the_shell(
    monkeypatch: pytest.MonkeyPatch, shell: str, line: str
) -> None:
    monkeypatch.setenv("SHELL", shell)
    assert assignment("HF_ENDPOINT", MIRROR) == line


@pytest.mark.parametrize(
    ("host", "addresses", "said"),
    [
        ("huggingface.co", ["10.0.0.1"], True),
        ("huggingface.co", ["0.0.0.0"], True),
        ("hf-mirror.com", ["127.0.0.1", "8.8.8.8"], True),
        ("huggingface.co", ["8.8.8.8"], False),
        ("hub.lan:8090", ["10.0.0.1"], False),
        ("huggingface.co", [], False),
    ],
)
def test_a_public_name_has_no_private_address(host: str, addresses: list[str], said: bool) -> None:
    assert (of_addresses(host, addresses) is not None) == said
