"""Section: the disk, small or broken, what lies in the folder already, and signals."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable

from tests.hub.repos import KiB, MiB
from tests.trials import tools
from tests.trials.scenario import MIXED, SMALL, Files, Scenario
from tests.trials.trial import Trial

ALL = ("w.bin", "b.bin", "c.json")
ONE: Files = {"w.bin": 24 * MiB, "c.json": '{"a": 1}'}
ENOSPC, EIO, EROFS, EDQUOT, EINVAL, EXDEV, EOPNOTSUPP = 28, 5, 30, 122, 22, 18, 95


def small_disk(size: int) -> Callable[[Trial], None]:
    """`out` is a file system of `size` bytes of its own."""

    def prepare(trial: Trial) -> None:
        trial.out.mkdir()
        tools.mount_tmpfs(trial.stack, trial.out, size)

    return prepare


def read_only(trial: Trial) -> None:
    small_disk(20 * MiB)(trial)
    tools.remount(trial.out, 20 * MiB, "ro")


def more_space(size: int) -> Callable[[Trial], None]:
    def mend(trial: Trial) -> None:
        tools.remount(trial.out, size)

    return mend


def _filled_midway(trial: Trial) -> None:
    """Somebody else fills the disk while the download runs."""
    while trial.sent < 6 * MiB and trial.process.poll() is None:
        time.sleep(0.005)
    trial.user_files.add(trial.out / "filler")
    tools.fill(trial.out / "filler", keep=2 * MiB)


def _not_filled(trial: Trial) -> None:
    (trial.out / "filler").unlink()


def shim(rules: str, **more: str) -> Callable[[Trial], None]:
    """The command runs with failing system calls; the second run without."""

    def prepare(trial: Trial) -> None:
        library = tools.shim()
        trial.env |= {"LD_PRELOAD": str(library), "SHIM": rules, **more}
        trial.env_again = {"LD_PRELOAD": "", "SHIM": ""}

    return prepare


def limited(which: int, value: int) -> Callable[[Trial], None]:
    def drive(trial: Trial) -> None:
        trial.run(preexec=lambda: resource.setrlimit(which, (value, value)))

    return drive


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


def signalled(number: int, times: int = 1) -> Callable[[Trial], None]:
    def act(trial: Trial) -> None:
        while trial.sent < 4 * MiB and trial.process.poll() is None:
            time.sleep(0.005)
        for _ in range(times):
            trial.process.send_signal(number)
            time.sleep(0.02)

    return act


def _broken(path_glob: str, data: bytes) -> Callable[[Trial], None]:
    """After an interruption somebody writes `data` over the middle of the partial's files."""

    def drive(trial: Trial) -> None:
        trial.run(act=signalled(signal.SIGTERM))
        found = list((trial.out / ".cache/huggingface/download").rglob(path_glob))
        assert found, "the interruption left nothing to break"
        for path in found:
            with path.open("r+b") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(min(size // 2, max(0, size - len(data))))
                file.write(data)
        trial.run()

    return drive


def _partials_cut(trial: Trial) -> None:
    trial.run(act=signalled(signal.SIGTERM))
    for path in (trial.out / ".cache/huggingface/download").rglob("*.incomplete"):
        os.truncate(path, path.stat().st_size // 3)
    trial.run()


def _forged_records(trial: Trial) -> None:
    """A record that calls a wrong file complete, made in good time."""
    place = trial.out / "c.json"
    user_file("c.json", b'{"a": 2}')(trial)
    record = trial.out / ".cache/huggingface/download/c.json.metadata"
    record.parent.mkdir(parents=True)
    record.write_bytes(os.urandom(3000))
    os.utime(place, (1, 1))


def _no_names(trial: Trial) -> None:
    trial.arguments += ["--local-dir", "/".join(["long", *(["x" * 250] * 16)])]
    trial.allowed.append("work/long*")


def _shorter(trial: Trial) -> None:
    del trial.arguments[-2:]


_SIGNALS = ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129))

SCENARIOS = (
    Scenario(
        "too little space from the start",
        ("row 40", "disk: full at start"),
        "a disk of 8 MiB for 24 MiB",
        codes=(7,),
        files=ONE,
        lost=("w.bin", "c.json"),
        prepare=small_disk(8 * MiB),
        mend=more_space(80 * MiB),
        says=("needed", "free", "--include"),
        most=0.01,
        needs=("root",),
    ),
    Scenario(
        "the disk fills up midway",
        ("row 41", "disk: full midway"),
        "somebody else fills the disk",
        codes=(7,),
        files={f"w{number}.bin": (8 + number) * MiB for number in range(5)},
        arguments=("-j", "1"),
        hub={"rate_total": 8 * MiB},
        lost=None,
        prepare=small_disk(70 * MiB),
        act=_filled_midway,
        mend=_not_filled,
        says=("no space left",),
        most_again=1.6,
        needs=("root",),
    ),
    *(
        Scenario(
            f"no space at {name}",
            ("row 41", "disk: full midway"),
            f"ENOSPC: {rules}",
            codes=(7,),
            files=ONE,
            lost=None,
            prepare=shim(rules),
            says=("no space left",),
            most_again=2.2,
            needs=("gcc",),
        )
        for name, rules in (
            ("the first write of data", f"pwrite:.incomplete:1:{ENOSPC}:0"),
            ("the tenth write of data", f"pwrite:.incomplete:10:{ENOSPC}:0"),
            ("the first journal record", f"write:hfget-journal:1:{ENOSPC}:0"),
            ("a later journal record", f"write:hfget-journal:6:{ENOSPC}:0"),
            ("the final rename", f"rename:m/w.bin:1:{ENOSPC}:0;rename:w.bin:1:{ENOSPC}:0"),
            ("the records", f"write:.tmp:1:{ENOSPC}:0"),
            ("the metadata", f"rename:.metadata:1:{ENOSPC}:0"),
        )
    ),
    *(
        Scenario(
            f"{name} while writing",
            ("row 43", "disk: quota, file-size limit, read-only"),
            f"errno {code} from the third write",
            codes=(7,),
            files=ONE,
            lost=None,
            prepare=shim(f"pwrite:.incomplete:3:{code}:0"),
            says=says,
            needs=("gcc",),
        )
        for name, code, says in (
            ("EDQUOT", EDQUOT, ("quota",)),
            ("EFBIG", 27, ("larger than this file system",)),
            ("EIO", EIO, ("read or write error",)),
            ("EROFS", EROFS, ("read-only",)),
            ("EACCES", 13, ("permission denied",)),
        )
    ),
    Scenario(
        "a limit on file sizes",
        ("row 43", "disk: quota, file-size limit, read-only"),
        "ulimit -f of 5 MiB",
        codes=(7,),
        files=ONE,
        lost=("w.bin",),
        drive=limited(resource.RLIMIT_FSIZE, 5 * MiB),
        says=("ulimit -f",),
    ),
    Scenario(
        "a read-only file system",
        ("row 43", "disk: quota, file-size limit, read-only"),
        "the folder is mounted read-only",
        codes=(7,),
        files=SMALL,
        lost=ALL,
        prepare=read_only,
        mend=lambda trial: tools.remount(trial.out, 20 * MiB, "rw"),
        says=("read-only",),
        needs=("root",),
    ),
    Scenario(
        "a path too long for the system",
        ("row 43", "disk: name too long"),
        "--local-dir of 4,000 characters",
        codes=(7,),
        lost=None,
        prepare=_no_names,
        mend=_shorter,
        says=("too long",),
    ),
    Scenario(
        "EIO while reading back, once",
        ("row 42",),
        "the first reads of the data fail",
        codes=(0, 7),
        files=ONE,
        lost=None,
        prepare=shim(f"pread:.incomplete:2:{EIO}:1"),
        needs=("gcc",),
    ),
    Scenario(
        "EIO while reading back, always",
        ("row 42",),
        "the data cannot be read",
        codes=(7,),
        files=ONE,
        lost=None,
        prepare=shim(f"pread:.incomplete:1:{EIO}:0;read:.incomplete:1:{EIO}:0"),
        says=("read or write error",),
        needs=("gcc",),
    ),
    Scenario(
        "no fsync, no fallocate, no sparse files",
        ("row 44", "disk: no sparse files, no flock"),
        "EINVAL from fsync, EOPNOTSUPP from fallocate",
        files=ONE,
        prepare=shim(f"fsync::1:{EINVAL}:0;fallocate::1:{EOPNOTSUPP}:0"),
        needs=("gcc",),
    ),
    Scenario(
        "no truncate",
        ("row 44", "disk: no sparse files, no flock"),
        "EPERM from ftruncate",
        codes=(0, 7),
        files=ONE,
        lost=None,
        prepare=shim("truncate:.incomplete:1:1:0"),
        needs=("gcc",),
    ),
    Scenario(
        "EXDEV at the rename",
        ("row 45",),
        "rename says that it crosses devices",
        codes=(1, 7),
        files=ONE,
        lost=None,
        prepare=shim(f"rename:w.bin:1:{EXDEV}:0"),
        needs=("gcc",),
    ),
    Scenario(
        "no flock",
        ("disk: no sparse files, no flock", "row 47"),
        "ENOSYS from flock",
        files=ONE,
        prepare=shim("flock::1:38:0"),
        needs=("gcc",),
    ),
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
    Scenario(
        "the partial is edited",
        ("disk: .incomplete edited by somebody",),
        "interrupted, then bytes of the partial overwritten",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_broken("*.incomplete", os.urandom(5000)),
        most=2.4,
    ),
    Scenario(
        "the partial is cut",
        ("disk: .incomplete edited by somebody",),
        "interrupted, then the partial cut to a third",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_partials_cut,
        most=2.4,
    ),
    Scenario(
        "the journal is garbage",
        ("disk: journal garbage or from another version",),
        "interrupted, then the journal's middle overwritten",
        files=ONE,
        hub={"rate_total": 16 * MiB},
        drive=_broken("*.hfget-journal", os.urandom(90)),
        most=2.4,
    ),
    *(
        Scenario(
            f"signal {number.name}",
            ("row 36", "death: SIGTERM, SIGINT, SIGHUP"),
            f"{number.name} amid the download",
            codes=(code,),
            files=MIXED,
            hub={"rate_total": 12 * MiB},
            lost=None,
            act=signalled(number),
            says=("org/m",),
            most_again=1.5,
        )
        for number, code in _SIGNALS
    ),
    Scenario(
        "two interrupts",
        ("row 36",),
        "SIGINT twice at once",
        codes=(130,),
        files=MIXED,
        hub={"rate_total": 12 * MiB},
        lost=None,
        act=signalled(signal.SIGINT, 2),
        most_again=1.8,
    ),
    Scenario(
        "killed",
        ("row 33", "death: kill -9"),
        "SIGKILL amid the download",
        codes=(-9,),
        files=MIXED,
        hub={"rate_total": 12 * MiB},
        lost=None,
        act=signalled(signal.SIGKILL),
        most_again=1.6,
    ),
    *(
        Scenario(
            f"few {name}",
            ("row 38",),
            f"ulimit: {value} {name}",
            codes=codes,
            files={**ONE, **{f"s/{n}.txt": f"{n}" for n in range(40)}},
            lost=None,
            drive=limited(which, value),
        )
        for name, which, value, codes in (
            ("descriptors", resource.RLIMIT_NOFILE, 32, (0,)),
            ("descriptors, too few", resource.RLIMIT_NOFILE, 12, (0, 7)),
            ("bytes of memory", resource.RLIMIT_AS, 420 * MiB, (0, 7)),
        )
    ),
    Scenario(
        "an empty file and a large name",
        ("disk: name too long",),
        "a component of 255 bytes, a file of no bytes",
        files={"x" * 255: "long\n", "empty": b"", "y" * 240 + ".bin": 30 * KiB},
    ),
)
