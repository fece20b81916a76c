"""The conductor: from what the user typed to a report. The only module that knows the way.

reference → snapshot → selection → plan → transfer → records → report
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from hfget import events
from hfget.destinations import (
    Layout,
    cache_beside,
    choose_layout,
    risky_names,
    risky_place,
    unfit_placement,
)
from hfget.errors import (
    DiskError,
    HfgetError,
    NotFoundError,
    UnreachableError,
    UsageError,
)
from hfget.http import HttpClient, Transient, given_up
from hfget.hub import Hub, KnownTree
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan, RemoteFile, RepoRef, Report, Snapshot
from hfget.operations.from_options import selection_of, settings_of
from hfget.operations.occupancy import Consent, settle
from hfget.operations.planner import make_plan, space_needed, sweep_partials
from hfget.operations.recorded_listing import DOUBTS, Recall
from hfget.operations.reports import make_report
from hfget.operations.tasks import make_tasks
from hfget.operations.watcher import Watcher
from hfget.operations.without_hub import Found, is_here, pinned, remembered
from hfget.options import DownloadOptions
from hfget.reference import parse
from hfget.selection import absent, select, selection_remarks
from hfget.settings import (
    DEFAULT_ENDPOINT,
    EndpointSource,
    check_time_outs,
    host_of,
    is_official,
    named_endpoint,
)
from hfget.sources import ByteSource, Hosts, HttpSource, RateLimit, RateLimited
from hfget.system import (
    Stop,
    check_working_folder,
    folder_lock,
    free_bytes,
    naming_disk_errors,
    size_text,
)
from hfget.transfer import Engine, Meter, Outcome, TransferOptions

_TOO_MANY_REQUESTS = 429


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
        named = named_endpoint(options.endpoint, os.environ)
        self._ref = parse(
            repo,
            repo_type=options.repo_type,
            revision=options.revision,
            endpoint=named[0] if named else None,
        )
        endpoint, source = named or _endpoint_of(self._ref, recorded_endpoint)
        self._settings = settings_of(options, endpoint, source)
        self._http = HttpClient(
            self._settings.credential,
            connect_timeout=self._settings.api_timeout,
            offline=self._settings.offline,
            allow_private=self._settings.allow_private,
            allow_http_data=self._settings.allow_http_data,
            observer=self._observer,
        )
        self._hub = Hub(self._http, self._settings, self._observer, self._stop, self._unreached)
        self._usable: Callable[[Snapshot], bool] = self._is_here
        self._found: Found | None = None
        self._complete_plan: Plan | None = None
        self._link = options.hardlink
        self._force = options.force
        self._alive: Callable[[], None] = lambda: None
        self._layout = choose_layout(
            self._ref,
            local_dir=options.local_dir,
            cache=options.cache,
            cache_dir=options.cache_dir,
            hardlink=self._link,
            delete=options.delete,
            force=options.force,
            fsync=self._settings.fsync,
        )

    def snapshot(self) -> Snapshot:
        """The pinned commit and all its files, as the endpoint lists them now.

        Where it cannot be asked, as it listed them when something of it was last complete here;
        then the snapshot is `stale`.
        """
        self._usable = self._can_be_listed
        return self._resolve(lambda commit: None)

    def _resolve(self, known_tree: KnownTree) -> Snapshot:
        """The snapshot, from the endpoint or, as far as that is right, from the records here."""
        self._explain_endpoint()
        snapshot = self._pinned() or self._asked(known_tree)
        self._observer(events.Resolved(snapshot))
        return snapshot

    def _asked(self, known_tree: KnownTree) -> Snapshot:
        """The snapshot as the endpoint has it, else what is complete here without a request."""
        try:
            return self._hub.snapshot(self._ref, known_tree)
        except UnreachableError as error:
            found = None if self._hub.has_answered else self._find()
            if found is None:
                raise
            self._http.close_off(error)
            if found.snapshot.stale:
                offline = bool(self._settings.offline)
                self._observer(
                    events.Note(found.told(error.message), "info" if offline else "warning")
                )
            return found.snapshot

    def _pinned(self) -> Snapshot | None:
        """A commit that is complete here needs no request. `ls` always asks."""
        if self._force or self._usable != self._is_here:
            return None
        return pinned(self._layout, self._ref, self._settings.endpoint, self._is_complete)

    def _unreached(self, failure: Transient) -> None:
        """The endpoint has not answered yet: no further try where all is here.

        One that asks for calm is there, and is asked again.
        """
        if failure.status != _TOO_MANY_REQUESTS and self._find() is not None:
            raise given_up(failure)

    def _find(self) -> Found | None:
        """What is here of what is asked for, if that may be taken unasked."""
        if self._force:
            return None
        if self._found is None:
            self._found = remembered(
                self._memories(),
                self._ref,
                self._settings.endpoint,
                self._may_be_taken,
                anyones=bool(self._settings.offline),
            )
        return self._found

    def _memories(self) -> list[Layout]:
        """The records of the destination, then those of the Hub cache that it takes files from."""
        if self._layout.shares_content:
            return [self._layout]
        beside = cache_beside(self._ref, self._options.cache_dir)
        return [self._layout, *([beside] if beside else [])]

    def _may_be_taken(self, snapshot: Snapshot) -> bool:
        return (self._options.stale or not snapshot.stale) and self._usable(snapshot)

    def _can_be_listed(self, snapshot: Snapshot) -> bool:
        try:
            return bool(self.selected(snapshot))
        except HfgetError:
            return False

    def _is_complete(self, snapshot: Snapshot) -> bool:
        """Whether all that is asked for of `snapshot` is here under its name, and was hashed."""
        return self._is_here(snapshot) and self._complete_plan is not None

    def _is_here(self, snapshot: Snapshot) -> bool:
        """Whether all that is asked for of `snapshot` is on this disk; writes nothing."""
        try:
            made = self._make_plan(snapshot, self.selected(snapshot))
        except HfgetError:
            return False
        if not is_here(made):
            return False
        if all(item.state is ItemState.COMPLETE and item.recorded for item in made.items):
            self._complete_plan = made
        return True

    def plan(self, consent: Consent | None = None) -> Plan:
        """What a download would do. `consent` as for `download`."""
        snapshot = self._resolve(lambda commit: None)
        files = self.selected(snapshot)
        self._layout.check(snapshot.files)
        if self._complete_plan is None:
            self._settle(snapshot, consent)
        made = self._complete_plan or self._make_plan(snapshot, files)
        self._remark(made, files)
        for item in made.items:
            if item.unfit:
                error = unfit_placement(item.root, item.file.path, item.unfit).blocked
                self._warn(error.message if error else item.unfit)
        return made

    def selected(self, snapshot: Snapshot) -> tuple[RemoteFile, ...]:
        """The files wanted. Raises UsageError or EntryNotFoundError where nothing matches."""
        return select(snapshot.files, selection_of(self._options, snapshot.ref))

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
        recall = Recall(self._layout, self._settings.endpoint, self._observer, force=self._force)
        snapshot = self._resolve(recall.tree)
        if self._complete_plan is not None:
            return self._as_it_is(self._complete_plan)
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
                texts.FILE_NOT_FOLDER(root=root),
                hint=advice.MOVE_AWAY_OR_ELSE(other=self._elsewhere),
            )
        what = risky_place(root) if consent else ""
        if consent and what and self._would_write(snapshot, files):
            consent(root.absolute(), what)
        with folder_lock(
            self._layout.lock_path,
            wait=self._settings.wait_for_lock,
            stop=self._stop,
            observer=self._observer,
        ) as self._alive:
            self._settle(snapshot, consent)
            made = self._make_plan(snapshot, files)
            self._observer(events.Planned(made))
            self._remark(made, files)
            self._check_space(made)
            fit = [item.file for item in made.items if not item.unfit]
            self._layout.begin(snapshot, fit)
            try:
                outcome = self._transfer(made)
                report = make_report(
                    made,
                    outcome,
                    self._stop,
                    requests=self._http.requests_sent,
                    seconds=time.monotonic() - self._begun,
                )
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
        report = make_report(
            made,
            Outcome(durable=self._settings.fsync),
            self._stop,
            requests=self._http.requests_sent,
            seconds=time.monotonic() - self._begun,
        )
        self._observer(events.Finished(report))
        return report

    def _settle(self, snapshot: Snapshot, consent: Consent | None) -> None:
        """See to it that the folder holds no other repo. Raises UsageError."""
        settle(
            self._layout,
            self._hub,
            snapshot,
            self._ref,
            delete=self._options.delete,
            consent=consent,
        )

    @property
    def _elsewhere(self) -> str:
        """How another place for this download is chosen."""
        if self._layout.shares_content:
            return advice.OTHER_CACHE
        return advice.OTHER_FOLDER

    def _would_write(self, snapshot: Snapshot, files: Sequence[RemoteFile]) -> bool:
        made = self._make_plan(snapshot, files)
        complete = all(item.state is ItemState.COMPLETE for item in made.items)
        return not complete or bool(made.removals)

    def _make_plan(self, snapshot: Snapshot, files: Sequence[RemoteFile]) -> Plan:
        return make_plan(
            snapshot,
            files,
            self._layout,
            force=self._options.force,
            delete=self._options.delete,
        )

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

    def _transfer(self, made: Plan) -> Outcome:
        """Fetch what is missing and record what came; signals wait until that is done."""
        self._stop.heeded = True
        try:
            for item in made.items:
                if not item.recorded:
                    self._layout.adopt(made.snapshot, item.file)
            try:
                outcome = self._fetch(made)
            except BaseException:
                with suppress(HfgetError):  # what came is not hashed again
                    self._layout.flush()
                raise
            self._record(outcome)
        finally:
            self._stop.heeded = False
        if outcome.durable and not self._layout.durable:
            outcome.durable = False
            self._observer(events.Note(texts.NO_FOLDER_SYNC, "warning"))
        if self._layout.unrecorded:
            text = texts.CACHE_READ_ONLY
            self._observer(events.Note(text, "warning"))
        return outcome

    def _record(self, outcome: Outcome) -> None:
        """Write the last records. Where files are missing anyway, that is what is to be told."""
        try:
            self._layout.flush()
        except DiskError as error:
            if not outcome.failures:
                raise
            self._observer(events.Note(texts.HASHED_AGAIN(message=error.message), "warning"))

    def _fetch(self, made: Plan) -> Outcome:
        rest = [item for item in made.items if item.state is not ItemState.COMPLETE]
        if not rest:
            return Outcome(durable=self._settings.fsync)
        done = [item.file.size for item in made.items if item.state is ItemState.COMPLETE]
        meter = Meter(
            files=len(made.items),
            bytes_total=made.total_bytes,
            files_done=len(done),
            bytes_done=sum(done),
        )
        tasks = make_tasks(
            made,
            self._layout,
            self._sources(made.snapshot),
            observer=self._observer,
            link=self._link,
            force=self._force,
        )
        settings = self._settings
        engine = Engine(
            TransferOptions(settings.connections, settings.jobs, settings.retries, settings.fsync),
            meter,
            observer=self._observe,
            stop=self._stop,
            abort=self._http.abort,
            patience=self._stop.patience,
            relieve=self._http.relieve,
        )
        return engine.run(tasks)

    def _sources(self, snapshot: Snapshot) -> Callable[[RemoteFile], ByteSource]:
        """Where the bytes of each file come from: what is wrapped round what."""
        hosts = Hosts(self._settings.retries, self._stop)
        hosts.answered(host_of(self._settings.endpoint))
        rate = self._options.limit_rate or os.environ.get("HFGET_LIMIT_RATE", "").strip()
        limit = RateLimit(rate, self._stop, self._warn) if rate else None

        def source_of(file: RemoteFile) -> ByteSource:
            source = HttpSource(self._http, self._settings, hosts, snapshot, file)
            return RateLimited(source, limit) if limit else source

        return source_of

    def _warn(self, text: str) -> None:
        self._observer(events.Note(text, "warning"))

    def _observe(self, event: events.Event) -> None:
        """Who waits for the folder's lock sees that there is progress, too."""
        self._alive()
        self._observer(event)

    def _check_space(self, made: Plan) -> None:
        need = space_needed(made, self._layout, link=self._link)
        free = free_bytes(made.root)
        if not need:
            return
        if free is None:
            self._observer(events.Note(texts.FREE_SPACE_UNKNOWN, "warning"))
        elif need > free:
            raise DiskError(
                texts.NO_SPACE(root=made.root, need=size_text(need), free=size_text(free)),
                hint=advice.MAKE_ROOM_OR_ELSE(other=self._elsewhere),
            )

    def _complete(self, made: Plan, report: Report) -> Report:
        """All is here: the layout may say so, and what is left of earlier runs goes."""
        self._layout.complete(made.snapshot)
        sweep_partials(self._layout, [item.file for item in made.items])
        return replace(report, deleted=self._layout.remove(made.removals))

    def _explain_endpoint(self) -> None:
        pasted, used = self._ref.endpoint, self._settings.endpoint
        if pasted is not None and host_of(pasted) != host_of(used):
            named = "--endpoint" if self._settings.endpoint_source == "flag" else "HF_ENDPOINT"
            self._observer(
                events.Note(texts.URL_NAMES_OTHER(pasted=host_of(pasted), used=used, named=named))
            )
        for text in self._settings.token_warnings:
            self._observer(events.Note(text, "warning"))
        credential = self._settings.credential
        if credential is not None and credential.source == "--token" and not is_official(used):
            self._observer(events.Note(texts.TOKEN_GOES_TO(used=host_of(used))))


def _endpoint_of(ref: RepoRef, recorded: str | None) -> tuple[str, EndpointSource]:
    """A recorded endpoint is trusted with a token as far as one in a pasted URL."""
    given = ref.endpoint or recorded
    return (given, "url") if given else (DEFAULT_ENDPOINT, "default")
