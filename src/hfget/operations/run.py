"""The conductor: from what the user typed to a report. The only module that knows the way.

reference → snapshot → selection → plan → transfer → records → report
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from hfget import events
from hfget.destinations import risky_names, risky_place
from hfget.errors import NotFoundError, UsageError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan, RemoteFile, Report, Snapshot
from hfget.operations.chosen_endpoints import read_reference, remarks
from hfget.operations.from_options import client_of, layout_of, selection_of, settings_of
from hfget.operations.observers import Watcher
from hfget.operations.occupancy import Consent, settle
from hfget.operations.plan_transfer import PlanTransfer, PreparedRun
from hfget.operations.planner import (
    Companions,
    check_space,
    elsewhere,
    sweep_partials,
    unfit_texts,
)
from hfget.operations.recorded_listing import DOUBTS, Recall
from hfget.operations.reports import make_report
from hfget.operations.run_context import RunContext
from hfget.operations.shards.shared_plan import SharedPlan
from hfget.operations.snapshot_resolver import SnapshotResolver
from hfget.options import DownloadOptions
from hfget.selection import absent, selection_remarks
from hfget.settings import Credential, check_time_outs
from hfget.system import Stop, check_working_folder, naming_disk_errors
from hfget.transfer import Outcome


class Run:
    """One download from end to end."""

    def __init__(
        self,
        repo: str | Snapshot,
        options: DownloadOptions,
        observer: events.Observer = events.ignore,
        stop: Stop | None = None,
        *,
        recorded_endpoint: str | None = None,
        credentials: Mapping[str, Credential] | None = None,
    ) -> None:
        """`repo` is what the user typed, or a snapshot: then no hub is asked for one. `asked` is
        how it was named.

        `recorded_endpoint` serves where neither the options nor the environment name one,
        `credentials`, by origin, in place of those that they name.
        """
        self._begun = time.monotonic()
        self._options = options
        self._stop = stop or Stop()
        self._observer = Watcher(observer, self._stop)
        check_time_outs(os.environ)
        self.asked, endpoints = read_reference(repo, options, recorded_endpoint)
        self.settings = settings_of(options, endpoints, credentials)
        self._http = client_of(self.settings, self._observer)
        self._context = RunContext(options, self.settings, self._http, self._observer, self._stop)
        self._layout = layout_of(self.asked, options)
        given = repo if isinstance(repo, Snapshot) else None
        self._resolver = SnapshotResolver(self._context, self.asked, self._layout, given)
        self._shards = SharedPlan(self._context, self._layout, self._resolver)

    @property
    def place(self) -> Path:
        """What two runs to the same place have in common."""
        return Path(os.path.realpath(self._layout.lock_path))

    def pinned_commit(self) -> str:
        """The commit that the revision is now, by a single request. Raises HfgetError."""
        return self._resolver.commit()

    def recorded(self) -> Snapshot | None:
        """The snapshot as it was when something of it was last complete here; asks no one."""
        return self._resolver.recorded()

    def snapshot(self) -> Snapshot:
        """The pinned commit and all its files, as the endpoint lists them now.

        Where it cannot be asked, as it listed them when something of it was last complete here;
        then the snapshot is `stale`.
        """
        self._remark_endpoints()
        snapshot = self._resolver.listing()
        self._observer(events.Resolved(snapshot))
        return snapshot

    def plan(self, consent: Consent | None = None) -> Plan:
        """What a download would do. `consent` as for `download`."""
        self._remark_endpoints()
        snapshot = self._resolver.snapshot()
        self._observer(events.Resolved(snapshot))
        files = self.selected(snapshot)
        self._layout.check(snapshot.files)
        if (made := self._resolver.complete_plan) is None:
            self._settle(snapshot, consent)
            made = self._resolver.make_plan(snapshot, files)
        self._remark(made, files)
        self._warn_of(unfit_texts(made))
        return made

    def selected(self, snapshot: Snapshot) -> tuple[RemoteFile, ...]:
        """The files wanted. Raises UsageError or EntryNotFoundError where nothing matches."""
        return self._resolver.selected(snapshot)

    def download(self, consent: Consent | None = None) -> Report:
        """Do it all. `consent(folder, what)` may refuse, by an HfgetError, an odd folder.

        Without it a folder that holds another repo is refused. When this has returned or raised,
        nothing of it goes on. Raises what the observer has raised in any thread.
        """
        try:
            with naming_disk_errors():
                with ExitStack() as held:
                    begun = self.begin(held, consent)
                    outcome = begun.transfer.run(begun.plan) if begun.transfer else None
                    report = self.end(begun, outcome)
                self._observer(events.Finished(report))
                return report
        finally:
            self._observer.check()

    def begin(
        self,
        held: ExitStack,
        consent: Consent | None = None,
        companions: Companions | None = None,
    ) -> PreparedRun:
        """All that comes before the transfer; the folder stays locked as long as `held` is open."""
        if not self._layout.lock_path.is_absolute():
            check_working_folder()
        recall = Recall(
            self._layout, self.settings.endpoint, self._observer, force=self._options.force
        )
        self._remark_endpoints()
        snapshot = self._resolver.snapshot(recall.tree)
        self._observer(events.Resolved(snapshot))
        if (complete := self._resolver.complete_plan) is not None:
            # All was here before the hub was asked: nothing is locked, and nothing written.
            self._tell_plan(complete, [item.file for item in complete.items])
            return PreparedRun(complete)
        recall.hold_against(snapshot)
        files = self._wanted(snapshot)
        self._check_place(snapshot, files, consent)
        if self._options.dask is not None:
            self._settle(snapshot, consent)
            made = self._resolver.make_plan(snapshot, files)
            self._tell_plan(made, files)  # nothing is written here: each shard does what it needs
            return PreparedRun(made, None, recall)
        alive = held.enter_context(self._shards.locked(snapshot))
        self._settle(snapshot, consent)
        made = self._resolver.make_plan(snapshot, files, companions)
        self._tell_plan(made, files)
        self._prepare_place(made, companions)
        held.callback(self._layout.close)
        lacking = self._resolver.lacking
        transfer = PlanTransfer(self._context, self._layout, alive, lacking)
        return PreparedRun(made, transfer, recall)

    def end(self, begun: PreparedRun, outcome: Outcome | None) -> Report:
        """All that comes after the transfer, of which `outcome` came. Raises HfgetError."""
        made, transfer, recall = begun
        if recall is None:
            return self._report(made, None)
        if transfer is None:
            return self._by_workers(made)
        report = self._report(made, self._shards.join(made, outcome, transfer.alive))
        if report.ok:
            return self._complete(made, report)
        if any(failure.exit_code in DOUBTS for failure in report.failures):
            self._layout.forget_tree(made.snapshot.commit)
            again = partial(client_of, self.settings, self._observer)  # the first may be shut
            return recall.doubted(self._resolver.explained(report, again))
        return report

    def _wanted(self, snapshot: Snapshot) -> tuple[RemoteFile, ...]:
        """As `selected`, and note down what was asked for and is not in the commit."""
        try:
            return self.selected(snapshot)
        except (UsageError, NotFoundError):
            selection = selection_of(self._options, snapshot.ref)
            self._layout.note_absent(snapshot, absent(snapshot.files, selection))
            raise

    def _check_place(
        self, snapshot: Snapshot, files: Sequence[RemoteFile], consent: Consent | None
    ) -> None:
        """Raise UsageError or UnsafeError where the files cannot, or are not to, be written."""
        self._layout.check(snapshot.files)
        root = self._layout.root(snapshot)
        if os.path.exists(root) and not os.path.isdir(root):
            raise UsageError(
                texts.FILE_NOT_FOLDER(root=root),
                hint=advice.MOVE_AWAY_OR_ELSE(other=elsewhere(self._layout)),
            )
        what = risky_place(root, files) if consent else ""
        if consent and what and self._would_write(snapshot, files):
            consent(root.absolute(), what)

    def _prepare_place(self, made: Plan, companions: Companions | None) -> None:
        """See that there is room, and record what is about to be downloaded. Raises DiskError."""
        link = self._options.hardlink
        check_space(made, self._layout, self._observer, link=link, companions=companions)
        unfit = {item.file.path for item in made.items if item.unfit}
        of_all = self._resolver.of_all_shards(made.snapshot)
        self._layout.begin(made.snapshot, [file for file in of_all if file.path not in unfit])

    def _by_workers(self, made: Plan) -> Report:
        """Each shard does what the folder needs. Raises NetworkError where the cluster fails."""
        from hfget.operations.shards.dask_run import DaskRun

        across = DaskRun(made, self._context, Run)
        report = across.report(lambda: self._resolver.found_now(made.snapshot))
        requests = report.requests + self._http.requests_sent
        return replace(report, seconds=time.monotonic() - self._begun, requests=requests)

    def _report(self, made: Plan, outcome: Outcome | None) -> Report:
        return make_report(
            made,
            outcome or Outcome(durable=self.settings.fsync),
            self._stop,
            requests=self._http.requests_sent,
            seconds=time.monotonic() - self._begun,
        )

    def _settle(self, snapshot: Snapshot, consent: Consent | None) -> None:
        """See to it that the folder holds no other repo. Raises UsageError."""
        settle(
            self._layout,
            self._resolver.hub,
            snapshot,
            self.asked,
            delete=self._options.delete,
            consent=consent,
        )

    def _would_write(self, snapshot: Snapshot, files: Sequence[RemoteFile]) -> bool:
        made = self._resolver.make_plan(snapshot, files)
        fresh = (item.state is not ItemState.COMPLETE for item in made.items)
        return any(fresh) or bool(made.removals)

    def _remark_endpoints(self) -> None:
        for note in remarks(self.asked, self.settings):
            self._observer(note)

    def remark(self, snapshot: Snapshot, *, pickles: bool = True) -> None:
        """Warn of patterns that match nothing, and of what a choice leaves out or can run code."""
        selection = selection_of(self._options, snapshot.ref)
        self._warn_of(selection_remarks(snapshot.files, selection, pickles=pickles))

    def _tell_plan(self, made: Plan, files: Sequence[RemoteFile]) -> None:
        self._observer(events.Planned(made))
        self._remark(made, files)

    def _remark(self, made: Plan, files: Sequence[RemoteFile]) -> None:
        """As `remark`, and of odd names; of pickles where some are to be fetched by choice."""
        fresh = any(item.state is not ItemState.COMPLETE for item in made.items)
        self.remark(made.snapshot, pickles=fresh and not self._resolver.is_given)
        self._warn_of([*risky_names(files), *self._layout.cautions()])

    def _warn_of(self, warnings: Iterable[str]) -> None:
        for text in warnings:
            self._context.warn(text)

    def _complete(self, made: Plan, report: Report) -> Report:
        """All is here, as the last shard finds: that is recorded, and left partials go."""
        if self._shards.are_here(made.snapshot):
            self._layout.complete(made.snapshot)
        sweep_partials(self._layout, self._shards.named(made))
        return replace(report, deleted=self._layout.remove(made.removals))
