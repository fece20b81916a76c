"""The engine from end to end over real HTTP: stopped, starved, misled and watched by a bug."""

from __future__ import annotations

import gc
import math
import shutil
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hfget import download, events
from hfget.errors import DiskError
from hfget.model import Report
from hfget.partials.digest import PrefixHash
from hfget.system.cancellation import Stop
from hfget.transfer import engine, finalize, following_hash
from hfget.transfer.backend import Task
from hfget.transfer.concurrency import FIRST_CONNECTIONS, FIRST_FOR_TINY, ConnectionLimit
from hfget.transfer.file_job import FileJob
from hfget.transfer.scheduler import TINY_BYTES
from tests.hub import Fault, LocalHub, effects
from tests.hub.faults import Effect, Moment
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_many, make_model, tree_bytes
from tests.hub.wire import Answer, answer
from tests.support.loopback import BOUND
from tests.support.transfers import in_thread, until

pytestmark = pytest.mark.usefixtures("no_proxies")

REPO = "org/m"


def workers() -> list[str]:
    """The engine's threads that are alive."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("hfget-")]


def at_rest(folder: Path) -> list[Path]:
    """Partials that a later run takes up, and nothing else that was begun."""
    return sorted(folder.rglob("*.incomplete"))


class Watch:
    """An observer that remembers, and calls `then` once `done` bytes are there."""

    def __init__(self, done: int = -1, then: Callable[[], None] = lambda: None) -> None:
        self.seen: list[events.Event] = []
        self._done, self._then = done, then

    def __call__(self, event: events.Event) -> None:
        self.seen.append(event)
        if isinstance(event, events.Progress) and 0 <= self._done <= event.bytes_done:
            self._done = -1
            self._then()

    def of(self, kind: type[events.Event]) -> list[events.Event]:
        return [event for event in self.seen if isinstance(event, kind)]


def fetch(hub: LocalHub, folder: Path, **options: object) -> Report:
    """Download, bounded in time."""
    reports: list[Report] = []

    def run() -> None:
        reports.append(download(REPO, endpoint=hub.endpoint, local_dir=folder, **options))  # type: ignore[arg-type]

    error = in_thread(run)()
    if error is not None:
        raise error
    return reports[0]


def test_stopped_midway_it_ends_soon_keeps_all_and_is_continued(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, {"a.bin": 40 * MiB, "b.bin": 3 * MiB, "c.txt": "x"})
    hub, out, stop = start_hub(rate_total=40e6), tmp_path / "m", Stop()
    watch = Watch(8 * MiB, stop.set)
    report = fetch(hub, out, observer=watch, stop=stop)
    assert report.interrupted_by is not None and not report.failures
    assert workers() == [] and watch.of(events.FileFailed) == []
    resting = at_rest(out)
    assert resting and all(len(path.name.split(".")) == 3 for path in resting), "under no owner"
    again = fetch(hub, out)
    assert again.ok and tree_bytes(out) == tree_bytes(source) and at_rest(out) == []
    assert again.received <= again.bytes_total - 8 * MiB + MiB, "only what was in the buffers"


@pytest.mark.parametrize("origin", ["hub", "cdn"])
@pytest.mark.parametrize("after", [None, 0, 100_000])
def test_stopped_while_the_server_is_silent(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, origin: str, after: int | None
) -> None:
    make_model(repos_root, REPO, {"a.bin": 40 * MiB, "b.txt": "x" * 200_000})
    hub, stop = start_hub(cdn=origin == "cdn"), Stop()
    fault = Fault(effects.Stall(after), origin=origin, path="*a.bin" if origin == "hub" else "*")  # type: ignore[arg-type]
    fault.times = None
    hub.faults.add(fault)
    ended = in_thread(partial(fetch, hub, tmp_path / "m", stop=stop))
    until(lambda: fault.fired > 0)
    time.sleep(0.05)
    stop.set()
    assert ended() is None and workers() == []


@pytest.mark.parametrize("threads", [1, 2, 4, 7])
def test_a_system_without_room_for_threads_makes_do_with_fewer(
    repos_root: Path,
    start_hub: StartHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
) -> None:
    source = make_model(repos_root, REPO, {"a.bin": 40 * MiB, "b.bin": 3 * MiB, "c.txt": "x"})
    hub = start_hub()
    start = threading.Thread.start
    started: list[str] = []
    refused: list[str] = []

    def start_few(thread: threading.Thread) -> None:
        if thread.name.startswith("hfget-"):
            if len(started) >= threads:
                refused.append(thread.name)
                raise RuntimeError("can't start new thread")
            started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_few)
    assert fetch(hub, tmp_path / "m").ok
    assert tree_bytes(tmp_path / "m") == tree_bytes(source) and len(started) == threads
    assert len(refused) == len(set(refused)), "what cannot be is not tried again and again"


def test_without_room_for_one_thread_it_does_without(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_model(repos_root, REPO, {"a.bin": 40 * MiB, "b.bin": 2 * MiB, "c.txt": "x"})
    hub, start = start_hub(), threading.Thread.start
    hub.faults.add(Fault(effects.Reset(), path="*/b.bin", times=1))

    def start_none(thread: threading.Thread) -> None:
        if thread.name.startswith("hfget-"):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_none)
    watch = Watch()
    assert fetch(hub, tmp_path / "m", observer=watch).ok
    assert tree_bytes(tmp_path / "m") == tree_bytes(source)
    assert len(watch.of(events.FileDone)) == 3


def test_without_memory_for_one_connection_it_says_so(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model(repos_root, REPO, {"a.bin": 2 * MiB})

    def worker(shared: object) -> None:
        raise MemoryError

    monkeypatch.setattr(engine, "Worker", worker)
    with pytest.raises(DiskError, match="no memory") as caught:
        fetch(start_hub(), tmp_path / "m")
    assert "ulimit" in caught.value.hint


def limited(
    hub: LocalHub, folder: Path, limit: str, option: str = "--local-dir"
) -> subprocess.CompletedProcess[str]:
    """The real command under `ulimit LIMIT`."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    command = f"ulimit {limit}; exec {sys.executable} -m hfget {REPO} {option} {folder}"
    return subprocess.run(
        ["bash", "-c", f"{command} --endpoint {hub.endpoint}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("option", ["--local-dir", "--cache-dir"])
def test_with_few_open_files_allowed_it_completes(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, option: str
) -> None:
    """Also where files that were begun, and hold descriptors, wait for a host that is paused."""
    files: dict[str, bytes | str | int] = {f"{n:02}.bin": 2 * MiB + n for n in range(24)}
    source = make_model(repos_root, REPO, {**files, "large.bin": 40 * MiB})
    hub = start_hub()
    hub.faults.add(Fault(effects.Status(429, {"Retry-After": "1"}), origin="cdn"))
    done = limited(hub, tmp_path / "m", "-n 40", option)
    assert done.returncode == 0, done.stderr
    found = next(tmp_path.glob("m/models--org--m/snapshots/*"), tmp_path / "m")
    assert tree_bytes(found) == tree_bytes(source)


def test_a_file_larger_than_the_limit_fails_and_the_others_come(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, {"large.bin": 40 * MiB, "b.bin": 3 * MiB, "c.txt": "x"})
    hub = start_hub()
    done = limited(hub, tmp_path / "m", "-f 20000")
    assert done.returncode == 7 and "ulimit -f" in done.stderr
    assert sorted(tree_bytes(tmp_path / "m")) == ["b.bin", "c.txt"]
    assert fetch(hub, tmp_path / "m").ok
    assert tree_bytes(tmp_path / "m") == tree_bytes(source) and at_rest(tmp_path / "m") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 64 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=BOUND)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting is not allowed here")
    return disk


@pytest.fixture(autouse=True)
def unmounted(tmp_path: Path) -> object:
    yield
    if (tmp_path / "disk").is_mount():
        subprocess.run(["umount", "-l", str(tmp_path / "disk")], check=True, timeout=BOUND)


def test_a_disk_that_fills_up_midway_is_told_and_continued(
    repos_root: Path, start_hub: StartHub, small_disk: Path
) -> None:
    files: dict[str, bytes | str | int] = {f"{n}.bin": 8 * MiB for n in range(5)}
    source = make_model(repos_root, REPO, files)
    hub, out, filler = start_hub(rate_total=40e6), small_disk / "m", small_disk / "filler"

    def fill() -> None:
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(bytes(MiB))
                    file.flush()
            except OSError:
                file.close()

    report = fetch(hub, out, observer=Watch(4 * MiB, fill), jobs=2)
    assert report.exit_code == 7 and {failure.kind for failure in report.failures} == {"disk"}
    assert all("no space left" in failure.message for failure in report.failures)
    filler.unlink()
    again = fetch(hub, out)
    assert again.ok and tree_bytes(out) == tree_bytes(source)
    assert report.received + again.received < 1.2 * report.bytes_total


class Calm(Effect):
    """429 with Retry-After for so many seconds from the first request on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0

    def before(self, moment: Moment) -> Answer | None:
        now = time.monotonic()
        self._until = self._until or now + self._seconds
        left = math.ceil(self._until - now)
        return answer(429, {"Retry-After": str(left)}) if left > 0 else None


@pytest.mark.parametrize("origin", ["hub", "cdn"])
def test_a_host_that_asks_for_calm_is_left_alone_for_so_long(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, origin: str
) -> None:
    if origin == "hub":
        source = make_many(repos_root, REPO, 60)
    else:
        source = make_model(repos_root, REPO, {f"{n:02}.bin": 100_000 + n for n in range(40)})
    hub = start_hub()
    path = "*/resolve/*" if origin == "hub" else "*"
    hub.faults.add(Fault(Calm(1.0), origin=origin, path=path, times=None))  # type: ignore[arg-type]
    assert fetch(hub, tmp_path / "m").ok
    assert tree_bytes(tmp_path / "m") == tree_bytes(source)
    refused = [request for request in hub.log if request.status == 429]
    assert 1 <= len(refused) <= 8, "those that were under way together, no more"


def test_one_file_at_which_the_host_breaks_connections_does_not_stop_the_others(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    files: dict[str, bytes | str | int] = {f"{n:02}.bin": 100_000 - n for n in range(12)}
    make_model(repos_root, REPO, files)
    hub = start_hub(cdn=False)
    hub.faults.add(Fault(effects.Reset(), path="*/resolve/*/00.bin", times=None))
    report = fetch(hub, tmp_path / "m", retries=2)
    assert report.exit_code == 5 and [failure.path for failure in report.failures] == ["00.bin"]
    assert len(tree_bytes(tmp_path / "m")) == 11


class Bug(Exception):
    pass


@pytest.mark.parametrize("kind", [events.Progress, events.FileDone, events.FileFailed])
def test_a_bug_in_an_observer_ends_the_run_in_order(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, kind: type[events.Event]
) -> None:
    make_model(repos_root, REPO, {"a.bin": 20 * MiB, "b.txt": "x", "c.txt": "y"})
    hub = start_hub(rate_total=40e6)
    hub.faults.add(Fault(effects.Status(404), path="*/c.txt", times=None))

    def observer(event: events.Event) -> None:
        if isinstance(event, kind):
            raise Bug

    with pytest.raises(Bug):
        fetch(hub, tmp_path / "m", observer=observer)
    assert workers() == []
    assert fetch(hub, tmp_path / "m", exclude=["c.txt"]).ok


def test_a_bug_while_hashing_fails_the_file_and_no_more(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model(repos_root, REPO, {"a.bin": finalize.FOLLOWED_BYTES + MiB, "b.txt": "x"})

    class Failing(PrefixHash):
        def advance(self, prefix: int) -> None:
            if prefix > MiB:
                raise ValueError("a bug")
            super().advance(prefix)

    hub = start_hub()
    with monkeypatch.context() as bug:
        bug.setattr(following_hash, "PrefixHash", Failing)
        report = fetch(hub, tmp_path / "m")
    assert [failure.path for failure in report.failures] == ["a.bin"]
    assert "unexpected ValueError" in report.failures[0].message
    assert sorted(tree_bytes(tmp_path / "m")) == ["b.txt"]
    again = fetch(hub, tmp_path / "m")
    assert again.ok and again.received < again.bytes_total


def test_a_file_that_has_ended_is_let_go_at_once(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when Python looks for cycles next: each has a buffer as large as its file."""
    make_model(repos_root, REPO, {f"{number}.bin": 20_000 for number in range(20)})
    hub = start_hub()
    flipped = Fault(effects.BitFlip(5), path="*", times=2)
    hub.faults.add(flipped)
    jobs: list[weakref.ref[FileJob]] = []
    make = FileJob.__init__

    def begin(job: FileJob, task: Task) -> None:
        jobs.append(weakref.ref(job))
        make(job, task)

    monkeypatch.setattr(FileJob, "__init__", begin)
    gc.collect()
    gc.disable()
    try:
        assert fetch(hub, tmp_path / "m").ok
        assert len(jobs) == 20 and flipped.fired == 2
        assert [job() for job in jobs if job() is not None] == []
    finally:
        gc.enable()


@pytest.mark.parametrize("size", [TINY_BYTES, TINY_BYTES + 1])
def test_processor_time_bounds_how_many_work_on_tiny_files_only(
    repos_root: Path,
    start_hub: StartHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    make_model(repos_root, REPO, {f"{number}.bin": size for number in range(30)})
    hub = start_hub(latency=0.02)
    first: list[int] = []
    spent: list[float | None] = []
    judge = ConnectionLimit.observe

    def observe(limit: ConnectionLimit, progress: int, busy: int, used: float | None) -> None:
        first.append(limit.allowed)
        spent.append(used)
        judge(limit, progress, busy, used)

    monkeypatch.setattr(ConnectionLimit, "observe", observe)
    assert fetch(hub, tmp_path / "m").ok
    is_tiny = size <= TINY_BYTES
    assert first[0] == (FIRST_FOR_TINY if is_tiny else FIRST_CONNECTIONS)
    assert all(used is not None for used in spent) == is_tiny
