"""What is said of bytes that were not fetched, and of files that are deleted."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hfget.events import Finished, Planned
from hfget.model import Failure, ItemState, Plan, PlanItem, Removal, Report
from hfget.ui.lines import LinesDisplay
from hfget.ui.ndjson import NdjsonDisplay
from hfget.ui.sentences import outcome_line, plan_line, state_text
from hfget.ui.summaries import Summaries
from tests.support.loopback import lfs_file, snapshot_of
from tests.unit.ui.test_all_displays import Stream
from tests.unit.ui.test_all_displays import snapshot_of as named

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "ndjson.schema.json").read_text())
CACHED, TWIN, MISSING = (lfs_file(name, bytes(1000)) for name in ("c", "t", "m"))
SNAPSHOT = snapshot_of(CACHED, TWIN, MISSING)
GONE = Removal("old", Path("m/old"), 77)


def plan_of(*items: tuple[ItemState, int], removals: tuple[Removal, ...] = ()) -> Plan:
    planned = tuple(
        PlanItem(file, Path("m") / file.path, state, have)
        for file, (state, have) in zip(SNAPSHOT.files, items, strict=False)
    )
    return Plan(SNAPSHOT, Path("m"), planned, removals)


ALL = plan_of(
    (ItemState.CACHED, 1000), (ItemState.TWIN, 1000), (ItemState.MISSING, 0), removals=(GONE, GONE)
)
REPORT = Report(SNAPSHOT, Path("m"), 3, 3, 3000, 3000, 1000, 2000, 7, 2.0, from_cache=1000)


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        (plan_of((ItemState.CACHED, 1000)), "1 file, 1.0 kB; 1.0 kB in the Hub cache"),
        (plan_of((ItemState.COMPLETE, 1000)), "1 file, 1.0 kB; all here already"),
        (plan_of((ItemState.MISSING, 0)), "1 file, 1.0 kB to fetch"),
        (
            ALL,
            "3 files, 3.0 kB; 1.0 kB already here, 1.0 kB in the Hub cache, 1.0 kB to fetch; "
            "2 other files to delete",
        ),
        (
            plan_of((ItemState.COMPLETE, 1000), removals=(GONE,)),
            "1 file, 1.0 kB; all here already; 1 other file to delete",
        ),
    ],
)
def test_the_plan_says_what_is_taken_and_what_goes(plan: Plan, line: str) -> None:
    assert plan_line(plan) == line


@pytest.mark.parametrize(
    ("report", "end"),
    [
        (REPORT, "(1.0 kB from the Hub cache, 1.0 kB already here, 1.0 kB fetched, 500 B/s)"),
        (replace(REPORT, received=0, reused=1000), "(1.0 kB from the Hub cache)"),
        (replace(REPORT, from_cache=0, reused=0), "(1.0 kB fetched, 500 B/s)"),
        (replace(REPORT, received=0, from_cache=0), "all here already (2.0 s)"),
        (replace(REPORT, deleted=1), "500 B/s); 1 other file deleted"),
    ],
)
def test_the_report_says_where_the_bytes_came_from(report: Report, end: str) -> None:
    assert outcome_line(report).startswith("done: 3 files, 3.0 kB")
    assert outcome_line(report).endswith(end)


def test_a_dry_run_lists_all_of_it() -> None:
    assert [state_text(item) for item in ALL.items] == [
        "taken from the Hub cache",
        "copied from another file here",
        "to fetch",
    ]
    out = io.StringIO()
    Summaries(out).dry_run(ALL)
    assert out.getvalue().splitlines()[-2:] == ["77\tobsolete\told"] * 2
    out = io.StringIO()
    Summaries(out).dry_run(plan_of((ItemState.MISSING, 0)))
    assert out.getvalue() == "1000\tmissing\tc\n"


def test_json_says_it_in_numbers() -> None:
    out = io.StringIO()
    display = NdjsonDisplay(out)
    with display:
        display(Planned(ALL))
        display.dry_run(ALL)
        display(Finished(replace(REPORT, deleted=2)))
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for line in lines:
        validator.validate(line)
    states = [line["state"] for line in lines if line["event"] == "plan_file"]
    assert states == ["cached", "twin", "missing", "obsolete", "obsolete"]
    for line in lines[0], lines[-2]:
        assert (line["from_cache_bytes"], line["delete_files"], line["files"]) == (1000, 2, 3)
    assert (lines[-1]["from_cache"], lines[-1]["deleted"]) == (1000, 2)


def test_a_report_is_a_line_for_python_and_a_table_for_notebooks() -> None:
    failed = Failure("<b>.bin", "network", "no <i>answer</i>", "", None, 5)
    report = replace(REPORT, failures=(failed,) * 12)
    assert "\n" not in repr(report) and len(repr(report)) < 80
    table = report._repr_html_()
    assert table.count("<tr>") == table.count("</tr>") and "and 2 more" in table
    assert "&lt;b&gt;.bin: no &lt;i&gt;answer" in table and "<b>" not in table


def test_a_dry_run_says_of_each_group_what_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("hfget.ui.summaries.free_bytes", lambda path: None)
    monkeypatch.setattr("hfget.ui.summaries.last_speed", lambda: None)
    snapshot = named("a.safetensors", "b.gguf", "config.json")
    have = {"a.safetensors": 5_000_000, "config.json": 20_000_000}
    items = tuple(
        PlanItem(file, Path("name"), ItemState.PARTIAL, have.get(file.path, 0))
        for file in snapshot.files
    )
    results = Stream(terminal=True)
    LinesDisplay(Stream(), results=results).dry_run(Plan(snapshot, Path("name"), items))
    assert results.text.split("\n")[-6:] == [
        "  WEIGHTS      FILES     SIZE     HERE  TO FETCH  LOADED BY",
        "  safetensors      1  20.0 MB   5.0 MB   15.0 MB  transformers, diffusers, vLLM",
        "  gguf             1  20.0 MB      0 B   20.0 MB  llama.cpp, Ollama, LM Studio",
        "  all else         1  20.0 MB  20.0 MB         -",
        "to fetch one of them: --weights safetensors or --pick",
        "",
    ]
