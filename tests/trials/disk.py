"""Section: the disk, too small or broken."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

from tests.hub.repos import KiB, MiB
from tests.support.command import tree
from tests.trials import tools
from tests.trials.scenario import ALL, SMALL, Files, Scenario
from tests.trials.trial import Trial

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
        met = trial.base / "shim-met"
        trial.env |= {"LD_PRELOAD": str(library), "SHIM": rules, "SHIM_MET": str(met), **more}
        trial.allowed.append(met.name)
        if rules:
            trial.notes["met"] = met
        trial.env_again = {"LD_PRELOAD": "", "SHIM": ""}

    return prepare


def limited(which: int, value: int) -> Callable[[Trial], None]:
    def drive(trial: Trial) -> None:
        trial.run(preexec=lambda: resource.setrlimit(which, (value, value)))

    return drive


def _in_the_cache(trial: Trial) -> None:
    """All files are in a snapshot of the Hub cache."""
    folders = list((trial.shell.directory / "home/hf/hub").glob("models--*/snapshots/*"))
    assert len(folders) == 1, f"{len(folders)} snapshots"
    assert tree(folders[0]) == trial.expected(), "the snapshot is another"


def _no_names(trial: Trial) -> None:
    trial.arguments += ["--local-dir", "/".join(["long", *(["x" * 250] * 16)])]
    trial.allowed.append("work/long*")


def _shorter(trial: Trial) -> None:
    del trial.arguments[-2:]


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
        says=("needs", "free", "--include"),
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
            ("the final rename", f"rename:w.bin:1:{ENOSPC}:0"),
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
        "a read of the data fails",
        files=ONE,
        most=1.6,
        prepare=shim(f"pread:.incomplete:2:{EIO}:1"),
        needs=("gcc",),
    ),
    Scenario(
        "EIO while reading back, three times",
        ("row 42",),
        "three reads of the data fail: of the hash twice, then of a block",
        files={"w.bin": 24 * MiB},
        most=2.1,
        prepare=shim(f"pread:.incomplete:1:{EIO}:3"),
        needs=("gcc",),
    ),
    Scenario(
        "EIO while reading back, always",
        ("row 42",),
        "the data cannot be read",
        codes=(7,),
        files=ONE,
        lost=None,
        prepare=shim(f"pread:.incomplete:1:{EIO}:0"),
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
        "no symbolic links",
        ("disk: no symlinks",),
        "EPERM from symlink, into the Hub cache",
        prepare=shim("symlink::1:1:0"),
        arguments=("--cache",),
        lost=None,
        check=_in_the_cache,
        again=False,
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
        "an empty file and a large name",
        ("disk: name too long",),
        "a component of 255 bytes, a file of no bytes",
        files={"x" * 255: "long\n", "empty": b"", "y" * 240 + ".bin": 30 * KiB},
    ),
)
