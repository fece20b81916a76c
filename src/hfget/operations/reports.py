"""Plan + outcome → report: how the run ended, in numbers."""

from __future__ import annotations

from hfget.model import Failure, ItemState, Plan, Report
from hfget.system import Stop
from hfget.transfer import Outcome

#: What a plan counts as here, and a run may have had to fetch all the same.
_UNSURE = (ItemState.ADOPTABLE, ItemState.CACHED, ItemState.TWIN)


def make_report(
    plan: Plan, outcome: Outcome, stop: Stop, *, requests: int, seconds: float
) -> Report:
    """The report of a run that has sent so many requests and taken so many seconds."""
    complete = [item for item in plan.items if item.state is ItemState.COMPLETE]
    done = len(complete) + len(outcome.done)
    bytes_done = sum(item.file.size for item in complete)
    bytes_done += sum(file.size for file in outcome.done)
    ended = {file.path for file in outcome.done}
    bytes_done += sum(
        outcome.unfinished.get(item.file.path, item.have if item.state is ItemState.PARTIAL else 0)
        for item in plan.items
        if item.state is not ItemState.COMPLETE and item.file.path not in ended
    )
    taken = {file.path for file in outcome.done if not file.received}
    kept = [item for item in plan.items if item.state not in _UNSURE or item.file.path in taken]
    interrupted = (
        stop.is_set() and not stop.failed and done + len(outcome.failures) < len(plan.items)
    )
    failures = sorted(outcome.failures, key=lambda failure: failure.path)
    if interrupted and stop.time_limit is not None:
        failures.append(_out_of_time(stop))
        interrupted = False
    return Report(
        snapshot=plan.snapshot,
        root=plan.root,
        files_total=len(plan.items),
        files_done=done,
        bytes_total=plan.total_bytes,
        bytes_done=bytes_done,
        received=outcome.received,
        reused=sum(item.have for item in kept),
        requests=requests,
        seconds=seconds,
        failures=tuple(failures),
        interrupted_by=stop.signal_number if interrupted else None,
        durable=outcome.durable,
        from_cache=sum(item.have for item in kept if item.state is ItemState.CACHED),
        mirrors=outcome.mirrors,
    )


def _out_of_time(stop: Stop) -> Failure:
    error = stop.error()
    return Failure("", error.kind, error.message, "", None, error.exit_code)
