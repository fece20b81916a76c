"""Every command and option that a user is advised to type is typed, and mends the situation."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import make_model, make_repo
from tests.support.advised import Desk, Scenario, advices, named_in
from tests.system import test_next_network as network
from tests.system import test_next_places as places
from tests.system import test_next_usage as usage

SCENARIOS: dict[str, Scenario] = {**usage.SCENARIOS, **network.SCENARIOS, **places.SCENARIOS}
ROOT = Path(__file__).parents[2]

_FOUND = "tests/system/test_mirrors_command.py::test_each_finding_is_told_with_one_remedy"
_BY_PROXY = (
    "tests/system/test_mirrors_command.py::test_all_that_is_known_is_asked_by_way_of_a_proxy"
)
_PROXY = "tests/system/test_mirrors_command.py::test_a_proxy_that_wants_a_password"
_LARGE = "tests/unit/hub/test_bounded_json.py::test_no_listing_takes_more_memory_than_it_may"
_NO_ADDRESS = "tests/unit/http/test_retry.py::test_an_address_that_is_none_is_final"
_FEW_FILES = "tests/system/test_few_resources.py::test_few_open_files"
#: Where a situation takes another disk, another user or several servers.
ELSEWHERE = {
    "AUTHORITATIVE_COMMIT": _FOUND,
    "CHECK_ENDPOINT": _NO_ADDRESS,
    "CHECK_ENDPOINT_NAME": _FOUND,
    "CHECK_PROXY_OR_NO_PROXY": _PROXY,
    "CHOOSE_BY_OPTION": "tests/system/test_pick.py::test_without_a_terminal_nothing_is_asked",
    "CLUSTER_LIKE": "tests/unit/options/test_download.py::"
    "test_a_cluster_is_an_address_or_a_number_of_workers",
    "FEWER_JOBS": _FEW_FILES,
    "FEWER_JOBS_OR_LIMIT": _FEW_FILES,
    "GIVE_TOKEN_OR_PUBLIC_REPO": "tests/system/test_mirrors_command.py::test_who_needs_a_token",
    "NO_HUB_SENDS_THAT": _LARGE,
    "WAIT_AND_SLOW_DOWN": _FOUND,
    "WAIT_MINUTES": _FOUND,
    "WAY_BLOCKED": _BY_PROXY,
    "WAY_CUT": _BY_PROXY,
    "WAY_REFUSED": _BY_PROXY,
    "WAY_TLS": _BY_PROXY,
}
#: Why no command of a test can show that it mends.
NOTHING_TO_TRY = {
    "ASK_THE_HUB": "the Hub itself, which no test reaches",
    "CHECK_DISK_OR_OTHER_FOLDER": "a disk that loses what is written",
    "MAKE_ROOM_OR_OTHER_FOLDER": "a disk that fills up while another program writes to it",
    "REPORT_BUG": "a bug",
}
_TOKEN = "made-up-for-this-test"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    root = tmp_path_factory.mktemp("hub")
    files: dict[str, bytes | str | int] = {
        "w.bin": 9000,
        "c.json": "{}",
        "sub/c.json": "{}",
        "d.txt": "d\n",
    }
    make_model(root, "org/m", files)
    make_model(root, "org/l", {"w.bin": 3_000_000, "c.json": "{}"})
    make_model(root, "org/p", {"c.json": "{}"})
    make_model(root, "org/s", {"model.safetensors": 9000, "c.json": "{}"})
    make_model(root, "new/m", {"c.json": "{}"})
    make_repo(root, "data/d", {"d.csv": "1\n"}, repo_type="dataset")
    with LocalHub(root, private=["org/p"], tokens=[_TOKEN], page_size=50) as started:
        yield started


@pytest.fixture
def desk(
    request: pytest.FixtureRequest,
    hub: LocalHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    folder = tmp_path / "work"
    (folder / "home").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    for name in [name for name in os.environ if re.search("_(CA_BUNDLE|PROXY)$|^SSL_", name, re.I)]:
        monkeypatch.delenv(name)
    hub.faults.clear()
    return Desk(request.getfixturevalue("name"), hub, folder, monkeypatch, capsys)


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_what_is_advised_works(name: str, desk: Desk) -> None:
    SCENARIOS[name](desk)
    desk.check()


def test_every_advice_is_tried() -> None:
    """One that names a command, an option or a variable has a scenario here, or a test there."""
    naming = {name for name, text in advices().items() if named_in(text)}
    others = {*ELSEWHERE, *NOTHING_TO_TRY}
    assert naming - set(SCENARIOS) - others == set()
    assert others <= naming - set(SCENARIOS), "has a scenario, or names nothing"
    for place in ELSEWHERE.values():
        path, _, test = place.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text("utf-8"), place
