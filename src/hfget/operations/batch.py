"""Several repos in one run: one backend, one queue and one progress over all their files.

Each repo is a run of its own up to its plan, and from its outcome on; in between, the tasks of all
plans go to one backend. One that fails does not stop the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hfget import events
from hfget.errors import HfgetError, InterruptedRunError, TimeLimitError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import Failure, Report
from hfget.operations.composed_sources import JoinedSources
from hfget.operations.occupancy import Consent
from hfget.operations.plan_transfer import PlanTransfer, PreparedRun, meter_of
from hfget.operations.planner import Companions
from hfget.operations.run import Run
from hfget.operations.tasks import Turns
from hfget.system import (
    Stop,
    command,
    count_text,
    naming_disk_errors,
    option,
    remember_speed,
)
from hfget.transfer import Outcome, Task, WrappedTask

#: What an error of one repo may advise, and several cannot share.
_FOLDER_OPTION = "--local-dir"


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
                if self._stop.failed:
                    break
                try:
                    with ExitStack() as own:
                        begun[number] = run.begin(own, consent, companions)
                        held.enter_context(own.pop_all())
                except (InterruptedRunError, TimeLimitError):
                    raise
                except HfgetError as error:
                    self._fail(number, error)
            names = self._names(begun)
            outcomes = _carry_out(
                [
                    _Part(names[number], one.transfer, one)
                    for number, one in begun.items()
                    if one.transfer is not None
                ],
                self._observer,
                self._stop,
            )
            reports = {}
            for number, one in begun.items():
                outcome = None
                try:
                    if one.transfer is not None:
                        outcome = outcomes[names[number]]
                        one.transfer.record(outcome)
                    reports[number] = self._runs[number].end(one, outcome)
                except HfgetError as error:
                    self._fail(number, error)
        for number, report in reports.items():
            self._results[number] = RepoResult(names[number], report)
            self._observer(events.Finished(report, names[number]))

    def _fail(self, number: int, error: HfgetError) -> None:
        asked = self._runs[number].asked
        name = str(asked)
        if _FOLDER_OPTION in error.hint:
            revision = option("--revision", asked.revision) if asked.revision else []
            options = [*revision, _FOLDER_OPTION, "DIR"]
            error.hint = advice.BY_ITSELF(
                command=command("hfget", options=options, operands=[name])
            )
        self._results[number] = RepoResult(name, None, error)
        self._observer(events.RepoFailed(name, Failure.of(error)))
        if self._runs[number].settings.fail_fast:
            self._stop.fail()

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
        done, repos = len(results) - len(bad), count_text(len(self._runs), "repo")
        if bad:
            text = texts.REPOS_NOT_COMPLETE(done=done, repos=repos, names=", ".join(bad))
            self._observer(events.Note(text, "warning"))
        else:
            self._observer(events.Note(texts.REPOS_COMPLETE(done=done, repos=repos)))


class _Part(NamedTuple):
    """One plan among several, under the name of its repo."""

    name: str
    transfer: PlanTransfer
    begun: PreparedRun


def _carry_out(parts: Sequence[_Part], observer: events.Observer, stop: Stop) -> dict[str, Outcome]:
    """The outcome of each plan, by name, of one backend that carries out all of them."""
    outcomes = {part.name: Outcome(durable=part.transfer.durable) for part in parts}
    if not parts:
        return outcomes
    stop.heeded = True
    try:
        labels: dict[str, tuple[str, str]] = {}
        each = [parts[0].transfer.sources(parts[0].begun.plan)]
        each += [part.transfer.sources(part.begun.plan, each[0].limit) for part in parts[1:]]
        joined, turns = JoinedSources(each), Turns(observer=observer)
        tasks = []
        for part, sources in zip(parts, each, strict=True):
            part.transfer.adopt(part.begun.plan)
            for task in part.transfer.tasks(part.begun.plan, sources, turns):
                label = _label(part.name, task.file.path, labels)
                labels[label] = part.name, task.file.path
                joined.name(label, sources, task.file)
                tasks.append(NamedTask(label, task))
        if tasks:
            backend = parts[0].transfer.backend(
                joined,
                meter_of([part.begun.plan for part in parts]),
                _all([part.transfer.alive for part in parts]),
            )
            began = time.monotonic()
            try:
                whole = backend.run(tasks)
            except BaseException:
                for part in parts:
                    part.transfer.keep()
                raise
            finally:
                joined.close()
            remember_speed(whole.received, time.monotonic() - began)
            _divide(whole, outcomes, labels)
            for part, sources in zip(parts, each, strict=True):
                outcomes[part.name].mirrors = sources.report()
    finally:
        stop.heeded = False
    return outcomes


def _label(name: str, path: str, taken: Container[str]) -> str:
    """What a file is called among those of all repos."""
    label = f"{name}/{path}"
    while label in taken:
        label += " "
    return label


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
    for label in whole.rested:
        name, path = labels[label]
        outcomes[name].rested.add(path)
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


class NamedTask(WrappedTask):
    """A task under the name that its file has among the files of several repos."""

    __slots__ = ()

    def __init__(self, label: str, task: Task) -> None:
        super().__init__(task, replace(task.file, path=label))
