"""`--json`: every line against the published schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hfget.errors import NetworkError
from hfget.events import FileFailed, Finished
from hfget.model import Failure
from hfget.ui.ndjson import NdjsonDisplay, to_line
from tests.unit.ui.test_all_displays import (
    Clock,
    Stream,
    progress_of,
    report_of,
    show_everything,
    snapshot_of,
)

ROOT = Path(__file__).resolve().parents[3]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "ndjson.schema.json").read_text())


def records(stream: Stream) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.text.splitlines()]


@pytest.fixture(scope="module")
def everything() -> list[dict[str, Any]]:
    stream = Stream()
    show_everything(NdjsonDisplay(stream))
    return records(stream)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_line_is_as_the_schema_says(everything: list[dict[str, Any]]) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for record in everything:
        validator.validate(record)
        assert set(record) <= set(SCHEMA["$defs"][record["event"]]["properties"])


def test_every_event_of_the_schema_is_written_and_documented(
    everything: list[dict[str, Any]],
) -> None:
    events = {one["$ref"].rpartition("/")[2] for one in SCHEMA["oneOf"]}
    assert {record["event"] for record in everything} == events
    text = (ROOT / "docs" / "json.md").read_text()
    assert [event for event in events if f"`{event}`" not in text] == []


def test_the_schema_refuses_what_is_wrong(everything: list[dict[str, Any]]) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for record in everything[:50]:
        for field in record.keys() - {"event"}:
            without = {key: value for key, value in record.items() if key != field}
            optional = record["event"] == "total" and field in ("have_bytes", "need_bytes")
            assert validator.is_valid(without) == optional
    assert not validator.is_valid({"event": "unknown"})


def test_progress_comes_twice_a_second_at_most() -> None:
    clock, stream = Clock(), Stream()
    display = NdjsonDisplay(stream, clock=clock)
    for _ in range(400):
        clock.now += 0.025
        display(progress_of())
    assert 18 <= len(records(stream)) <= 20


def test_failure_and_error_and_report() -> None:
    stream = Stream()
    display = NdjsonDisplay(stream)
    url = "https://user:word@cdn.example/a?X-Amz-Signature=1#f"
    failure = Failure("a", "network", "reset", "try later", url, 5)
    display(FileFailed(failure))
    display.error(NetworkError("reset", hint="try later", path="a", url=url))
    display(Finished(report_of(snapshot_of("a", "b"), failure, interrupted_by=15)))
    failed, error, report = records(stream)
    fields = {
        "code": 5,
        "kind": "network",
        "file": "a",
        "url": "https://cdn.example/a",
        "message": "reset",
        "hint": "try later",
    }
    assert failed == {"event": "file_failed", **fields}
    assert error == {"event": "error", **fields}
    assert report["failures"] == [fields]
    assert (report["exit_code"], report["ok"], report["interrupted_by"]) == (143, False, 15)
    assert (report["requests"], report["durable"]) == (7, True)
    assert report["path"] == str(Path.cwd() / "name")


@pytest.mark.parametrize(
    "text",
    ['Signature=abc"', "Signature=abc\\", 'authorization: Bearer x"y', "sig='\n", "\x7f\x9b"],
)
def test_redaction_never_breaks_a_line(text: str) -> None:
    line = to_line({"event": "note", "level": "info", "text": text})
    assert set(json.loads(line)) == {"event", "level", "text"}
    assert line.isascii() and line.isprintable()


def test_numbers_that_json_has_not_become_null() -> None:
    stream = Stream()
    progress = progress_of()._replace(eta=float("inf"), speed=float("nan"))
    NdjsonDisplay(stream)(progress)
    (record,) = records(stream)
    assert record["eta_seconds"] is None and record["bytes_per_second"] is None
