"""One download by the workers of a real Dask cluster: one is killed, all are watched."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import distributed
import pytest

from hfget import events, plan
from hfget.endpoints import NamedEndpoint
from hfget.operations.from_options import client_of, settings_of
from hfget.operations.run import Run
from hfget.operations.run_context import RunContext
from hfget.operations.shards.dask_run import DaskRun
from hfget.options import DownloadOptions
from hfget.system import Stop
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import HFGET, ShellAt, tree, wait_until

pytestmark = pytest.mark.interop

REPO = "org/m"
MB = 1_000_000
#: Files of a few MiB are divided there.
SMALL_RANGES = Path(__file__).parents[1] / "support" / "small_ranges"
SECONDS = 100


def children(pid: int) -> list[int]:
    """The workers that a process has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                started = b"spawn_main" in (entry / "cmdline").read_bytes()
            except (OSError, IndexError):  # it has ended meanwhile
                continue
            if parent == pid and started:
                found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes by /proc")
def test_an_interrupt_and_a_killed_worker_cost_what_was_in_flight(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    files: dict[str, bytes | str | int] = {"large.bin": 26 * MB, "a.bin": 4 * MB, "b.bin": 2 * MB}
    source = make_model(repos_root, REPO, files)
    hub = start_hub(rate_total=10 * MB)
    shell = shell_at(hub.endpoint).with_env(PYTHONPATH=str(SMALL_RANGES))

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*HFGET, REPO, "--dask", "local:2", "--json"],
            cwd=shell.directory,
            env=shell.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    first = start()
    try:
        wait_until(lambda: hub.bytes_sent("cdn") > 5 * MB, SECONDS)
        os.killpg(first.pid, signal.SIGINT)  # as a terminal sends it: to the workers too
        out, err = first.communicate(timeout=SECONDS)
    finally:
        first.kill()
        first.wait()
    assert first.returncode == 130, (out, err)
    assert b'"interrupted_by":2' in out and err == b""

    second = start()
    try:
        before = hub.bytes_sent("cdn")
        wait_until(lambda: hub.bytes_sent("cdn") > before + 5 * MB, SECONDS)
        os.kill(children(second.pid)[0], signal.SIGKILL)
        hub.set_rate(None)
        out, err = second.communicate(timeout=SECONDS)
    finally:
        second.kill()
        second.wait()
    assert second.returncode == 0, (out, err)
    assert b'"reused":' in out and err == b""
    assert hub.bytes_sent("cdn") < 1.5 * 32 * MB
    assert b'"files_done":3' in out and b'"range_bytes":0' in out
    assert len(hub.requests("hub", path="*/large.bin")) > 4  # by ranges, each some connections
    assert tree(shell.directory / "m") == tree(source)
    assert shell.run("verify", "m").code == 0


def test_workers_take_so_many_shards_and_show_no_token(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    token = "made-up-" + secrets.token_hex(12)
    files: dict[str, bytes | str | int] = {f"w{n}.bin": 600_000 + n for n in range(9)}
    source = make_model(repos_root, REPO, {**files, "config.json": "{}"})
    hub = start_hub(rate_total=3 * MB, gated=[REPO], tokens=[token])
    shell = shell_at(hub.endpoint).with_env(HF_TOKEN=token)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=4, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        at = cluster.scheduler_address
        process = shell.start(REPO, "--dask", at, "--per-worker", "2", "--json")
        shown, most = "", 0
        try:
            while process.poll() is None:
                shown += client.run_on_scheduler(_all_that_is_shown)
                running = client.run(_running)
                most = max(most, *running.values())
                time.sleep(0.1)
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == 0, (out, err)
        assert tree(shell.directory / "m") == tree(source)
        assert most == 2
        shown += f"{client.get_scheduler_logs()} {client.get_worker_logs()}"
        assert "-shard-" in shown and token not in shown
        assert token.encode() not in out + err

        heard: list[events.Event] = []
        folder = shell.directory / "elsewhere"
        options = DownloadOptions(local_dir=folder, dask=at, endpoint=hub.endpoint, token=token)
        made = plan(REPO, local_dir=folder, endpoint=hub.endpoint, token=token)
        settings = settings_of(options, [NamedEndpoint(hub.endpoint, "flag")])
        http = client_of(settings, heard.append)
        context = RunContext(options, settings, http, heard.append, Stop())
        (folder / "w4.bin" / "in the way").mkdir(parents=True)
        report = DaskRun(made, context, Run).report(lambda: made)
        assert [failure.path for failure in report.failures] == ["w4.bin"]
        assert report.exit_code != 0 and report.files_done == 9
        failed = [event for event in heard if isinstance(event, events.FileFailed)]
        assert [event.failure.path for event in failed] == ["w4.bin"]
        (folder / "w4.bin" / "in the way").rmdir()
        (folder / "w4.bin").rmdir()
        report = DaskRun(made, context, Run).report(lambda: made)
        assert report.ok and report.received == 600_004 and report.files_done == 10
        notes = [event.text for event in heard if isinstance(event, events.Note)]
        assert "does not have all files" in notes[-1]
    again = shell.run(REPO, "--dask", at, "--json")  # nothing to fetch: no cluster is asked
    assert again.code == 0 and again.report["files_done"] == 10, again.out
    assert again.report["received"] == 0 and again.report["reused"] == again.report["bytes_total"]


def _all_that_is_shown(dask_scheduler: Any) -> str:
    return " ".join(
        f"{key} {task!r} {task.run_spec} {task.run_spec!r}"
        for key, task in dask_scheduler.tasks.items()
    )


def _running(dask_worker: Any) -> int:
    return int(dask_worker.state.executing_count)
