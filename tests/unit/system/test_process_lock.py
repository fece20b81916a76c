"""One process at a time on one folder, never for ever, and not at all costs."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from hfget import events
from hfget.errors import DiskError, InterruptedRunError, LockedError
from hfget.limits import LEASE_SECONDS
from hfget.system import process_lock as lock_module
from hfget.system.cancellation import Stop
from hfget.system.process_identity import ProcessIdentity
from hfget.system.process_lock import folder_lock, is_shared
from tests.support.loopback import BOUND, child
from tests.support.network import Waiter

_HOLDS = """
import sys
from pathlib import Path
from hfget import events
from hfget.system.process_lock import folder_lock
from hfget.system.cancellation import Stop
with folder_lock(Path(sys.argv[1]), wait=True, stop=Stop(), observer=events.ignore):
    print("ready", flush=True)
    sys.stdin.read()
"""


class Notes:
    """An observer that keeps what is said; `first` is set at the first word."""

    def __init__(self) -> None:
        self.said: list[events.Note] = []
        self.first = threading.Event()

    def __call__(self, event: events.Event, /) -> None:
        assert isinstance(event, events.Note)
        self.said.append(event)
        self.first.set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m" / ".cache" / "huggingface" / "hfget.lock"


def locked(
    path: Path, *, wait: bool = True, stop: Stop | None = None, notes: Notes | None = None
) -> AbstractContextManager[Callable[[], None]]:
    return folder_lock(path, wait=wait, stop=stop or Stop(), observer=notes or Notes())


def take(path: Path, stop: Stop, notes: Notes) -> None:
    with locked(path, stop=stop, notes=notes):
        pass


def test_a_lock_is_taken_given_back_and_taken_again(path: Path) -> None:
    notes = Notes()
    for _ in range(3):
        with locked(path, notes=notes):
            owner = ProcessIdentity.parse(
                path.with_name("hfget.lock.holder").read_text().split()[1]
            )
            assert owner is not None and owner.pid == os.getpid()
            with pytest.raises(LockedError), locked(path, wait=False):
                pass
        assert not path.with_name("hfget.lock.holder").exists()
    assert notes.said == []


def test_it_is_given_back_when_the_work_fails(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(path):
        raise ZeroDivisionError
    with locked(path, wait=False):
        pass


def test_without_waiting_it_is_an_error_that_names_the_holder(path: Path) -> None:
    with child(_HOLDS, str(path)) as holder:
        with pytest.raises(LockedError) as caught, locked(path, wait=False):
            pass
        assert caught.value.exit_code == 9 and f"process {holder.pid} on " in caught.value.message


@pytest.mark.parametrize("end", ["in order", "killed"])
def test_the_second_waits_says_for_whom_and_goes_on_when_the_first_ends(
    path: Path, end: str
) -> None:
    notes = Notes()
    got = threading.Event()

    def want() -> None:
        with locked(path, notes=notes):
            got.set()

    with child(_HOLDS, str(path)) as holder:
        waiting = threading.Thread(target=want)
        waiting.start()
        assert notes.first.wait(BOUND) and not got.is_set()
        assert f"waiting for process {holder.pid} on " in notes.said[0].text
        assert holder.stdin is not None
        if end == "killed":
            holder.kill()
        else:
            holder.stdin.close()
        assert got.wait(BOUND)
        waiting.join(BOUND)
        holder.wait(BOUND)
    assert len(notes.said) == 1
    assert not path.with_name("hfget.lock.holder").exists()


def test_what_a_dead_process_left_is_no_lock(path: Path) -> None:
    with child(_HOLDS, str(path)) as holder:
        holder.kill()
        holder.wait(BOUND)
    assert path.exists() and path.with_name("hfget.lock.holder").exists()
    with locked(path, wait=False):
        pass


def test_it_is_looked_several_times_a_second(path: Path) -> None:
    class Waits(Stop):
        def __init__(self) -> None:
            super().__init__()
            self.waits: list[float | None] = []

        def wait(self, timeout: float | None = None) -> bool:
            self.waits.append(timeout)
            return len(self.waits) > 3

    stop, notes = Waits(), Notes()
    with locked(path), pytest.raises(InterruptedRunError), locked(path, stop=stop, notes=notes):
        raise AssertionError("the lock is held")
    assert len(stop.waits) == 4 and len(notes.said) == 1
    assert all(wait is not None and 0.05 <= wait <= 0.5 for wait in stop.waits)


def test_a_wait_can_be_stopped(path: Path) -> None:
    stop, notes = Stop(), Notes()
    with locked(path):
        waiting = Waiter(lambda: take(path, stop, notes))
        assert notes.first.wait(BOUND)
        stop.set()
        waiting.join(BOUND)
    assert isinstance(waiting.error, InterruptedRunError) and waiting.error.exit_code == 130


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_where_there_are_no_locks_the_work_goes_on_with_a_warning(
    number: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    for _ in range(2):  # nothing that is left by the first holds up the second
        notes = Notes()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with locked(path, wait=False, notes=notes):
                assert not path.with_name("hfget.lock.holder").exists(), "nobody holds it"
        (said,) = notes.said
        assert said.level == "warning" and os.strerror(number).lower() in said.text


@pytest.mark.timeout(30)
@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.ENOLCK, errno.EOPNOTSUPP])
def test_who_may_not_lock_at_all_waits_for_no_process(
    number: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EACCES says "taken" on some systems, and "not allowed" on others."""

    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    notes = Notes()
    with locked(path, notes=notes):
        pass
    (said,) = notes.said
    assert said.level == "warning" and os.strerror(number).lower() in said.text


@pytest.mark.timeout(30)
@pytest.mark.parametrize("stale", ["", "host {owner}\n", "host {dead}\n", "garbage"])
def test_a_lock_without_a_sign_of_life_is_not_waited_for(
    stale: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may only read a folder can lock what lies in it, too."""
    known = "owner" in stale
    monkeypatch.setattr(lock_module, "_PATIENCE_SECONDS", 0.5 if known else 3600)
    monkeypatch.setattr(lock_module, "_GRACE_SECONDS", 3600 if known else 0.5)
    path.parent.mkdir(parents=True)
    path.touch()
    if stale:
        mine = ProcessIdentity.mine()
        text = stale.format(owner=mine._replace(host="00000000"), dead=mine._replace(start="1"))
        path.with_name("hfget.lock.holder").write_text(text)
    with open(path) as reader:
        fcntl.flock(reader, fcntl.LOCK_EX)
        notes = Notes()
        with locked(path, notes=notes):
            pass
    first, last = notes.said
    assert "waiting for" in first.text
    assert last.level == "warning" and "no sign of life" in last.text


def test_a_holder_that_gives_signs_of_life_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_module, "_PATIENCE_SECONDS", 0.8)
    monkeypatch.setattr(lock_module, "_BEAT_SECONDS", 0.1)
    stop, notes = Stop(), Notes()
    with locked(path) as alive:
        waiting = Waiter(lambda: take(path, stop, notes))
        assert notes.first.wait(BOUND)
        until = time.monotonic() + 2.5
        while time.monotonic() < until and waiting.is_alive():
            alive()
            time.sleep(0.02)
        assert waiting.is_alive(), "three times its patience, and still waiting"
        stop.set()
        waiting.join(BOUND)
    assert isinstance(waiting.error, InterruptedRunError) and len(notes.said) == 1


@pytest.mark.timeout(60)
def test_a_stopped_holder_is_told_of_and_not_waited_for_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_module, "_PATIENCE_SECONDS", 0.5)
    with child(_HOLDS, str(path)) as holder:
        holder.send_signal(signal.SIGSTOP)
        notes = Notes()
        try:
            deadline = time.monotonic() + BOUND
            while _state(holder.pid) != "T" and time.monotonic() < deadline:
                time.sleep(0.01)
            with pytest.raises(LockedError, match="stopped"), locked(path, wait=False):
                pass
            with locked(path, notes=notes):
                pass
        finally:
            holder.send_signal(signal.SIGCONT)
    first, last = notes.said
    assert f"kill -CONT {holder.pid}" in first.text
    assert last.level == "warning" and f"process {holder.pid}" in last.text


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("planted", ["pipe", "folder", "device"])
def test_what_is_no_lock_file_holds_no_process_up(planted: str, path: Path) -> None:
    path.parent.mkdir(parents=True)
    if planted == "pipe":
        os.mkfifo(path)
    elif planted == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with locked(path, wait=False):
        pass


def test_a_lock_library_that_gives_up_is_no_reason_to_stop(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import filelock

    def refuse(self: object, **options: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    notes = Notes()
    with locked(path, notes=notes):
        pass
    assert [note.level for note in notes.said] == ["warning"]


def test_a_lock_that_only_pretends_lets_both_in(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Lustre and some NFS every flock succeeds."""
    monkeypatch.setattr(fcntl, "flock", lambda *arguments: None)
    with locked(path), locked(path, wait=False):
        pass


@pytest.mark.parametrize("name", ["hfget.lock", "hfget.lock.holder"])
def test_nothing_is_written_through_a_planted_link(name: str, path: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    mode = precious.stat().st_mode
    path.parent.mkdir(parents=True)
    path.with_name(name).symlink_to(precious)
    with locked(path):
        pass
    assert precious.read_text() == "keep me" and precious.stat().st_mode == mode


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "garbage", ["", "x y", "12", "1 2 3", "\0" * 5000, "host\x1b[2J -5", "\xff"]
)
def test_garbage_about_the_holder_is_not_believed(garbage: str, path: Path) -> None:
    with locked(path):
        path.with_name("hfget.lock.holder").write_text(garbage)
        with pytest.raises(LockedError) as caught, locked(path, wait=False):
            pass
        assert "\x1b" not in caught.value.message and "\0" not in caught.value.message
        path.with_name("hfget.lock.holder").unlink()
        os.mkfifo(path.with_name("hfget.lock.holder"))
        with pytest.raises(LockedError, match="another program"), locked(path, wait=False):
            pass


def test_a_read_only_disk_is_no_lock_but_no_hang_either(tmp_path: Path) -> None:
    root = tmp_path / "read-only"
    path = root / "hfget.lock"
    root.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(root)]
    if subprocess.run(command, capture_output=True, timeout=BOUND, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        for place in (path, root / "sub" / "hfget.lock"):
            notes = Notes()
            with locked(place, notes=notes):
                pass
            assert "read-only" in notes.said[0].text
    finally:
        subprocess.run(["umount", str(root)], timeout=BOUND, check=True)


def test_many_take_turns(path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with locked(path):
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert most == [1] * 5


def test_a_folder_that_cannot_be_made_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("a file")
    with pytest.raises(DiskError) as met, locked(tmp_path / "m" / "hfget.lock"):
        pass
    assert str(tmp_path / "m") in met.value.message


def test_others_of_the_group_may_take_the_lock_too(path: Path) -> None:
    before = os.umask(0)
    try:
        with locked(path):
            assert path.stat().st_mode & 0o777 == 0o660
    finally:
        os.umask(before)


def test_a_lock_beside_it_is_seen_as_long_as_its_holder_may_live(path: Path) -> None:
    assert not is_shared(path)
    with locked(path):
        assert not is_shared(path), "its own is not another's"
        with locked(path.with_name("hfget-2-of-4.lock")):
            assert is_shared(path)
    holder = path.with_name("hfget-1-of-4.lock.holder")
    mine = ProcessIdentity.mine()
    for owner, seen in (
        (mine, True),
        (mine._replace(start="1"), False),
        (mine._replace(host="00000000"), True),
    ):
        holder.write_text(f"host {owner}\n")
        assert is_shared(path) is seen
    then = time.time() - LEASE_SECONDS - 30
    os.utime(holder, (then, then))
    assert not is_shared(path), "a host that has said nothing for so long"
    for text in ("", "host", "host not-a-tag"):
        holder.write_text(text)
        assert not is_shared(path)
