"""hfget as a library: typed, quiet, stoppable, and nothing is left running."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import assert_type

import hfget
from hfget import HfgetError, Plan, Report, Stop, Verification, download, events, plan, verify
from hfget.errors import RepoNotFoundError
from hfget.partials.partial import Partial
from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import MiB, make_many, make_model
from tests.support.command import leftovers, tree, wait_until
from tests.support.loopback import BOUND

StartHub = Callable[..., LocalHub]
REPO = "org/m"


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HF_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.chdir(tmp_path)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_the_public_names_are_there() -> None:
    assert all(getattr(hfget, name) is not None for name in hfget.__all__)
    with pytest.raises(AttributeError):
        hfget.upload  # noqa: B018


def test_plan_download_verify(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 2 * MiB, "c.json": "{}"})
    endpoint = start_hub().endpoint
    made = plan(REPO, endpoint=endpoint, include=["*.bin"])
    assert_type(made, Plan)
    assert [item.file.path for item in made.items] == ["w.bin"] and made.need_bytes == 2 * MiB
    assert not (tmp_path / "m").exists()
    report = download(REPO, endpoint=endpoint, local_dir="here")
    assert_type(report, Report)
    assert report.ok and report.exit_code == 0 and report.root == Path("here")
    assert (report.files_done, report.received, report.reused) == (2, 2 * MiB + 2, 0)
    assert tree(tmp_path / "here") == tree(source)
    lines = [repr(made), repr(made.snapshot), repr(verify("here")), repr(report)]
    assert re.sub("@ [0-9a-f]{7}", "@ COMMIT", "\n".join(lines)).split("\n") == [
        "<Plan org/m @ COMMIT: 1 file, 2.1 MB of 2.1 MB to fetch>",
        "<Snapshot org/m @ COMMIT: 2 files, 2.1 MB>",
        "<Verification org/m: 2 ok, 2.1 MB hashed>",
        "<Report org/m @ COMMIT: 2/2 files, 2.1 MB, exit code 0>",
    ]
    (tmp_path / "here" / "<i>.txt").write_text("mine")
    for table in made._repr_html_(), verify("here")._repr_html_(), report._repr_html_():
        assert table.count("<tr>") == table.count("</tr>") > 4 and "<i>" not in table
    (tmp_path / "here" / "<i>.txt").unlink()
    again = download(REPO, endpoint=endpoint, local_dir=tmp_path / "here")
    assert (again.received, again.reused, again.bytes_done) == (0, 2 * MiB + 2, 2 * MiB + 2)
    verdict = verify(tmp_path / "here")
    assert_type(verdict, Verification)
    assert verdict.ok and verdict.repo_id == REPO
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_program_that_uses_it_prints_nothing(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    """Also where something fails, and in a process of its own, to its very end."""
    make_model(repos_root, REPO, {"w.bin": 40 * MiB, "c.json": "{}"})
    hub = start_hub()
    hub.faults.add(Fault(effects.Reset(after_bytes=1000), origin="cdn", times=2))
    program = (
        "from hfget import download, plan, verify, HfgetError\n"
        "plan('org/m'), download('org/m'), verify('m')\n"
        "try: download('org/none')\n"
        "except HfgetError as error: assert error.exit_code == 3\n"
        "else: raise SystemExit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "HF_ENDPOINT": hub.endpoint, "PYTHONDEVMODE": "1"},
        capture_output=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_importing_it_imports_little() -> None:
    program = (
        "import sys, hfget; before = set(sys.modules)\n"
        "assert not {'requests', 'huggingface_hub', 'rich', 'typer'} & before, before\n"
    )
    subprocess.run([sys.executable, "-c", program], timeout=BOUND, check=True)


def test_what_concerns_the_whole_run_is_raised(start_hub: StartHub) -> None:
    with pytest.raises(RepoNotFoundError) as caught:
        download("org/none", endpoint=start_hub().endpoint)
    assert isinstance(caught.value, HfgetError)
    assert (caught.value.exit_code, caught.value.kind) == (3, "repo-not-found")


def test_a_file_that_fails_is_reported_not_raised(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"w.bin": MiB, "c.json": "{}"})
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "c.json").write_text("mine, and longer")
    report = download(REPO, endpoint=start_hub().endpoint)
    (failure,) = report.failures
    assert (failure.path, failure.kind, report.exit_code) == ("c.json", "disk", 7)
    assert report.files_done == 1 and (tmp_path / "m" / "w.bin").stat().st_size == MiB


def test_only_what_was_kept_counts_as_reused(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"a.json": "[1]", "b.json": "[22]"})
    hub = start_hub()
    assert download(REPO, endpoint=hub.endpoint).ok
    make_model(repos_root, REPO, {"a.json": "[2]", "b.json": "[22]"})
    hub.rescan()
    report = download(REPO, endpoint=hub.endpoint)
    assert (report.received, report.reused, report.bytes_done) == (3, 4, 7)


def test_a_stop_from_another_thread_ends_it_and_the_next_run_goes_on(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 32 * MiB, "c.json": "{}"})
    hub = start_hub(rate_total=16 * MiB)
    stop = Stop()
    reports: list[Report] = []
    under_way = threading.Event()

    def observe(event: events.Event, /) -> None:
        if isinstance(event, events.Progress) and event.bytes_done > 4 * MiB:
            under_way.set()

    def work() -> None:
        reports.append(download(REPO, endpoint=hub.endpoint, stop=stop, observer=observe))

    before = descriptors()
    worker = threading.Thread(target=work)
    worker.start()
    assert under_way.wait(BOUND)
    stop.set()
    worker.join(BOUND)
    (report,) = reports
    assert not report.ok and report.exit_code == 130 and report.failures == ()
    assert not (tmp_path / "m" / "w.bin").exists() and leftovers(tmp_path / "m")
    again = download(REPO, endpoint=hub.endpoint)
    assert again.ok and again.reused >= 3 * MiB and again.received <= 29 * MiB
    assert tree(tmp_path / "m") == tree(source) and leftovers(tmp_path / "m") == []
    assert descriptors() - before <= 8, "connections may still be closing at the hub, in here"


def test_a_partial_stays_its_owners_while_it_is_written_to(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that hangs: a process that ends does not wait for it, and nobody takes its file."""
    source = make_model(repos_root, REPO, {"w.bin": 3 * MiB})
    hub = start_hub()
    stop, writing, go_on = Stop(), threading.Event(), threading.Event()
    stop.patience = 0.1
    write = Partial.write

    def hanging(self: Partial, view: memoryview, offset: int, sender: str = "") -> None:
        writing.set()
        assert go_on.wait(BOUND)
        write(self, view, offset, sender)

    monkeypatch.setattr(Partial, "write", hanging)
    worker = threading.Thread(target=lambda: download(REPO, endpoint=hub.endpoint, stop=stop))
    worker.start()
    assert writing.wait(BOUND)
    stop.set()
    worker.join(BOUND)
    assert not worker.is_alive() and not go_on.is_set()
    (owned,) = (name for name in leftovers(tmp_path / "m") if name.endswith(".incomplete"))
    assert f"-{os.getpid()}-" in owned
    (item,) = plan(REPO, endpoint=hub.endpoint).items
    assert item.have == 0
    go_on.set()
    wait_until(lambda: all(owned != name for name in leftovers(tmp_path / "m")), BOUND)
    monkeypatch.undo()
    assert download(REPO, endpoint=hub.endpoint, local_dir=tmp_path / "m").ok
    assert tree(tmp_path / "m") == tree(source)


def test_a_stop_before_the_start_ends_it_too(repos_root: Path, start_hub: StartHub) -> None:
    make_model(repos_root, REPO, {"w.bin": MiB})
    stop = Stop()
    stop.set()
    report = download(REPO, endpoint=start_hub().endpoint, stop=stop)
    assert not report.ok and report.exit_code == 130


def test_observers_are_called_one_at_a_time_and_threads_end(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    make_many(repos_root, "org/many", 300)
    make_model(repos_root, "org/many", {"w.bin": 40 * MiB})
    hub = start_hub()
    inside = threading.Lock()
    seen: list[events.Event] = []

    def observe(event: events.Event, /) -> None:
        assert inside.acquire(blocking=False), "called by two threads at once"
        seen.append(event)
        inside.release()

    report = download("org/many", endpoint=hub.endpoint, observer=observe)
    assert report.ok and report.files_done == 301
    assert sum(isinstance(event, events.FileDone) for event in seen) == 301
    assert isinstance(seen[-1], events.Finished) and seen[-1].report == report
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("hfget-")]
    assert left == []


def test_two_in_one_process_on_one_folder_take_turns(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 8 * MiB, "c.json": "{}"})
    hub = start_hub(rate_total=16 * MiB)
    reports: list[Report] = []
    threads = [
        threading.Thread(target=lambda: reports.append(download(REPO, endpoint=hub.endpoint)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert [report.ok for report in reports] == [True] * 3
    assert tree(tmp_path / "m") == tree(source)
    assert hub.bytes_sent("cdn") <= 1.1 * 8 * MiB
