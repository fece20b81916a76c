"""hfget in the cells of a notebook, run by a real kernel (`make test-interop`)."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub import LocalHub
from tests.hub.repos import MiB, make_model
from tests.support.command import HFGET, new_shell

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        any(not importlib.util.find_spec(name) for name in ("nbclient", "ipykernel")),
        reason="nbclient and ipykernel are not installed (make test-interop)",
    ),
]

CELLS = (
    f"!{' '.join(HFGET)} org/model --local-dir shell",
    "from hfget import download\n"
    "report = download('org/model', local_dir='api', progress=True)\n"
    "open('repr', 'w').write(repr(report));",
    "report",
    "def fetch():\n    download('org/modle', progress=True)\nfetch()",
    "download('org/model', local_dir='stopped', progress=True)",
)
INTERRUPTED = len(CELLS) - 1


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """What the cells have shown, and how often the bar was drawn, as the last of them."""
    import nbformat
    from nbclient import NotebookClient

    root = tmp_path_factory.mktemp("notebook")
    make_model(root / "hub", "org/model", {"a.bin": 24 * MiB, "b.json": "{}"})
    with LocalHub(root / "hub", rate_total=12 * MiB) as hub:
        shell = new_shell(root / "work", hub.endpoint)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
        client = NotebookClient(
            notebook,
            timeout=60,
            kernel_name="python3",
            allow_errors=True,
        )
        drawn: list[str] = []
        interrupted: list[Any] = []
        update = client.process_message

        def process(message: Any, cell: Any, index: int) -> Any:
            if index == 1:
                drawn.append(message["msg_type"])
            moved = message["msg_type"] == "update_display_data"
            if index == INTERRUPTED and moved and not interrupted:
                interrupted.append(asyncio.ensure_future(client.km.interrupt_kernel()))
            return update(message, cell, index)

        client.process_message = process
        client.execute(
            cwd=str(shell.directory), env={**shell.environment(), "PATH": "/usr/bin:/bin"}
        )
        yield [*(cell.outputs for cell in notebook.cells), drawn, shell.directory]


def test_a_shell_cell_has_calm_lines(outputs: list[Any]) -> None:
    text = "".join(one["text"] for one in outputs[0])
    assert "\x1b" not in text and "\r" not in text.replace("\r\n", "\n"), text
    assert "2 files, 25.2 MB to fetch" in text and "done: 2 files" in text
    assert len(text) < 1500


def test_progress_is_one_output_drawn_by_the_notebook(outputs: list[Any]) -> None:
    [shown] = outputs[1]
    assert shown["output_type"] == "display_data"
    assert "done: 2 files, 25.2 MB" in shown["data"]["text/plain"]
    assert "progressbar" not in shown["data"]["text/html"], "the bar has gone"
    assert 2 <= outputs[-2].count("update_display_data") <= 40


def test_a_report_is_a_line_and_a_table(outputs: list[Any]) -> None:
    directory: Path = outputs[-1]
    line = (directory / "repr").read_text()
    assert re.fullmatch(
        r"<Report org/model @ [0-9a-f]{7}: 2/2 files, 25\.2 MB, exit code 0>", line
    ), line
    [shown] = outputs[2]
    table = shown["data"]["text/html"]
    assert table.startswith("<table>") and ">org/model</td>" in table
    assert json.dumps(line) in json.dumps(shown["data"]["text/plain"])


def test_an_error_is_the_callers_lines_and_what_to_do(outputs: list[Any]) -> None:
    *_, error = outputs[3]
    assert error["output_type"] == "error" and error["ename"] == "RepoNotFoundError"
    lines = "\n".join(error["traceback"]).split("\n")
    assert lines[:4] == [
        *("line 3", "    fetch()", "line 2, in fetch"),
        "    download('org/modle', progress=True)",
    ]
    assert re.fullmatch(r"RepoNotFoundError: 127\.0\.0\.1:\d+ has no model org/modle", lines[4])
    assert lines[5].startswith("  next: check the spelling") and len(lines) == 6


def test_an_interrupted_cell_says_what_is_kept(outputs: list[Any]) -> None:
    shown, error = outputs[INTERRUPTED]
    *_, kept, step = shown["data"]["text/plain"].split("\n")
    assert re.fullmatch(r"interrupted: \d of 2 files done; .* kept in \./stopped", kept), kept
    assert step == "  next: run the cell again to resume"
    assert error["ename"] == "KeyboardInterrupt" and error["traceback"] == ["KeyboardInterrupt"]
