"""The conductor: from what the user typed to a report. The only module that knows the way.

reference → snapshot → selection → plan → transfer → records → report
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from hfget import events
from hfget.destinations import (
    choose_layout,
    risky_names,
    risky_place,
    unfit_placement,
)
from hfget.errors import DiskError, NotFoundError, UsageError
from hfget.http import HttpClient
from hfget.model import ItemState, Plan, RemoteFile, Report, Snapshot
from hfget.operations.chosen_endpoints import read_reference, remarks
from hfget.operations.from_options import selection_of, settings_of
from hfget.operations.occupancy import Consent, settle
from hfget.operations.plan_transfer import PlanTransfer
from hfget.operations.planner import space_needed, sweep_partials
from hfget.operations.recorded_listing import DOUBTS, Recall
from hfget.operations.reports import make_report
from hfget.operations.snapshot_resolver import SnapshotResolver
from hfget.operations.watcher import Watcher
from hfget.options import DownloadOptions
from hfget.selection import absent, selection_remarks
from hfget.settings import check_time_outs
from hfget.system import (
    Stop,
    check_working_folder,
    folder_lock,
    free_bytes,
    naming_disk_errors,
    size_text,
)
from hfget.transfer import Outcome


class Run:
    """One download from end to end."""

    def __init__(
        self,
        repo: str,
        options: DownloadOptions,
        observer: events.Observer = events.ignore,
        stop: Stop | None = None,
        *,
        recorded_endpoint: str | None = None,
    ) -> None:
        """`recorded_endpoint` serves where neither the options nor the environment name one."""
        self._options = options
        self._stop = stop or Stop()
        self._observer = Watcher(observer, self._stop)
        self._begun = time.monotonic()
        check_time_outs(os.environ)
        self._ref, endpoints = read_reference(repo, options, recorded_endpoint)
        self._settings = settings_of(options, endpoints)
        self._http = HttpClient(
            self._settings.credentials.values(),
            connect_timeout=self._settings.api_timeout,
            offline=self._settings.offline,
            allow_private=self._settings.allow_private,
            allow_http_data=self._settings.allow_http_data,
            observer=self._observer,
        )
        self._layout = choose_layout(
            self._ref,
            local_dir=options.local_dir,
            cache=options.cache,
            cache_dir=options.cache_dir,
            hardlink=options.hardlink,
            delete=options.delete,
            force=options.force,
            fsync=self._settings.fsync,
        )
        self._resolver = SnapshotResolver(
            self._ref, options, self._settings, self._http, self._layout, self._observer, self._stop
        )

    def snapshot(self) -> Snapshot:
        """The pinned commit and all its files, as the endpoint lists them now.

        Where it cannot be asked, as it listed them when something of it was last complete here;
        then the snapshot is `stale`.
        """
        return self._resolved(self._resolver.listing)

    def _resolved(self, resolve: Callable[[], Snapshot]) -> Snapshot:
        for note in remarks(self._ref, self._settings):
            self._observer(note)
        snapshot = resolve()
        self._observer(events.Resolved(snapshot))
        return snapshot

    def plan(self, consent: Consent | None = None) -> Plan:
        """What a download would do. `consent` as for `download`."""
        snapshot = self._resolved(self._resolver.snapshot)
        files = self.selected(snapshot)
        self._layout.check(snapshot.files)
        if self._resolver.complete_plan is None:
            self._settle(snapshot, consent)
        made = self._resolver.complete_plan or self._resolver.make_plan(snapshot, files)
        self._remark(made, files)
        for item in made.items:
            if item.unfit:
                error = unfit_placement(item.root, item.file.path, item.unfit).blocked
                self._warn(error.message if error else item.unfit)
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
                return self._download(consent)
        finally:
            self._observer.check()

    def _download(self, consent: Consent | None) -> Report:
        if not self._layout.lock_path.is_absolute():
            check_working_folder()
        recall = Recall(
            self._layout, self._settings.endpoint, self._observer, force=self._options.force
        )
        snapshot = self._resolved(lambda: self._resolver.snapshot(recall.tree))
        if self._resolver.complete_plan is not None:
            return self._as_it_is(self._resolver.complete_plan)
        recall.hold_against(snapshot)
        try:
            files = self.selected(snapshot)
        except (UsageError, NotFoundError):
            missing = absent(snapshot.files, selection_of(self._options, snapshot.ref))
            self._layout.note_absent(snapshot, missing)
            raise
        self._layout.check(snapshot.files)
        root = self._layout.root(snapshot)
        if os.path.exists(root) and not os.path.isdir(root):
            raise UsageError(
                f"{root} is a file, not a folder", hint=f"move it away, or {self._elsewhere}"
            )
        what = risky_place(root) if consent else ""
        if consent and what and self._would_write(snapshot, files):
            consent(root.absolute(), what)
        with folder_lock(
            self._layout.lock_path,
            wait=self._settings.wait_for_lock,
            stop=self._stop,
            observer=self._observer,
        ) as alive:
            self._settle(snapshot, consent)
            made = self._resolver.make_plan(snapshot, files)
            self._observer(events.Planned(made))
            self._remark(made, files)
            self._check_space(made)
            fit = [item.file for item in made.items if not item.unfit]
            self._layout.begin(snapshot, fit)
            try:
                report = self._report(made, self._transfer(made, alive))
                if report.ok:
                    report = self._complete(made, report)
                elif any(failure.exit_code in DOUBTS for failure in report.failures):
                    self._layout.forget_tree(snapshot.commit)
                    report = recall.doubted(report)
            finally:
                self._layout.close()
        self._observer(events.Finished(report))
        return report

    def _as_it_is(self, made: Plan) -> Report:
        """All was here before the hub was asked: nothing is locked, and nothing written."""
        self._observer(events.Planned(made))
        self._remark(made, [item.file for item in made.items])
        report = self._report(made, Outcome(durable=self._settings.fsync))
        self._observer(events.Finished(report))
        return report

    def _transfer(self, made: Plan, alive: Callable[[], None]) -> Outcome:
        transfer = PlanTransfer(
            self._options,
            self._settings,
            self._http,
            self._layout,
            self._observer,
            self._stop,
            alive,
        )
        return transfer.run(made)

    def _report(self, made: Plan, outcome: Outcome) -> Report:
        return make_report(
            made,
            outcome,
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
            self._ref,
            delete=self._options.delete,
            consent=consent,
        )

    @property
    def _elsewhere(self) -> str:
        """How another place for this download is chosen."""
        if self._layout.shares_content:
            return "choose another cache with --cache-dir"
        return "choose another folder with --local-dir"

    def _would_write(self, snapshot: Snapshot, files: Sequence[RemoteFile]) -> bool:
        made = self._resolver.make_plan(snapshot, files)
        complete = all(item.state is ItemState.COMPLETE for item in made.items)
        return not complete or bool(made.removals)

    def remark(self, snapshot: Snapshot, *, pickles: bool = True) -> None:
        """Warn of patterns that match nothing, and of what a choice leaves out or can run code."""
        selection = selection_of(self._options, snapshot.ref)
        for text in selection_remarks(snapshot.files, selection, pickles=pickles):
            self._observer(events.Note(text, "warning"))

    def _remark(self, made: Plan, files: Sequence[RemoteFile]) -> None:
        """As `remark`, and of odd names; of pickles only where something is to be fetched."""
        fresh = any(item.state is not ItemState.COMPLETE for item in made.items)
        self.remark(made.snapshot, pickles=fresh)
        for text in [*risky_names(files), *self._layout.cautions()]:
            self._observer(events.Note(text, "warning"))

    def _warn(self, text: str) -> None:
        self._observer(events.Note(text, "warning"))

    def _check_space(self, made: Plan) -> None:
        need = space_needed(made, self._layout, link=self._options.hardlink)
        free = free_bytes(made.root)
        if not need:
            return
        if free is None:
            self._observer(events.Note("the free space on the disk is not known", "warning"))
        elif need > free:
            raise DiskError(
                f"{made.root}: {size_text(need)} are needed, {size_text(free)} are free",
                hint=f"make room, {self._elsewhere}, or fetch less with --include",
            )

    def _complete(self, made: Plan, report: Report) -> Report:
        """All is here: the layout may say so, and what is left of earlier runs goes."""
        self._layout.complete(made.snapshot)
        sweep_partials(self._layout, [item.file for item in made.items])
        return replace(report, deleted=self._layout.remove(made.removals))
