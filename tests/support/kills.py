"""Killing the real command at random moments, and what must hold after each kill.

After a kill every file under its final name is exact, and what was on disk is still worth as
much: bytes the hub had sent by then minus bytes gained is what will be fetched again.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hfget import plan
from hfget.model import ItemState, PlanItem
from tests.hub import LocalHub
from tests.hub.repos import KiB, MiB, make_model
from tests.support.command import Shell, leftovers, new_shell, tree

RUN_SECONDS = 60.0
#: What a connection may lose: a buffer of 1 MiB, and as much that lies in sockets, received by
#: the kernel and by nobody else.
IN_FLIGHT_BYTES = 2 * MiB
MOST_CONNECTIONS = 8

SIGNALS = {signal.SIGKILL: 6, signal.SIGTERM: 2, signal.SIGINT: 2, signal.SIGHUP: 1}

SHAPES: Mapping[str, Mapping[str, int | str | bytes]] = {
    "one-large-file": {"w.bin": 40 * MiB},
    "many-small-files": {f"part-{n % 7}/{n:03d}.txt": f"{n} " * (n % 90) for n in range(160)},
    "mixed": {"w.bin": 20 * MiB, "b.bin": 3 * MiB, "c.json": "{}", "empty": "", "k.bin": 40 * KiB},
    "subfolders": {f"{'abc'[n % 3]}/{n}/{n}.bin": (n + 1) * 500 * KiB for n in range(9)},
}
#: Two revisions of one repo with files of the same sizes.
TWINS: Mapping[str, int | str | bytes] = {
    "w.bin": 12 * MiB,
    "sub/b.bin": 2 * MiB,
    "c.json": "[1]",
    "d.bin": 300 * KiB,
}
NAMES = (*SHAPES, "twins")


@dataclass(frozen=True)
class Kill:
    """One kill: by which signal, at which moment, how many bytes it cost."""

    signal: int
    moment: str
    again: int | None


@dataclass
class Tally:
    """What came of all trials. `violations` must stay empty."""

    kills: list[Kill] = field(default_factory=list)
    done: int = 0
    hashed: int = 0
    wrong: int = 0
    violations: list[str] = field(default_factory=list)


class Run:
    """The command under way, as far as it can be watched from outside."""

    def __init__(self, trial: Trial, arguments: Sequence[str]) -> None:
        self._trial = trial
        self._sent, self._asked = trial.sent(), len(trial.hub.log)
        self._needed = trial.needed
        self._names, self._records = trial.names(), trial.records()
        self.process = trial.shell.start(*arguments)

    @property
    def sent(self) -> int:
        return self._trial.sent() - self._sent

    @property
    def begun(self) -> bool:
        """Whether hfget has taken over from the interpreter that starts it."""
        return len(self._trial.hub.log) > self._asked

    @property
    def all_sent(self) -> bool:
        return self.sent >= self._needed

    @property
    def named_one(self) -> bool:
        return self._trial.names() > self._names

    @property
    def recorded_one(self) -> bool:
        return self._trial.records() > self._records

    @property
    def journaled(self) -> bool:
        return any(self._trial.folder.glob(".cache/huggingface/download/**/*.hfget-journal*"))


#: When to kill, with how many seconds more at most.
MOMENTS: Mapping[str, tuple[Callable[[Run], bool], float]] = {
    "at any time": (lambda run: True, 0.8),
    "while fetching": (lambda run: run.sent > 0, 0.5),
    "at the journal": (lambda run: run.journaled, 0.02),
    "at the last byte": (lambda run: run.all_sent, 0.06),
    "at a name": (lambda run: run.named_one, 0.004),
    "at a record": (lambda run: run.recorded_one, 0.02),
}


class Trial:
    """One folder that a repo is downloaded into, killed and gone on with until it is complete."""

    def __init__(self, hub: LocalHub, shell: Shell, repo: str, sources: Mapping[str, Path]) -> None:
        self.hub = hub
        self.shell = shell
        self.folder = shell.directory / repo.partition("/")[2]
        self._repo = repo
        self._right = {revision: tree(source) for revision, source in sources.items()}
        self.needed = 0

    @property
    def revisions(self) -> list[str]:
        return list(self._right)

    def sent(self) -> int:
        """Bytes of content that the hub has sent so far."""
        return self.hub.bytes_sent(path="*/resolve/*") + self.hub.bytes_sent("cdn")

    def names(self) -> int:
        """How many files have their final name."""
        paths = next(iter(self._right.values()))
        return sum((self.folder / path).exists() for path in paths)

    def records(self) -> int:
        return sum(1 for _ in self.folder.glob(".cache/huggingface/download/**/*.metadata"))

    def kill(
        self,
        tally: Tally,
        chance: random.Random,
        revision: str,
        *,
        number: int | None = None,
        moment: str | None = None,
        longest: float | None = None,
    ) -> bool:
        """Run the command and kill it, `longest` seconds after the moment at most.

        False if it was done first. Whatever must hold is checked.
        """
        number = number or chance.choices(list(SIGNALS), list(SIGNALS.values()))[0]
        moment = moment or chance.choice(list(MOMENTS))
        reached, usual = MOMENTS[moment]
        before = self.have(revision)
        run = Run(self, self._arguments(revision))
        process, begun = run.process, time.monotonic()
        while process.poll() is None and not (
            reached(run) and (run.begun or number == signal.SIGKILL)
        ):
            assert time.monotonic() < begun + RUN_SECONDS, "the command does not end"
            time.sleep(0.003)
        try:
            process.wait(chance.uniform(0.0, usual if longest is None else longest))
            alive = False
        except subprocess.TimeoutExpired:
            sent = run.sent
            process.send_signal(number)
            alive = True
        _, errors = process.communicate(timeout=RUN_SECONDS)
        code = process.returncode
        if not alive or number != signal.SIGKILL:
            sent = run.sent
        # what goes to one that was killed, and ends only when its fdatasync does, is not its doing
        if alive and code not in (0, -number, 128 + number):
            tally.violations.append(f"code {code} after signal {number}: {errors.decode()}")
        if not alive and code != 0:
            tally.violations.append(f"code {code} without a signal: {errors.decode()}")
        self.check(tally)
        if code == 0:
            return False
        again = None
        if len(self._right) == 1:
            again = max(0, sent - (self.have(revision) - before))
            if again > MOST_CONNECTIONS * IN_FLIGHT_BYTES:
                tally.violations.append(f"{again} bytes again after signal {number} {moment}")
        tally.kills.append(Kill(number, moment, again))
        return True

    def finish(self, tally: Tally, revision: str) -> None:
        """Run to the end, then once more: all is there, nothing is left, nothing is fetched."""
        done = self.shell.run(*self._arguments(revision), timeout=RUN_SECONDS)
        if done.code != 0:
            tally.violations.append(f"code {done.code}: {done.err}")
        self.look_again(tally, revision)

    def look_again(self, tally: Tally, revision: str) -> None:
        """All was done: one more run finds it so and clears away what is left."""
        self._age_temporaries()
        sent = self.sent()
        done = self.shell.run(*self._arguments(revision), timeout=RUN_SECONDS)
        if done.code != 0:
            tally.violations.append(f"code {done.code}: {done.err}")
        if tree(self.folder) != self._right[revision]:
            tally.violations.append(f"{self.folder} is not what it should be")
        if self.sent() > sent:
            tally.violations.append(f"{self.sent() - sent} bytes fetched though all was complete")
        if left := leftovers(self.folder):
            tally.violations.append(f"left over: {left}")
        tally.done += 1

    def check(self, tally: Tally) -> None:
        """Every file under its final name is one of the revisions', and a record says which."""
        for path in next(iter(self._right.values())):
            target = self.folder / path
            if not target.exists():
                continue
            tally.hashed += 1
            actual = hashlib.sha256(target.read_bytes()).hexdigest()
            if actual not in {right[path] for right in self._right.values()}:
                tally.wrong += 1
                tally.violations.append(f"wrong bytes in {target}")
        for revision, right in self._right.items():
            for item in self._plan(revision):
                if item.state is ItemState.COMPLETE:
                    content = (self.folder / item.file.path).read_bytes()
                    if hashlib.sha256(content).hexdigest() != right[item.file.path]:
                        tally.violations.append(f"a wrong record of {item.file.path}")

    def have(self, revision: str) -> int:
        """What of the revision is on disk and will not be fetched again, in bytes."""
        items = self._plan(revision)
        self.needed = sum(item.need for item in items)
        return sum(item.have for item in items)

    def _plan(self, revision: str) -> tuple[PlanItem, ...]:
        made = plan(
            self._repo,
            revision=revision,
            endpoint=self.hub.endpoint,
            local_dir=self.folder,
            ambient_token=False,
        )
        return made.items

    def _arguments(self, revision: str) -> tuple[str, ...]:
        return (self._repo, "--quiet", "--revision", revision)

    def _age_temporaries(self) -> None:
        """As if the last kill were some minutes ago."""
        then = time.time() - 300
        for path in self.folder.glob(".cache/huggingface/**/.*.tmp"):
            os.utime(path, (then, then))


def make_repos(root: Path, names: Iterable[str] = NAMES) -> dict[str, dict[str, Path]]:
    """The sample repos of these names under `root`: by `org/NAME`, their folders by revision."""
    repos = {
        name: {"main": make_model(root, f"org/{name}", SHAPES.get(name, TWINS))} for name in names
    }
    if "twins" in repos:
        other = {**TWINS, "c.json": "[2]"}
        repos["twins"]["next"] = make_model(root, "org/twins", other, revision="next")
    return {f"org/{name}": revisions for name, revisions in repos.items()}


def kill_and_go_on(
    root: Path,
    work: Path,
    repos: Mapping[str, Mapping[str, Path]],
    *,
    kills: int,
    chance: random.Random,
    tell: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Trials over `repos`, which lie in `root`, until so many kills are done.

    `tell` is called after each trial. The first violation ends it.
    """
    tally = Tally()
    number = 0
    with LocalHub(root, rate_total=64 * MiB, latency=0.004) as hub:
        while len(tally.kills) < kills and not tally.violations:
            repo = list(repos)[number % len(repos)]
            trial = Trial(hub, new_shell(work / str(number), hub.endpoint), repo, repos[repo])
            revision = "main"
            for _ in range(chance.randint(4, 12)):
                revision = chance.choice(trial.revisions)
                if not trial.kill(tally, chance, revision):
                    trial.look_again(tally, revision)
                    break
            else:
                trial.finish(tally, revision)
            tell(tally)
            hub.clear_log()
            number += 1
    return tally
