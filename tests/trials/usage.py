"""Section: what the user types, and several programs at once."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from tests.hub.repos import KiB, MiB
from tests.support.command import HFGET
from tests.trials.disk import shim
from tests.trials.scenario import ALL, MIXED, Files, Scenario
from tests.trials.trial import Trial

TINY: Files = {"w.bin": 20 * KiB, "b.bin": 3 * KiB, "c.json": '{"a": 1}'}
_TYPED = "user: whatever is typed"
_NUMBERS = "user: negative numbers, -j 0"
_UNREADABLE = "user: an unreadable env file"
_ENV_FILE = ("org/m", "--env-file")


def typed(*words: str) -> Callable[[Trial], None]:
    """The command line is `hfget WORDS`; {hub} stands for the endpoint."""

    def drive(trial: Trial) -> None:
        more = ["--json", "--debug"] if trial.json else []
        texts = [word.replace("{hub}", trial.hub.endpoint) for word in words]
        trial.run(*texts, *([] if "--" in texts else more))

    return drive


def _asked_nobody(trial: Trial) -> None:
    assert not trial.hub.log, "the network was asked"


def wrong(
    name: str, *words: str, says: tuple[str, ...] = (), row: str = "row 70", line: str = _TYPED
) -> Scenario:
    return Scenario(
        f"wrong: {name}",
        (row, line),
        f"hfget {' '.join(words)!r}",
        codes=(2,),
        files=TINY,
        lost=ALL,
        drive=typed(*words),
        check=_asked_nobody,
        says=says,
        names_host=False,
    )


def understood(name: str, *words: str) -> Scenario:
    return Scenario(
        f"understood: {name}",
        ("row 70", _TYPED),
        f"hfget {' '.join(words)!r}",
        files=TINY,
        drive=typed(*words),
    )


def no_match(name: str, *words: str, row: str = "row 71") -> Scenario:
    return Scenario(
        f"no match: {name}",
        (row,),
        f"hfget {' '.join(words)!r}",
        codes=(2, 3),
        files=TINY,
        lost=ALL,
        drive=typed(*words),
        names_host=False,
        seconds=30,
    )


def at_once(count: int, *more: str, command: tuple[str, ...] = HFGET) -> Callable[[Trial], None]:
    """So many of them on one folder."""

    def drive(trial: Trial) -> None:
        threads = [
            threading.Thread(target=trial.run, args=(*trial.default_arguments(), *more))
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * trial.scenario.seconds)
        codes = [each.result.code for each in trial.ended]
        assert len(codes) == count, f"{len(codes)} of {count} have ended"
        assert set(codes) == {0}, f"exit codes {codes}"

    return drive


def _waited(trial: Trial) -> None:
    told = [each.result for each in trial.ended if "waiting for process" in each.result.err]
    assert trial.json or len(told) >= 4, f"{len(told)} named the holder"


def no_locks(count: int) -> Callable[[Trial], None]:
    def drive(trial: Trial) -> None:
        shim("flock::1:0:0")(trial)
        at_once(count)(trial)

    return drive


def beside_hf(trial: Trial) -> None:
    """`hf download` into the same folder at the same time."""
    program = Path(HFGET[0]).parent / "hf"
    env = {**trial.shell_now().environment(), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    other = subprocess.Popen(
        [str(program), "download", trial.scenario.repo, "--local-dir", str(trial.out)],
        cwd=trial.shell.directory,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        trial.run()
        _, err = other.communicate(timeout=trial.scenario.seconds)
    finally:
        if other.poll() is None:
            other.kill()
            other.wait()
    assert other.returncode == 0, err.decode()[-500:]


def stale_lock(trial: Trial) -> None:
    """A lock file and its holder's note, left by a process that is dead."""
    done = subprocess.Popen(["true"])
    done.wait()
    records = trial.out / ".cache/huggingface"
    records.mkdir(parents=True)
    (records / "hfget.lock").write_text("")
    (records / "hfget.lock.holder").write_text(f"{done.pid} elsewhere\n")


def a_work_tree(trial: Trial) -> None:
    (trial.out / ".git").mkdir(parents=True)


def _at_once_over(trial: Trial) -> None:
    assert not re.search("waiting for", trial.text), "it waited for a dead process"


SCENARIOS = (
    wrong("empty", ""),
    wrong("blanks", "   "),
    wrong("three parts", "a/b/c/d"),
    wrong("a page that is no repo", "https://huggingface.co/docs/hub"),
    wrong("settings page", "https://huggingface.co/settings/tokens"),
    wrong("a host nobody knows", "https://evil.example/org/m"),
    wrong("parent", "../m"),
    wrong("absolute path", "/etc/passwd"),
    wrong("escapes", "org/\x1b[31mm"),
    wrong("a revision that climbs", "org/m", "--revision", "../../x"),
    wrong("no such type", "org/m", "--repo-type", "models?", row="row 70"),
    wrong("-j 0", "org/m", "-j", "0", row="row 72", line=_NUMBERS, says=("--jobs",)),
    wrong("-j -4", "org/m", "-j", "-4", row="row 72", line=_NUMBERS),
    wrong("-j 99999", "org/m", "-j", "99999", row="row 72"),
    wrong("-j x", "org/m", "-j", "x", row="row 72"),
    wrong("-x -1", "org/m", "-x", "-1", row="row 72", line=_NUMBERS),
    wrong("--retries -1", "org/m", "--retries", "-1", row="row 72", line=_NUMBERS),
    wrong("--max-time 0", "org/m", "--max-time", "0", row="row 72"),
    wrong("--max-time nan", "org/m", "--max-time", "nan", row="row 72"),
    wrong("no folder", "org/m", "--local-dir", "", row="row 72"),
    wrong("standard output as folder", "org/m", "--local-dir", "-", row="row 72"),
    wrong("a file as folder", "org/m", "--local-dir", "/etc/passwd", row="row 72"),
    wrong("an option nobody knows", "org/m", "--worktree", row="row 70"),
    wrong("an env file that is not there", *_ENV_FILE, "/nothing/.env", line=_UNREADABLE),
    wrong("an env file that is a folder", *_ENV_FILE, "/etc", line=_UNREADABLE),
    wrong("an env file that is no text", *_ENV_FILE, "/bin/sh", line=_UNREADABLE),
    wrong("an endpoint that is none", "org/m", "--endpoint", "ftp://x"),
    wrong("an endpoint with a query", "org/m", "--endpoint", "http://127.0.0.1:1/?x=1"),
    understood("quotes", '"org/m"'),
    understood("blanks around", "  org/m \n"),
    understood("a slash at the end", "org/m/"),
    understood("a dot at the end", "org/m."),
    understood("full-width", "ｏｒｇ／ｍ"),
    understood("models/", "models/org/m"),
    understood("the endpoint's own URL", "{hub}/org/m"),
    understood("its page of files", "{hub}/org/m/tree/main"),
    understood("an hf command pasted whole", "hf download org/m"),
    understood("hf://", "hf://org/m"),
    no_match("include", "org/m", "--include", "*.nothing"),
    no_match("exclude all", "org/m", "--exclude", "*"),
    no_match("a file that is not there", "org/m", "w.bim"),
    no_match("unclosed", "org/m", "--include", "[w"),
    no_match("many stars", "org/m", "--include", "*a" * 5000 + "b"),
    Scenario(
        "into a git work tree, and nobody to ask",
        ("row 57", "user: a directory with other content"),
        "the destination holds .git",
        codes=(2,),
        files=TINY,
        lost=ALL,
        prepare=a_work_tree,
        says=("git work tree", "--yes"),
        most=0.0,
        names_host=False,
        again_arguments=("--yes",),
    ),
    Scenario(
        "eight at once on one folder",
        ("row 47", "concurrency: two processes on the same folder", "concurrency: 8 at once"),
        "8 processes, locks good",
        files=MIXED,
        drive=at_once(8),
        check=_waited,
        most=1.1,
        seconds=120,
        again=False,
    ),
    Scenario(
        "eight at once, and no locks",
        ("row 47", "concurrency: 8 at once", "disk: no sparse files, no flock"),
        "8 processes, flock succeeds for everybody",
        files=MIXED,
        drive=no_locks(8),
        seconds=150,
        needs=("gcc",),
    ),
    Scenario(
        "eight at once on many small files, and no locks",
        ("row 47", "concurrency: 8 at once"),
        "8 processes, 120 files, flock succeeds for everybody",
        files={f"p{n % 4}/{n:03d}.txt": f"{n} " * 30 for n in range(120)},
        drive=no_locks(8),
        seconds=150,
        needs=("gcc",),
    ),
    Scenario(
        "eight at once on one cache",
        ("concurrency: on the same cache",),
        "8 processes into the Hub cache",
        files=MIXED,
        drive=at_once(8, "--cache"),
        lost=None,
        seconds=120,
        again=False,
    ),
    Scenario(
        "beside hf download",
        ("row 52", "concurrency: hfget beside hf"),
        "hf download into the same folder at the same time",
        files={**MIXED, "w.bin": 24 * MiB},
        hub={"rate_total": 16 * MiB},
        drive=beside_hf,
        seconds=100,
        needs=("hf",),
    ),
    Scenario(
        "a lock that a dead process left",
        ("row 51", "concurrency: a stale lock of a dead process"),
        "a lock file and a note of its holder",
        files=TINY,
        prepare=stale_lock,
        check=_at_once_over,
    ),
)
