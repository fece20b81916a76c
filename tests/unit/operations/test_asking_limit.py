from __future__ import annotations

import threading

import pytest

from hfget.errors import DiskError
from hfget.operations.asking_limit import AskingLimit
from tests.support.loopback import BOUND


def test_what_is_due_is_ended_from_without() -> None:
    ended = threading.Event()
    with AskingLimit(0.0, lambda: True, ended.set) as limit:
        assert ended.wait(BOUND)
    assert limit.reached and limit.left <= 0


def test_what_is_not_due_goes_on_and_so_does_what_cannot_be_told() -> None:
    ended, asked = threading.Event(), threading.Semaphore(0)

    def unreadable() -> bool:
        asked.release()
        raise DiskError("no such disk")

    def not_due() -> bool:
        asked.release()
        return False

    for is_due in (not_due, unreadable):
        with AskingLimit(0.0, is_due, ended.set) as limit:
            assert asked.acquire(timeout=BOUND)
        assert not limit.reached and not ended.is_set()


def test_nothing_of_it_goes_on_when_it_is_left() -> None:
    threads, ended = threading.active_count(), threading.Event()
    limit = AskingLimit(1e12, lambda: True, ended.set)
    assert limit.left > 1e12
    with pytest.raises(KeyboardInterrupt), limit:
        assert 0 < limit.left < 1e12
        raise KeyboardInterrupt
    assert threading.active_count() == threads and not ended.is_set()


def test_without_room_for_a_thread_there_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with AskingLimit(0.0, lambda: True, lambda: None) as limit:
        pass
    assert not limit.reached
