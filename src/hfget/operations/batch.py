"""Several repos in one run: one backend, one queue and one progress over all their files.

Each repo is a run of its own up to its plan, and from its outcome on; in between, the tasks of all
plans go to one backend. One that fails does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hfget import events
from hfget.errors import HfgetError, InterruptedRunError, TimeLimitError
from hfget.model import Failure, RemoteFile, Report
from hfget.operations.occupancy import Consent
from hfget.operations.plan_transfer import PlanTransfer, PreparedRun, meter_of
from hfget.operations.planner import Companions
from hfget.operations.run import Run
from hfget.operations.tasks import FileTask, Turns
from hfget.partials import Identity
from hfget.sources import ByteSource, RateLimit
from hfget.system import Stop, count_text, naming_disk_errors
from hfget.transfer import LocalContent, Outcome


class RepoResult(NamedTuple):
    """How one repo of several ended: with a report, or before its transfer with an error."""

    name: str
    report: Report | None
    error: HfgetError | None = None

    @property
    def exit_code(self) -> int:
        if self.error is not None:
            return self.error.exit_code
        return self.report.exit_code if self.report is not None else 0


class Batch:
    """Runs that are downloaded together. Two into one place come one after the other."""

    def __init__(self, runs: Iterable[Run], observer: events.Observer, stop: Stop) -> None:
        self._runs = list(runs)
        self._observer = observer
        self._stop = stop
        self._results: dict[int, RepoResult] = {}

    def download(self, consent: Consent | None = None) -> list[RepoResult]:
        """Download all of them; a result for each that was reached, in their order.

        Raises HfgetError where the whole is ended, by a signal or a limit of time; and as
        `Run.download` does where there is only one.
        """
        if len(self._runs) == 1:
            run = self._runs[0]
            return [RepoResult(str(run.asked), run.download(consent))]
        waiting = list(enumerate(self._runs))
        with naming_disk_errors():
            while waiting and not self._stop.is_set():
                places: set[Path] = set()
                now: list[tuple[int, Run]] = []
                later: list[tuple[int, Run]] = []
                for number, run in waiting:
                    (later if run.place in places else now).append((number, run))
                    places.add(run.place)
                self._together(now, consent)
                waiting = later
        results = [self._results[number] for number in sorted(self._results)]
        self._sum_up(results)
        return results

    def _together(self, runs: Sequence[tuple[int, Run]], consent: Consent | None) -> None:
        begun: dict[int, PreparedRun] = {}
        companions = Companions({}, {})
        with ExitStack() as held:
            for number, run in runs:
                try:
                    with ExitStack() as own:
                        begun[number] = run.begin(own, consent, companions)
                        held.enter_context(own.pop_all())
                except (InterruptedRunError, TimeLimitError):
                    raise
                except HfgetError as error:
                    self._fail(number, error)
            names = self._names(begun)
            transfers = {
                number: (one.transfer, one)
                for number, one in begun.items()
                if one.transfer is not None
            }
            outcomes = _carry_out(
                [(names[number], *pair) for number, pair in transfers.items()], self._stop
            )
            reports = {}
            for number, one in begun.items():
                outcome = None
                try:
                    if one.transfer is not None:
                        outcome = outcomes[names[number]]
                        one.transfer.record(outcome)
                    reports[number] = one.end(outcome)
                except HfgetError as error:
                    self._fail(number, error)
        for number, report in reports.items():
            self._results[number] = RepoResult(names[number], report)
            self._observer(events.Finished(report, names[number]))

    def _fail(self, number: int, error: HfgetError) -> None:
        name = str(self._runs[number].asked)
        self._results[number] = RepoResult(name, None, error)
        failure = Failure(
            error.path or "", error.kind, error.message, error.hint, error.url, error.exit_code
        )
        self._observer(events.RepoFailed(name, failure))

    def _names(self, begun: dict[int, PreparedRun]) -> dict[int, str]:
        """What each repo is called among the others: its own name, where that is not taken."""
        names: dict[int, str] = {}
        for number, one in begun.items():
            snapshot = one.plan.snapshot
            name = str(snapshot.ref)
            if name in names.values():
                name += f"@{snapshot.commit[:7]}"
            if name in names.values():
                name += f" ({number + 1})"
            names[number] = name
        return names

    def _sum_up(self, results: Sequence[RepoResult]) -> None:
        bad = [result.name for result in results if result.exit_code]
        done = f"{len(results) - len(bad)} of {count_text(len(self._runs), 'repo')} complete"
        if bad:
            self._observer(events.Note(f"{done}; not {', '.join(bad)}", "warning"))
        else:
            self._observer(events.Note(done))


def _carry_out(
    parts: Sequence[tuple[str, PlanTransfer, PreparedRun]], stop: Stop
) -> dict[str, Outcome]:
    """The outcome of each plan, by name, of one backend that carries out all of them."""
    outcomes = {name: Outcome(durable=transfer.durable) for name, transfer, _ in parts}
    if not parts:
        return outcomes
    stop.heeded = True
    try:
        labels: dict[str, tuple[str, str]] = {}
        turns, limit = Turns(), parts[0][1].limit()
        tasks = [
            task
            for name, transfer, begun in parts
            for task in _named_tasks(name, transfer, begun, turns, limit, labels)
        ]
        if tasks:
            backend = parts[0][1].backend(
                meter_of([begun.plan for _, _, begun in parts]),
                [transfer.http for _, transfer, _ in parts],
                _all([transfer.alive for _, transfer, _ in parts]),
            )
            try:
                whole = backend.run(tasks)
            except BaseException:
                for _, transfer, _ in parts:
                    transfer.keep()
                raise
            _divide(whole, outcomes, labels)
    finally:
        stop.heeded = False
    return outcomes


def _named_tasks(
    name: str,
    transfer: PlanTransfer,
    begun: PreparedRun,
    turns: Turns,
    limit: RateLimit | None,
    labels: dict[str, tuple[str, str]],
) -> Iterator[NamedTask]:
    transfer.adopt(begun.plan)
    for task in transfer.tasks(begun.plan, limit, turns):
        label = f"{name}/{task.file.path}"
        while label in labels:
            label += " "
        labels[label] = name, task.file.path
        yield NamedTask(label, task)


def _divide(
    whole: Outcome, outcomes: dict[str, Outcome], labels: dict[str, tuple[str, str]]
) -> None:
    """Give each plan its share; what came over the network counts where it belongs."""
    for done in whole.done:
        name, path = labels[done.path]
        outcomes[name].done.append(done._replace(path=path))
        outcomes[name].received += done.received
    for failure in whole.failures:
        name, path = labels[failure.path]
        outcomes[name].failures.append(replace(failure, path=path))
    for label, size in whole.unfinished.items():
        name, path = labels[label]
        outcomes[name].unfinished[path] = size
    for outcome in outcomes.values():
        outcome.durable = outcome.durable and whole.durable


def _all(calls: Sequence[Callable[[], None]]) -> Callable[[], None]:
    def call() -> None:
        for one in calls:
            one()

    return call


class NamedTask:
    """A task under the name that its file has among the files of several repos."""

    __slots__ = ("_task", "file")

    def __init__(self, label: str, task: FileTask) -> None:
        self._task = task
        self.file: RemoteFile = replace(task.file, path=label)

    def source(self) -> ByteSource:
        return self._task.source()

    def partial(self) -> tuple[Path, Identity]:
        return self._task.partial()

    def local(self) -> LocalContent | None:
        return self._task.local()

    def adopt(self) -> None:
        self._task.adopt()

    def publish(self, data: Path) -> None:
        self._task.publish(data)

    def ended(self) -> None:
        self._task.ended()
