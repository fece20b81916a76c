"""What is downloaded, over which network, by whom: the workloads as data."""

from __future__ import annotations

from dataclasses import dataclass

from bench import contestants as by
from bench.contents import GIB, KIB, MB, MIB, RepoSpec, many_files, mixture, one_file
from bench.contestants import Contestant
from bench.link import Quality
from bench.servers import Throttle


@dataclass(frozen=True, slots=True)
class Scale:
    """How much: sizes in bytes, counts of files, repeats of every measurement.

    `many` are the numbers of files whose cost is to be the same: one, some, and very many.
    """

    name: str
    repeats: int
    large: int
    throttled: int
    small: int
    distant: int
    complete: int
    mixed: tuple[int, int, int]
    many: tuple[int, int, int]
    starts: int
    timeout: float


FULL = Scale(
    "full",
    5,
    2 * GIB,
    GIB // 2,
    2000,
    GIB // 2,
    10_000,
    (3, 500 * MB, 500),
    (1, 1000, 100_000),
    20,
    900,
)
QUICK = Scale(
    "quick",
    3,
    256 * MIB,
    256 * MIB,
    500,
    128 * MIB,
    2000,
    (3, 64 * MB, 100),
    (1, 500, 10_000),
    10,
    120,
)
TINY = Scale("tiny", 1, 16 * MIB, 16 * MIB, 40, 8 * MIB, 60, (2, 12 * MB, 20), (1, 20, 200), 2, 60)


@dataclass(frozen=True, slots=True)
class Workload:
    """`complete`: all is there already, from an uncounted first run.

    `start_up`: nothing is downloaded at all.
    """

    key: str
    title: str
    repo: RepoSpec
    contestants: tuple[Contestant, ...]
    repeats: int
    timeout: float
    tls: bool = False
    throttle: Throttle | None = None
    quality: Quality | None = None
    complete: bool = False
    start_up: bool = False

    @property
    def conditions(self) -> str:
        parts = ["TLS" if self.tls else "plain HTTP"]
        if self.throttle is not None:
            how = "paced by the kernel" if self.throttle.strict else "nginx limit_rate"
            parts.append(f"{self.throttle.rate / MB:g} MB/s a connection ({how})")
        parts.append(str(self.quality) if self.quality is not None else "loopback")
        return "" if self.start_up else ", ".join(parts)


THROTTLED = 8 * MB
LONG_FAT = Quality(0.080, 125 * MB, 0.001)
DISTANT = Quality(0.050, 1250 * MB)


def workloads(scale: Scale) -> list[Workload]:
    """All of them, in the order in which they are measured."""
    large = one_file("large", scale.large)
    throttled = one_file("throttled", scale.throttled)
    small = many_files("small", scale.small, 4 * KIB)
    times = (scale.repeats, scale.timeout)
    size = _size(scale.large)
    arias = (by.aria2c(1), by.aria2c(4), by.aria2c(16))
    curls = (by.curl(), by.curl(and_sum=True))
    many = (by.hfget(), by.hf_download(), by.aria2c_list())
    wide = (by.hfget(), by.hfget("-x", "64"), by.aria2c(16), by.hf_download())
    w2 = f"one file of {_size(scale.throttled)}, throttled"
    w3 = f"{scale.small:,} files of 4 KiB"
    shards, shard_size, rest = scale.mixed
    return [
        Workload(
            "W1",
            f"one file of {size}",
            large,
            (
                *(by.hfget(), by.hfget("--no-fsync"), *arias, *curls),
                *(by.wget(), by.hf_download()),
            ),
            *times,
        ),
        Workload(
            "W1-tls",
            f"one file of {size}, TLS",
            large,
            (by.hfget(), by.aria2c(4), by.aria2c(16), *curls, by.hf_download()),
            *times,
            tls=True,
        ),
        Workload("W2", w2, throttled, wide[:3], *times, throttle=Throttle(THROTTLED)),
        Workload(
            "W2-strict",
            f"{w2} strictly",
            throttled,
            wide[:3],
            *times,
            throttle=Throttle(THROTTLED, strict=True),
        ),
        Workload("W3", w3, small, many, *times),
        Workload(
            "W3-50ms",
            f"{w3}, 50 ms away",
            small,
            (*many, by.hfget("-j", "32")),
            *times,
            quality=DISTANT,
        ),
        Workload(
            "W4",
            f"one file of {_size(scale.distant)}, long fat link",
            one_file("distant", scale.distant),
            wide,
            *times,
            quality=LONG_FAT,
        ),
        Workload(
            "W5",
            f"{scale.complete:,} files, all there already",
            many_files("complete", scale.complete, KIB),
            (by.hfget(), by.hf_download()),
            *times,
            complete=True,
        ),
        Workload(
            "W6",
            "start-up",
            one_file("none", 0),
            (
                *(by.start_up("--version"), by.start_up("--help")),
                *(by.empty_typer(), by.empty_typer("--help")),
            ),
            scale.starts,
            scale.timeout,
            start_up=True,
        ),
        Workload(
            "W8",
            f"{shards} files of {shard_size // MB} MB and {rest} of 4 KiB",
            mixture("mixed", shards, shard_size, rest, 4 * KIB),
            many,
            *times,
        ),
        *(
            Workload(
                key,
                f"{count:,} files of 1 KiB" if count > 1 else "one file of 1 KiB",
                many_files(f"scale-{count}", count, KIB),
                (by.hfget(),),
                min(scale.repeats, 3),
                scale.timeout,
            )
            for key, count in zip(("W9-one", "W9-some", "W9"), scale.many, strict=True)
        ),
    ]


def _size(count: int) -> str:
    return f"{count / GIB:g} GiB" if count >= GIB // 2 else f"{count / MIB:g} MiB"
