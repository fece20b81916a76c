"""Which files of a download are one machine's of several, told without a word between them.

Every machine divides the same list, that of one commit, in the same way: contents by size, the
largest first, each to the shard that has the least so far. Files of one content stay together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan, RemoteFile
from hfget.system import count_text

_FORM = re.compile(r"(?:(auto)(?:/(\d{1,6}))?|(\d{1,6})/(\d{1,6}))")
#: Numbers of shards in one sentence.
_MOST_NAMED = 20
_DIGITS = re.compile(r"\d{1,6}")


class Shard(NamedTuple):
    """Part `number` of that many, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return texts.SHARD(number=self.number, of=self.of)


class _Ranks(NamedTuple):
    """The variables in which a launcher tells a process its place, and the first number."""

    rank: str
    size: str
    first: int


#: Slurm's steps, PMI (MPICH, Intel MPI), Open MPI; GitLab's parallel jobs count from 1.
_LAUNCHERS = (
    _Ranks("SLURM_PROCID", "SLURM_NTASKS", 0),
    _Ranks("PMI_RANK", "PMI_SIZE", 0),
    _Ranks("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", 0),
    _Ranks("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
)


def shard_of(value: str | tuple[int, int] | None, env: Mapping[str, str]) -> Shard | None:
    """The shard that `--shard` names: `2/8`, `auto`, or `auto/8` where only a number is told.

    Raises UsageError for another form, and where `auto` finds nothing.
    """
    if value is None:
        return None
    form = _FORM.fullmatch(text := str(value).strip())
    if form is None:
        raise UsageError(texts.NOT_A_SHARD(value=text[:40]), hint=advice.SHARD_LIKE)
    auto, given, number, count = form.groups()
    found = (
        Shard(int(number), int(count)) if not auto else _told(env, int(given) if given else None)
    )
    if found is None:
        raise UsageError(texts.NO_SHARD_TOLD, hint=advice.SHARD_LIKE)
    if not 1 <= found.number <= found.of:
        raise UsageError(texts.SHARD_OUT_OF_RANGE(shard=str(found)), hint=advice.SHARD_LIKE)
    return found


def _told(env: Mapping[str, str], count: int | None) -> Shard | None:
    """What the environment tells; `count` stands for one that it does not tell."""
    within = next(filter(None, (_rank(env, one) for one in _LAUNCHERS)), None)
    array = _array_task(env, count)
    if array and within and "SLURM_PROCID" in env and within.of > 1:
        tasks = within.of
        return Shard((array.number - 1) * tasks + within.number, array.of * tasks)
    return array or _index(env, count) or within


def _array_task(env: Mapping[str, str], count: int | None) -> Shard | None:
    """Slurm: an array may begin anywhere, and leave out numbers (sbatch, --array)."""
    task, first, step = (_number(env, f"SLURM_ARRAY_TASK_{name}") for name in ("ID", "MIN", "STEP"))
    count = _number(env, "SLURM_ARRAY_TASK_COUNT") or count
    if task is None or count is None:
        return None
    return Shard((task - (first or 0)) // (step or 1) + 1, count)


def _index(env: Mapping[str, str], count: int | None) -> Shard | None:
    """Kubernetes: an Indexed Job tells a pod its number, not how many there are."""
    index = _number(env, "JOB_COMPLETION_INDEX")
    return Shard(index + 1, count) if index is not None and count is not None else None


def _rank(env: Mapping[str, str], ranks: _Ranks) -> Shard | None:
    number, count = _number(env, ranks.rank), _number(env, ranks.size)
    if number is None or count is None:
        return None
    return Shard(number - ranks.first + 1, count)


def _number(env: Mapping[str, str], name: str) -> int | None:
    text = env.get(name, "").strip()
    return int(text) if _DIGITS.fullmatch(text) else None


def shard_numbers(files: Iterable[RemoteFile], count: int) -> dict[str, int]:
    """By path, the number of the shard whose file it is."""
    groups: dict[str, list[RemoteFile]] = {}
    for file in files:
        groups.setdefault(file.etag or file.path, []).append(file)
    loads = [0] * count
    numbers = {}
    # A file costs a request besides its bytes: empty ones are spread too.
    for group in sorted(groups.values(), key=_largest_first):
        least = min(range(count), key=loads.__getitem__)
        loads[least] += group[0].size + len(group)
        numbers.update({file.path: least + 1 for file in group})
    return numbers


def _largest_first(group: list[RemoteFile]) -> tuple[int, str]:
    return -group[0].size, min(file.path for file in group)


def part_of(files: Sequence[RemoteFile], shard: Shard) -> tuple[RemoteFile, ...]:
    """The files of one shard, in the order in which they are listed."""
    numbers = shard_numbers(files, shard.of)
    return tuple(file for file in files if numbers[file.path] == shard.number)


def lock_of(shard: Shard | None, path: Path) -> Path:
    """What two processes of the same shard lock on; different ones work side by side."""
    if shard is None:
        return path
    return path.with_name(f"{path.stem}-{shard.number}-of-{shard.of}{path.suffix}")


def said_of_others(whole: Plan, shard: Shard) -> tuple[str, bool]:
    """Which shards are not here yet, as a sentence, and whether that is none."""
    missing = [item.file for item in whole.items if item.state is not ItemState.COMPLETE]
    files = count_text(len(missing), "file")
    if not missing:
        total = count_text(len(whole.items), "file")
        return texts.ALL_SHARDS_HERE(count=shard.of, files=total), True
    numbers = shard_numbers([item.file for item in whole.items], shard.of)
    others = sorted({numbers[file.path] for file in missing})
    names = ", ".join(map(str, others[:_MOST_NAMED])) + (", ..." if others[_MOST_NAMED:] else "")
    return texts.SHARDS_MISSING(shard=str(shard), others=names, files=files), False
