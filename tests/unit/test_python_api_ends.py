"""However `download` ends, nothing of it goes on: no thread, no late name, no lock."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from hfget import Stop, download, events
from hfget.operations.observers import Watcher
from hfget.partials.partial import Partial
from hfget.system import folder_lock
from hfget.transfer.worker import Worker
from tests.hub import Fault, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import tree
from tests.support.loopback import BOUND

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {f"{number}.bin": 6 * MiB for number in range(8)}
FILES |= {"c.json": "{}", "d.bin": 40 * MiB}
SMALL: dict[str, bytes | str | int] = {f"{number}.bin": MiB for number in range(8)}
SMALL |= {"c.json": "{}", "d.bin": 8 * MiB}


pytestmark = pytest.mark.usefixtures("home_of_one_test")


class Odd(BaseException):
    """Nothing that anybody expects."""


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("hfget-")]


def state(folder: Path) -> dict[str, int]:
    """Every name in a folder, and when it was last changed."""
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}


def check_still(folder: Path) -> None:
    """Nobody has the lock, no thread runs, and nothing changes any more."""
    assert threads() == []
    locks = [path for path in folder.rglob("*.lock") if path.is_file()]
    for path in locks:
        with FileLock(path, timeout=0):
            pass
    before = state(folder)  # taking a lock may touch its file
    time.sleep(0.25)
    assert state(folder) == before


@pytest.mark.parametrize(
    "raised", [KeyboardInterrupt, SystemExit(3), Odd, GeneratorExit, ValueError]
)
@pytest.mark.parametrize(
    "kind", [events.Resolved, events.Planned, events.Progress, events.FileDone, events.Finished]
)
def test_what_the_observer_raises_in_whatever_thread(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, raised: BaseException, kind: type
) -> None:
    source = make_model(repos_root, REPO, SMALL)
    hub = start_hub(rate_total=40 * MiB)  # slow enough for progress to be told
    struck = []

    def observe(event: events.Event, /) -> None:
        if isinstance(event, kind):
            struck.append(threading.current_thread().name)
            raise raised

    wanted = raised if isinstance(raised, type) else type(raised)
    with pytest.raises(wanted):
        download(REPO, endpoint=hub.endpoint, observer=observe)
    assert len(struck) == 1, "who has raised once is not called again"
    check_still(tmp_path)
    hub.set_rate(None)
    assert download(REPO, endpoint=hub.endpoint).ok
    assert tree(tmp_path / "m") == tree(source)


def test_a_note_from_within_a_request_is_no_failure_of_its_file(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    """Retries are told of by the threads that fetch."""
    make_model(repos_root, REPO, FILES)
    hub = start_hub()
    hub.faults.add(Fault(effects.Reset(), path="*/d.bin", times=2))

    def observe(event: events.Event, /) -> None:
        if isinstance(event, events.Retrying):
            assert threading.current_thread() is not threading.main_thread()
            raise SystemExit(3)

    with pytest.raises(SystemExit) as caught:
        download(REPO, endpoint=hub.endpoint, observer=observe)
    assert caught.value.code == 3
    check_still(tmp_path)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_an_interrupt_of_the_main_thread(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, times: int
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(rate_total=60 * MiB)
    under_way = threading.Event()
    inside = threading.Event()

    def observe(event: events.Event, /) -> None:
        if isinstance(event, events.Progress) and event.bytes_done > 12 * MiB:
            under_way.set()

    def strike() -> None:
        assert under_way.wait(BOUND)
        for _ in range(times):
            if not inside.is_set():
                return
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(0.03)

    striking = threading.Thread(target=strike)
    striking.start()
    inside.set()
    try:
        with pytest.raises(KeyboardInterrupt):
            try:
                download(REPO, endpoint=hub.endpoint, observer=observe)
            finally:
                inside.clear()
                running = threads()
                striking.join(BOUND)
    finally:
        striking.join(BOUND)
    assert running == []
    check_still(tmp_path)
    before = hub.bytes_sent("cdn")
    again = download(REPO, endpoint=hub.endpoint)
    assert again.ok and tree(tmp_path / "m") == tree(source)
    assert hub.bytes_sent("cdn") - before < 88 * MiB - 10 * MiB, "what had come was kept"


@pytest.mark.parametrize("where", [Worker, Partial])
def test_what_strikes_in_another_thread(
    repos_root: Path,
    start_hub: StartHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: type,
) -> None:
    make_model(repos_root, REPO, FILES)
    hub = start_hub()
    struck = threading.Event()
    name = "_fetch" if where is Worker else "write"
    real = getattr(where, name)

    def strike(self: object, *arguments: object) -> object:
        if not struck.is_set():
            struck.set()
            raise Odd
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(where, name, strike)
        with pytest.raises(Odd):
            download(REPO, endpoint=hub.endpoint)
    check_still(tmp_path)
    assert download(REPO, endpoint=hub.endpoint).ok


def test_the_lock_is_held_until_a_slow_disk_has_let_go(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that hangs when the run is interrupted: the lock and the call last as long."""
    make_model(repos_root, REPO, {"w.bin": 3 * MiB})
    hub = start_hub()
    stop, writing, go_on, ended = Stop(), threading.Event(), threading.Event(), threading.Event()
    write = Partial.write

    def hanging(self: Partial, view: memoryview, offset: int, sender: str = "") -> None:
        writing.set()
        assert go_on.wait(BOUND)
        write(self, view, offset, sender)

    monkeypatch.setattr(Partial, "write", hanging)

    def run() -> None:
        download(REPO, endpoint=hub.endpoint, stop=stop)
        ended.set()

    worker = threading.Thread(target=run)
    worker.start()
    assert writing.wait(BOUND)
    stop.set()
    assert not ended.wait(1.5), "a thread of it still writes"
    (lock,) = (path for path in (tmp_path / "m").rglob("*.lock") if path.is_file())
    with pytest.raises(Timeout), FileLock(lock, timeout=0):
        pass
    go_on.set()
    worker.join(BOUND)
    assert ended.is_set()
    check_still(tmp_path)


def test_a_watcher_raises_at_home_only() -> None:
    def observe(event: events.Event, /) -> None:
        raise Odd

    stop = Stop()
    watcher = Watcher(observe, stop)
    elsewhere = threading.Thread(target=watcher, args=(events.Note("x"),))
    elsewhere.start()
    elsewhere.join(BOUND)
    assert stop.is_set() and isinstance(watcher.raised, Odd)
    with pytest.raises(Odd):
        watcher(events.Note("y"))


def test_a_lock_is_given_back_whatever_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        pytest.raises(Odd),
        folder_lock(path, wait=False, stop=Stop(), observer=events.ignore),
    ):
        raise Odd
    with FileLock(path, timeout=0):
        pass
