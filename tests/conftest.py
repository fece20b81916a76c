"""Fixtures for all tests: the local hub, and a shell in which the real command runs."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.hub.fixtures import repos_root, start_hub
from tests.support.command import Shell, new_shell

#: The time limit of a test that has none of its own, as in pyproject.toml.
_USUAL_SECONDS = 120.0

#: What a machine may say to hfget, or to the programs that tests start: a CI service, a batch
#: system, a user's settings.
_SAID = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "JOB_COMPLETION_INDEX", "GH_TOKEN")
_SAID_BY = (
    "CI_",
    "GITHUB_",
    "GITLAB_",
    "HF_",
    "HFGET_",
    "HUGGING",
    "SLURM_",
    "OMPI_",
    "PMI",
    "RAY_",
)

__all__ = ["repos_root", "shell_at", "start_hub"]


def pytest_configure() -> None:
    """No setting of this machine may change what the tests see."""
    for name in list(os.environ):
        kept = name == "HFGET_UPDATE_SNAPSHOTS"
        if not kept and (name in _SAID or name.startswith(_SAID_BY)):
            del os.environ[name]
    os.environ["HFGET_LANG"] = "en"  # whatever language the machine speaks


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Of several processes each imports a share of the test files before it collects them all.

    To rewrite what they assert takes most of the time of a collection; so it is done once, not by
    each process: what one has rewritten the others find in the cache.
    """
    given = getattr(session.config, "workerinput", None)
    if given is None:
        return
    root = session.config.rootpath
    wanted = [root / argument.partition("::")[0] for argument in session.config.args]
    files = {path for each in wanted for path in (each, *each.rglob("test_*.py"))}
    share = sorted(files)[int(given["workerid"].removeprefix("gw")) :: given["workercount"]]
    for path in (*sorted((root / "tests").rglob("conftest.py")), *share):
        with suppress(Exception, pytest.skip.Exception):  # which the collection reports
            importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take minutes is begun first, lest one process works on it when others are done."""
    items.sort(key=lambda item: -_most_seconds(item))


def _most_seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return max(_USUAL_SECONDS, mark.args[0] if mark and mark.args else 0.0)


@pytest.fixture
def shell_at(tmp_path: Path) -> Callable[[str], Shell]:
    """A function that gives a shell with HF_ENDPOINT set to an endpoint."""

    def at(endpoint: str) -> Shell:
        return new_shell(tmp_path / "work", endpoint)

    return at
