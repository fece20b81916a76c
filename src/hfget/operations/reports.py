"""Plan + outcome → report: how the run ended, in numbers."""

from __future__ import annotations

from dataclasses import replace

from hfget.errors import HfgetError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import Failure, ItemState, Plan, Report
from hfget.system import Stop
from hfget.transfer import Outcome

#: What a plan counts as here, and a run may have had to fetch all the same.
_UNSURE = (ItemState.ADOPTABLE, ItemState.CACHED, ItemState.TWIN)


def make_report(
    plan: Plan, outcome: Outcome, stop: Stop, *, requests: int, seconds: float
) -> Report:
    """The report of a run that has sent so many requests and taken so many seconds.

    A file of which only a range is here counts by its bytes, not as a file.
    """
    ended = {file.path for file in outcome.done}
    items = [
        replace(item, span=None) if item.span and item.file.path in ended else item
        for item in plan.items
    ]
    rested = outcome.rested - ended
    complete = [item for item in items if item.state is ItemState.COMPLETE]
    bytes_done = sum(item.size for item in complete)
    bytes_done += sum(file.size for file in outcome.done)
    range_bytes = sum(item.size for item in items if item.file.path in rested)
    bytes_done += range_bytes
    bytes_done += sum(
        outcome.unfinished.get(item.file.path, item.have if item.state is ItemState.PARTIAL else 0)
        for item in items
        if not (
            item.state is ItemState.COMPLETE or item.file.path in ended or item.file.path in rested
        )
    )
    taken = {file.path for file in outcome.done if not file.received}
    kept = [item for item in items if item.state not in _UNSURE or item.file.path in taken]
    kept = [item for item in kept if not item.comes]
    report = Report(
        snapshot=plan.snapshot,
        root=plan.root,
        files_total=len(items) - len(rested),
        files_done=len(complete) + len(outcome.done),
        bytes_total=sum(item.size for item in items),
        bytes_done=bytes_done,
        received=outcome.received,
        reused=sum(item.have for item in kept),
        requests=requests,
        seconds=seconds,
        failures=tuple(sorted(outcome.failures, key=lambda failure: failure.path)),
        durable=outcome.durable,
        from_cache=sum(item.have for item in kept if item.state is ItemState.CACHED),
        mirrors=outcome.mirrors,
        range_bytes=range_bytes,
    )
    return ended_early(report, stop)


def ended_early(report: Report, stop: Stop) -> Report:
    """The report of a run that `stop` has ended, if files are left because of that."""
    left = report.files_done + len(report.failures) < report.files_total
    if not (left and stop.is_set()):
        return report
    if stop.failed:
        return report if report.failures else replace(report, failures=(_given_up(),))
    if stop.time_limit is not None:
        return replace(report, failures=(*report.failures, _out_of_time(stop)))
    return replace(report, interrupted_by=stop.signal_number)


def _given_up() -> Failure:
    """Of a repo, beside another one of which a file has failed."""
    return Failure("", HfgetError.kind, texts.OTHER_FAILED, advice.RUN_AGAIN_TO_GO_ON)


def _out_of_time(stop: Stop) -> Failure:
    error = stop.error()
    return Failure("", error.kind, error.message, "", None, error.exit_code)
