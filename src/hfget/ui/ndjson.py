"""`--json`: one JSON object a line on stdout (docs/json.md, docs/ndjson.schema.json)."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any, TextIO, TypeAlias

from hfget.errors import HfgetError
from hfget.events import (
    Event,
    FileDone,
    FileFailed,
    Finished,
    Note,
    Planned,
    Progress,
    RepoFailed,
    Resolved,
    Retrying,
)
from hfget.model import Failure, Plan, RepoChange, Report, Snapshot
from hfget.selection import groups_of
from hfget.system import redact, safe_url
from hfget.ui.output import Sink, absolute
from hfget.ui.pacing import Clock
from hfget.ui.tables import Records, Table
from hfget.ui.verdicts import Verdict

PROGRESS_SECONDS = 0.5

Record: TypeAlias = dict[str, Any]


class NdjsonDisplay:
    """Every event as an object with `event` and stable fields; progress twice a second."""

    def __init__(self, stream: TextIO | None = None, *, clock: Clock = time.monotonic) -> None:
        self._sink = Sink(stream or sys.stdout)
        self._clock = clock
        self._last = float("-inf")

    def __call__(self, event: Event, /) -> None:
        match event:
            case Note(text, level):
                self._emit("note", level=level, text=text)
            case Resolved(snapshot):
                proof = asdict(snapshot.proof)
                self._emit("resolved", **_origin(snapshot), **_sums(snapshot), proof=proof)
            case Planned(plan):
                self._emit("plan", path=absolute(plan.root), **_plan_sums(plan))
            case Retrying():
                self._emit(
                    "retry",
                    file=event.path or None,
                    host=event.host,
                    reason=event.reason,
                    wait_seconds=_number(event.wait),
                    attempt=event.attempt,
                )
            case Progress():
                self._progress(event)
            case FileDone():
                self._emit(
                    "file_done",
                    file=event.path,
                    size=event.size,
                    received=event.received,
                    hash_kind=event.hash_kind,
                    hash=event.hash,
                )
            case FileFailed(failure):
                self._emit("file_failed", **_failure(failure))
            case RepoFailed(name, failure):
                self._emit("repo_failed", repo=name, **_failure(failure))
            case Finished(report):
                self._emit("report", **_report(report))

    def ask(self, question: str) -> bool:
        return False

    def can_ask(self) -> bool:
        return False

    def choose(self, question: str, rows: Sequence[Sequence[str]]) -> int | None:
        return None

    def __enter__(self) -> NdjsonDisplay:
        self._sink.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sink.close()

    def error(self, err: HfgetError) -> None:
        self._emit("error", **_failure(Failure.of(err)))

    def abandon(self, error: HfgetError) -> None:
        """Nothing: another thread may be in the midst of a line."""

    def dry_run(self, plan: Plan) -> None:
        for item in plan.items:
            self._emit(
                "plan_file",
                file=item.file.path,
                size=item.size,
                have=item.have,
                state=item.state.name.lower(),
                destination=str(item.destination),
                defect=item.file.defect or None,
            )
        for removal in plan.removals:
            self._emit(
                "plan_file",
                file=removal.path,
                size=removal.size,
                have=removal.size,
                state="obsolete",
                destination=str(removal.destination),
                defect=None,
            )
        self._emit("total", **_plan_sums(plan))

    def listing(self, snapshot: Snapshot, *, tree: bool = False) -> None:
        for file in snapshot.files:
            self._emit(
                "file",
                file=file.path,
                size=file.size,
                lfs=file.is_lfs,
                hash_kind=file.hash_kind,
                hash=file.etag,
            )
        for group in groups_of(snapshot):
            self._emit(
                "group",
                kind=group.kind,
                quant=group.quant or None,
                files=len(group.files),
                bytes=group.size,
            )
        self._emit("total", **_sums(snapshot), proof=asdict(snapshot.proof))

    def changed(self, change: RepoChange) -> None:
        self._emit(
            "change",
            repo_id=change.ref.repo_id,
            repo_type=change.ref.repo_type,
            revision=change.ref.revision,
            folder=change.folder,
            before=change.before or None,
            after=change.after,
            bytes=change.total,
            need_bytes=change.need,
            files=[
                {"file": file.path, "before": file.before, "after": file.after}
                for file in change.files
            ],
        )

    def verified(self, verdicts: Sequence[Verdict], summary: str) -> None:
        counts = dict.fromkeys(("ok", "missing", "changed", "extra"), 0)
        for path, state, detail in verdicts:
            counts[state] += 1
            self._emit("verified_file", file=path, state=state, detail=detail)
        self._emit("verified", summary=summary, files=len(verdicts), **counts)

    def result(self, table: Table, lines: Sequence[str], records: Records) -> None:
        for name, fields in records:
            self._emit(name, **fields)

    def _progress(self, event: Progress) -> None:
        now = self._clock()
        if now - self._last < PROGRESS_SECONDS:
            return
        self._last = now
        self._emit(
            "progress",
            files_done=event.files_done,
            files_total=event.files_total,
            bytes_done=event.bytes_done,
            bytes_total=event.bytes_total,
            received=event.received,
            bytes_per_second=_number(event.speed),
            eta_seconds=_number(event.eta),
            connections=event.connections,
            active=[_active(file._asdict()) for file in event.active],
        )

    def _emit(self, name: str, /, **fields: Any) -> None:
        self._sink.write(to_line({"event": name, **fields}) + "\n")


def to_line(record: Record) -> str:
    """`record` as one line of ASCII that is valid JSON and holds no secret.

    Secrets are removed from the values, not from the line: a pattern must not eat a quote.
    """
    line = json.dumps(_clean(record), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return line.replace("\x7f", "\\u007f")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        # A lone surrogate is not Unicode text; strict JSON readers refuse its \ud800 form.
        return redact(value).encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value


def _number(value: float | None) -> float | None:
    return round(value, 3) if value is not None and math.isfinite(value) else None


def _active(fields: Record) -> Record:
    fields["file"] = fields.pop("path")
    return fields


def _origin(snapshot: Snapshot) -> Record:
    return {
        "repo_id": snapshot.ref.repo_id,
        "repo_type": snapshot.ref.repo_type,
        "revision": snapshot.ref.revision,
        "commit": snapshot.commit,
        "endpoint": safe_url(snapshot.endpoint),
        "stale": snapshot.stale,
    }


def _sums(snapshot: Snapshot) -> Record:
    return {"files": len(snapshot.files), "bytes": sum(file.size for file in snapshot.files)}


def _plan_sums(plan: Plan) -> Record:
    need = plan.need_bytes
    return {
        "files": len(plan.items),
        "bytes": plan.total_bytes,
        "have_bytes": plan.total_bytes - need - plan.copied_bytes,
        "need_bytes": need,
        "from_cache_bytes": plan.cached_bytes,
        "delete_files": len(plan.removals),
    }


def _failure(failure: Failure) -> Record:
    return {
        "code": failure.exit_code,
        "kind": failure.kind,
        "file": failure.path or None,
        "url": safe_url(failure.url) if failure.url else None,
        "message": failure.message,
        "hint": failure.hint,
    }


def _report(report: Report) -> Record:
    return {
        "exit_code": report.exit_code,
        "ok": report.ok,
        "path": absolute(report.root),
        **_origin(report.snapshot),
        "files_total": report.files_total,
        "files_done": report.files_done,
        "bytes_total": report.bytes_total,
        "bytes_done": report.bytes_done,
        "received": report.received,
        "reused": report.reused,
        "from_cache": report.from_cache,
        "range_bytes": report.range_bytes,
        "deleted": report.deleted,
        "requests": report.requests,
        "seconds": _number(report.seconds),
        "interrupted_by": report.interrupted_by,
        "durable": report.durable,
        "proof": asdict(report.snapshot.proof),
        "mirrors": [asdict(mirror) for mirror in report.mirrors],
        "failures": [_failure(failure) for failure in report.failures],
    }
