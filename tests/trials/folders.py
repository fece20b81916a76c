"""Section: what lies in the folder already, or is changed there meanwhile."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable

from tests.hub.repos import MiB
from tests.trials.disk import ONE
from tests.trials.scenario import Scenario
from tests.trials.trial import Trial


def user_file(path: str, text: bytes) -> Callable[[Trial], None]:
    def prepare(trial: Trial) -> None:
        place = trial.out / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)

    return prepare


def user_kept(path: str, text: bytes) -> Callable[[Trial], None]:
    def check(trial: Trial) -> None:
        assert (trial.out / path).read_bytes() == text, "the user's file was changed"

    return check


def removed(path: str) -> Callable[[Trial], None]:
    def mend(trial: Trial) -> None:
        place = trial.out / path
        if place.is_dir() and not place.is_symlink():
            place.rmdir()
        else:
            place.unlink()

    return mend


def _same_content(trial: Trial) -> None:
    for path in ("w.bin", "c.json"):
        place = trial.out / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((trial.source / path).read_bytes())


def _nothing_fetched(trial: Trial) -> None:
    assert not trial.hub.requests("cdn", path="*"), "content was fetched that was there"


def _folder_in_the_way(trial: Trial) -> None:
    (trial.out / "w.bin").mkdir(parents=True)


def _read_only_file(trial: Trial) -> None:
    user_file("c.json", b"mine, and read-only")(trial)
    (trial.out / "c.json").chmod(0o444)


def _swapped_midway(trial: Trial) -> None:
    """The destination folder is replaced by a link to outside while the download runs."""
    outside = trial.base / "outside"
    while trial.sent < 4 * MiB and trial.process.poll() is None:
        time.sleep(0.005)
    (trial.out / "sub").rename(trial.out / "before")
    (trial.out / "sub").symlink_to(outside)


def _with_outside(trial: Trial) -> None:
    (trial.base / "outside").mkdir()
    (trial.out / "sub").mkdir(parents=True)


def _nothing_outside(trial: Trial) -> None:
    left = list((trial.base / "outside").rglob("*"))
    assert not left, f"written through the link: {left}"


def _unswap(trial: Trial) -> None:
    (trial.out / "sub").unlink()


def _removed_midway(trial: Trial) -> None:
    while trial.sent < 4 * MiB and trial.process.poll() is None:
        time.sleep(0.005)
    subprocess.run(["rm", "-rf", str(trial.out)], check=False, timeout=20)


def _forged_records(trial: Trial) -> None:
    """A record that calls a wrong file complete, made in good time."""
    place = trial.out / "c.json"
    user_file("c.json", b'{"a": 2}')(trial)
    record = trial.out / ".cache/huggingface/download/c.json.metadata"
    record.parent.mkdir(parents=True)
    record.write_bytes(os.urandom(3000))
    os.utime(place, (1, 1))


SCENARIOS = (
    Scenario(
        "the same content is there",
        ("row 46", "disk: destination is a symlink or a file"),
        "two of the files, put there by somebody",
        files={"w.bin": 3 * MiB, "c.json": '{"a": 1}'},
        prepare=_same_content,
        check=_nothing_fetched,
    ),
    Scenario(
        "other content is there",
        ("row 46", "user: a directory with other content"),
        "a file of the user under the name of c.json",
        codes=(7,),
        lost=None,
        prepare=user_file("c.json", b"mine"),
        check=user_kept("c.json", b"mine"),
        mend=removed("c.json"),
        says=("--force",),
    ),
    Scenario(
        "other content of the same size is there",
        ("row 46", "user: a directory with other content"),
        "a file of the user, as long as c.json",
        codes=(7,),
        lost=None,
        prepare=user_file("c.json", b'{"a": 2}'),
        check=user_kept("c.json", b'{"a": 2}'),
        mend=removed("c.json"),
        says=("--force",),
    ),
    Scenario(
        "other content, and force",
        ("row 46",),
        "a file of the user, --force",
        prepare=user_file("c.json", b"mine"),
        arguments=("--force",),
    ),
    Scenario(
        "a read-only file in the way",
        ("row 46",),
        "a read-only file of the user",
        codes=(7,),
        lost=None,
        prepare=_read_only_file,
        mend=removed("c.json"),
    ),
    Scenario(
        "a folder in the way",
        ("row 46",),
        "a folder under the name of w.bin",
        codes=(7,),
        lost=("w.bin",),
        prepare=_folder_in_the_way,
        mend=removed("w.bin"),
        says=("folder",),
    ),
    Scenario(
        "files that concern nobody",
        ("user: a directory with other content",),
        "the folder holds files of the user",
        prepare=user_file("notes/mine.txt", b"mine"),
        check=user_kept("notes/mine.txt", b"mine"),
    ),
    Scenario(
        "a forged record",
        ("row 46", "disk: journal garbage or from another version"),
        "random bytes as the record of a file of the user",
        codes=(7,),
        lost=None,
        prepare=_forged_records,
        check=user_kept("c.json", b'{"a": 2}'),
        mend=removed("c.json"),
    ),
    Scenario(
        "the folder becomes a link midway",
        ("row 46", "disk: destination is a symlink or a file"),
        "sub is replaced by a link to outside while the download runs",
        codes=(0, 7, 8),
        files={"w.bin": 24 * MiB, "sub/w2.bin": 24 * MiB},
        hub={"rate_total": 16 * MiB},
        lost=None,
        prepare=_with_outside,
        act=_swapped_midway,
        check=_nothing_outside,
        mend=_unswap,
    ),
    Scenario(
        "the folder is removed midway",
        ("row 52",),
        "rm -rf of the folder while the download runs",
        codes=(0, 7),
        files=ONE,
        hub={"rate_total": 12 * MiB},
        lost=None,
        act=_removed_midway,
    ),
)
