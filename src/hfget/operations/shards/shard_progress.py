"""How far the shards of one plan are together, and how they ended, as of one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from hfget import events
from hfget.errors import HfgetError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import Failure, ItemState, MirrorUse, Plan, Report
from hfget.operations.reports import ended_early
from hfget.operations.shards.sharding import shares_of
from hfget.system import Stop
from hfget.transfer import Meter

_STATES = ("in use", "resting", "out")


class ShardProgress:
    """Adds up what `count` shards of `plan` tell; what is here already is done.

    With `ranges` they divide large files, each of which counts where the first of it belongs.
    """

    def __init__(self, plan: Plan, count: int, *, ranges: bool = False) -> None:
        self._plan = plan
        shares = shares_of([item.file for item in plan.items], count, ranges=ranges)
        self._numbers = {path: each[0].number for path, each in shares.items()}
        self._latest: dict[int, events.Progress] = {}
        self._received: dict[int, dict[str, int]] = {}
        self._meter = Meter(files=len(plan.items), bytes_total=plan.total_bytes)
        self._here: dict[int, tuple[int, int]] = {}
        for item in plan.items:
            if item.state is ItemState.COMPLETE:
                number = self._numbers[item.file.path]
                files, size = self._here.get(number, (0, 0))
                self._here[number] = files + 1, size + item.file.size

    def add(self, number: int, attempt: str, progress: events.Progress) -> None:
        """Shard `number` is so far; an attempt whose worker died has received bytes too."""
        self._latest[number] = progress
        self._received.setdefault(number, {})[attempt] = progress.received

    def end(self, number: int) -> None:
        """Nothing of the shard is in the works any more."""
        if (latest := self._latest.get(number)) is not None:
            self._latest[number] = latest._replace(connections=0, active=())

    def sample(self) -> events.Progress:
        """All shards together, now."""
        latest = self._latest.values()
        here = [counts for number, counts in self._here.items() if number not in self._latest]
        sample = self._meter.sample(
            [row for one in latest for row in one.active],
            sum(sum(attempts.values()) for attempts in self._received.values()),
        )
        done = sum(one.bytes_done for one in latest) + sum(size for _, size in here)
        rest = self._plan.total_bytes - done
        return sample._replace(
            files_done=min(
                sum(one.files_done for one in latest) + sum(files for files, _ in here),
                sample.files_total,
            ),
            bytes_done=done,
            eta=rest / sample.speed if sample.speed > 0 else None,
        )

    def report(
        self, reports: Mapping[int, Report], failures: Iterable[Failure], stop: Stop
    ) -> Report:
        """One report of all shards: of those without one, what is known of their files."""
        known = list(reports.values())
        lacking = [
            item for item in self._plan.items if self._numbers[item.file.path] not in reports
        ]
        here = [item for item in lacking if item.state is ItemState.COMPLETE]
        both = [*failures, *(failure for one in known for failure in one.failures)]
        lost = [
            received
            for number, attempts in self._received.items()
            for received in list(attempts.values())[: -1 if number in reports else None]
        ]
        total = self._plan.total_bytes
        files_done = len(here) + sum(one.files_done for one in known)
        bytes_done = sum(item.have for item in lacking) + sum(one.bytes_done for one in known)
        whole = Report(
            snapshot=self._plan.snapshot,
            root=self._plan.root,
            files_total=len(self._plan.items),
            files_done=files_done,
            bytes_total=total,
            bytes_done=min(total, bytes_done),  # a file that was divided counts for all its shards
            received=sum(one.received for one in known) + sum(lost),
            reused=sum(item.have for item in here) + sum(one.reused for one in known),
            requests=sum(one.requests for one in known),
            seconds=0.0,
            failures=tuple(sorted(both, key=lambda failure: failure.path)),
            durable=all(one.durable for one in known),
            from_cache=sum(one.from_cache for one in known),
            range_bytes=(
                sum(one.range_bytes for one in known) if files_done < len(self._plan.items) else 0
            ),
            mirrors=_mirrors(use for one in known for use in one.mirrors),
        )
        if whole.files_done < whole.files_total and whole.ok and not stop.is_set():
            early = Failure(
                "", HfgetError.kind, texts.SHARDS_ENDED_EARLY, advice.RUN_AGAIN_TO_GO_ON
            )
            return replace(whole, failures=(early,))
        return ended_early(whole, stop)


def _mirrors(uses: Iterable[MirrorUse]) -> tuple[MirrorUse, ...]:
    """What each endpoint did for all shards; its state is the worst."""
    found: dict[str, MirrorUse] = {}
    for use in uses:
        other = found.get(use.place)
        if other is None:
            found[use.place] = use
            continue
        worse = max(use, other, key=lambda one: _STATES.index(one.state))
        found[use.place] = replace(
            worse,
            received=use.received + other.received,
            requests=use.requests + other.requests,
            failures=use.failures + other.failures,
            refusals=use.refusals + other.refusals,
            wrong=other.wrong + use.wrong,
        )
    return tuple(found.values())
