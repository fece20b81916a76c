"""Workloads carried out: server and link up, every contestant in turn, every result looked at."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import contents, link, measure, servers, tools
from bench.contents import Repo
from bench.contestants import Contestant, Job
from bench.results import Outcome, Row, Run
from bench.servers import Traffic
from bench.workloads import Workload

_KEPT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Stage:
    """A workload's surroundings while they stand. `inside` begins every client's command."""

    workload: Workload
    repo: Repo
    work: Path
    server: servers.Server | None
    inside: tuple[str, ...] = ()

    def run(self, contestant: Contestant) -> Run:
        """One measured run into a fresh folder, or again into the one that is complete."""
        folder = self._folder(contestant)
        if not self.workload.complete:
            _empty(folder)
        scratch = _empty(self.work / "scratch")
        server = self.server
        url = server.url(self.repo) if server else ""
        ca = server.ca if server else None
        job = Job(self.repo, server.endpoint if server else "", url, folder, scratch, ca)
        command = [*self.inside, *contestant.command(job)]
        output = self.work / "output.txt"
        os.sync()
        mark = server.mark() if server else 0
        with open(output, "wb") as out:
            usage = measure.run(command, job.environment, scratch, out, self.workload.timeout)
        traffic = server.traffic(mark) if server else Traffic(0, 0, 0, 0)
        run = Run(
            usage.seconds,
            usage.cpu_seconds,
            usage.peak_bytes,
            traffic.requests,
            traffic.redirects,
            traffic.connections,
            traffic.sent_bytes,
            self._failure(contestant, usage, folder, output),
        )
        if not self.workload.complete:
            self._clear_away(folder)
        _say(f"  {contestant.name:28} {run.seconds:8.3f} s  {run.failure}".rstrip())
        return run

    def _clear_away(self, folder: Path) -> None:
        """Small repos stay until the end: ext4 steps over the inodes that were freed in the last
        seconds, one by one, and the next contestant would pay for thousands of them."""
        if self.repo.size > _KEPT_BYTES:
            shutil.rmtree(folder)
        else:
            folder.rename(Path(tempfile.mkdtemp(dir=folder.parent)) / folder.name)

    def _folder(self, contestant: Contestant) -> Path:
        name = contestant.name.replace(" ", "_") if self.workload.complete else "download"
        folder = self.work / "downloads" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _failure(
        self, contestant: Contestant, usage: measure.Usage, folder: Path, output: Path
    ) -> str:
        if usage.timed_out:
            return f"took longer than {self.workload.timeout:g} s"
        if usage.exit_code != 0:
            lines = output.read_text(errors="replace").strip().splitlines()
            words = next((line for line in lines if "rror" in line), lines[-1] if lines else "")
            return f"exit code {usage.exit_code}: {words.strip()[:200]}"
        if self.workload.start_up:
            return ""
        wrong = contents.differences(self.repo, folder, by_hash=contestant.is_hfget)
        return f"{len(wrong)} files are not as served, {wrong[0]} first" if wrong else ""


def carry_out(workload: Workload, work: Path) -> Outcome:
    """Measure a workload, with what of its contestants is here."""
    _say(f"{workload.key}: {workload.title}")
    there = [contestant for contestant in workload.contestants if not contestant.missing]
    missing = [
        f"{contestant.name}: no {', '.join(contestant.missing)} here"
        for contestant in workload.contestants
        if contestant.missing
    ]
    for line in missing:
        _say(f"  SKIPPED {line}")
    title, sizes = workload.title, workload.repo.sizes
    size, files = sum(sizes.values()), len(sizes)
    if workload.start_up:
        repo = Repo("", "", work, work, ())
        rows = _measure(Stage(workload, repo, work, None), there)
        return Outcome(workload.key, title, 0, 0, "", rows, missing)
    lacking = [name for name in ("nginx", "openssl") if tools.find(name) is None]
    if lacking:
        _say(f"  SKIPPED: no {' and no '.join(lacking)} here")
        return Outcome(workload.key, title, size, files, skipped=f"no {lacking[0]} here")
    repo = contents.make(workload.repo, work)
    try:
        with ExitStack() as stack:
            stage, conditions = _set_up(workload, repo, work, stack)
            rows = _measure(stage, there)
    except link.NoLinkError as error:
        _say(f"  SKIPPED: {error}")
        return Outcome(workload.key, title, size, files, skipped=str(error))
    finally:
        shutil.rmtree(work / "downloads", ignore_errors=True)
    return Outcome(workload.key, title, size, files, conditions, rows, missing)


def _set_up(workload: Workload, repo: Repo, work: Path, stack: ExitStack) -> tuple[Stage, str]:
    """The server, behind the link if there is one, and what both are, in words."""
    conditions = workload.conditions
    address = "127.0.0.1"
    at_server: tuple[str, ...] = ()
    at_client: tuple[str, ...] = ()
    folder = _empty(work / "server")
    if workload.quality is not None:
        made = stack.enter_context(link.link(workload.quality))
        address, at_server, at_client = link.SERVER, made.server, made.client
        conditions += f", by {made.made_by}"
    server = stack.enter_context(
        servers.serve(
            repo,
            folder,
            address=address,
            inside=at_server,
            tls=workload.tls,
            throttle=workload.throttle,
        )
    )
    return Stage(workload, repo, work, server, at_client), conditions


def _measure(stage: Stage, contestants: Sequence[Contestant]) -> list[Row]:
    if stage.workload.complete:
        _say("  first, all is fetched:")
        for contestant in contestants:
            stage.run(contestant)
        _say("  and then again:")
    outcomes = measure.interleaved(contestants, stage.workload.repeats, stage.run)
    return [Row(contestant.name, contestant.verifies, runs) for contestant, runs in outcomes]


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
