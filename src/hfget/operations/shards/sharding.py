"""Which files of a download are one machine's of several, told without a word between them.

Every machine divides the same list, that of one commit, in the same way: contents by size, the
largest first, each to the shard that has the least so far. Files of one content stay together.
Where the shards share a folder, a file larger than a fair share can be divided before: into ranges
that fill one shard after the other up to that share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan, RemoteFile, Span
from hfget.system import count_text, lazy_pattern

_FORM = lazy_pattern(r"(?:(auto)(?:/(\d{1,6}))?|(\d{1,6})/(\d{1,6}))(:ranges)?")
#: Smaller files come whole: a second process would save less time than putting them together takes.
DIVIDED_BYTES = 64 << 20
#: A range has at least so many bytes, and ends where a block of the journal does.
RANGE_BYTES, BLOCK_BYTES = 16 << 20, 1 << 20
#: Numbers of shards in one sentence.
_MOST_NAMED = 20
_DIGITS = lazy_pattern(r"\d{1,6}")


class Shard(NamedTuple):
    """Part `number` of that many, counted from 1; `ranges` tells that all share a folder."""

    number: int
    of: int
    ranges: bool = False

    def __str__(self) -> str:
        return texts.SHARD(number=self.number, of=self.of)

    @property
    def option(self) -> str:
        """What `--shard` says."""
        return f"{self.number}/{self.of}" + (":ranges" if self.ranges else "")


class Share(NamedTuple):
    """What shard `number` brings of a file: a range of it, or all."""

    number: int
    span: Span | None = None


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
    """The shard that `--shard` names: `2/8`, `auto`, or `auto/8` where only a number is told; with
    `:ranges` behind it large files are divided.

    Raises UsageError for another form, and where `auto` finds nothing.
    """
    if value is None:
        return None
    form = _FORM.fullmatch(text := str(value).strip())
    if form is None:
        raise UsageError(texts.NOT_A_SHARD(value=text[:40]), hint=advice.SHARD_LIKE)
    auto, given, number, count, ranges = form.groups()
    found = (
        Shard(int(number), int(count)) if not auto else _told(env, int(given) if given else None)
    )
    if found is None:
        raise UsageError(texts.NO_SHARD_TOLD, hint=advice.SHARD_LIKE)
    if not 1 <= found.number <= found.of:
        raise UsageError(texts.SHARD_OUT_OF_RANGE(shard=str(found)), hint=advice.SHARD_LIKE)
    return found._replace(ranges=ranges is not None)


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


def shares_of(
    files: Iterable[RemoteFile], count: int, *, ranges: bool = False
) -> dict[str, tuple[Share, ...]]:
    """By path, which shards bring a file; several only with `ranges`."""
    groups: dict[str, list[RemoteFile]] = {}
    for file in files:
        groups.setdefault(file.etag or file.path, []).append(file)
    loads = [0] * count
    shares: dict[str, tuple[Share, ...]] = {}
    ordered = sorted(groups.values(), key=_largest_first)
    if ranges:
        fair = -(-sum(group[0].size for group in ordered) // count)
        for group in ordered:
            # names of one content would each need their own copy of its ranges
            if len(group) == 1 and group[0].size > max(fair, DIVIDED_BYTES):
                shares[group[0].path] = _divided(group[0].size, fair, loads)
    # A file costs a request besides its bytes: empty ones are spread too.
    for group in ordered:
        if group[0].path not in shares:
            least = min(range(count), key=loads.__getitem__)
            loads[least] += group[0].size + len(group)
            shares.update({file.path: (Share(least + 1),) for file in group})
    return shares


def _divided(size: int, fair: int, loads: list[int]) -> tuple[Share, ...]:
    """Ranges of a file for the first shards that have room up to the fair share; `loads` learn it.

    The last one takes what is left.
    """
    found: list[Share] = []
    start = 0
    open_shards = [number for number, load in enumerate(loads) if fair - load >= RANGE_BYTES]
    for number in open_shards:
        end = start - (-(fair - loads[number]) // BLOCK_BYTES) * BLOCK_BYTES
        if number == open_shards[-1] or size - end < RANGE_BYTES:
            end = size
        found.append(Share(number + 1, (start, end)))
        loads[number] += end - start
        start = end
        if start == size:
            break
    if len(found) > 1:
        return tuple(found)
    least = found[0].number if found else min(range(len(loads)), key=loads.__getitem__) + 1
    loads[least - 1] += 0 if found else size
    return (Share(least),)


def _largest_first(group: list[RemoteFile]) -> tuple[int, str]:
    return -group[0].size, min(file.path for file in group)


def part_of(files: Sequence[RemoteFile], shard: Shard) -> tuple[RemoteFile, ...]:
    """The files of one shard, in the order in which they are listed."""
    shares = shares_of(files, shard.of, ranges=shard.ranges)
    return tuple(
        file for file in files if any(one.number == shard.number for one in shares[file.path])
    )


def spans_of(files: Sequence[RemoteFile], shard: Shard) -> dict[str, Span]:
    """By path, the range that one shard brings of a file that is divided."""
    if not shard.ranges:
        return {}
    shares = shares_of(files, shard.of, ranges=True)
    return {
        path: one.span
        for path, each in shares.items()
        for one in each
        if one.span is not None and one.number == shard.number
    }


def uneven_file(files: Sequence[RemoteFile], shard: Shard) -> str:
    """The path of a file that has all others wait, and that could be divided; empty if none has."""
    if shard.ranges or shard.of < 2:
        return ""
    shares = shares_of(files, shard.of, ranges=True)
    return next((path for path, each in shares.items() if len(each) > 1), "")


def lock_of(shard: Shard | None, path: Path) -> Path:
    """What two processes of the same shard lock on; different ones work side by side."""
    if shard is None:
        return path
    return path.with_name(f"{path.stem}-{shard.number}-of-{shard.of}{path.suffix}")


def said_of_others(
    whole: Plan, shard: Shard, lacks: Callable[[RemoteFile, Span], bool]
) -> tuple[str, bool]:
    """Which shards are not here yet, as a sentence, and whether that is none.

    `lacks` tells whether bytes of a range of a file are missing.
    """
    missing = [item.file for item in whole.items if item.state is not ItemState.COMPLETE]
    files = count_text(len(missing), "file")
    if not missing:
        total = count_text(len(whole.items), "file")
        return texts.ALL_SHARDS_HERE(count=shard.of, files=total), True
    shares = shares_of([item.file for item in whole.items], shard.of, ranges=shard.ranges)
    others = sorted(
        {
            one.number
            for file in missing
            for one in shares[file.path]
            if one.span is None or lacks(file, one.span)
        }
    )
    if not others:
        return texts.SHARDS_JOINED_ELSEWHERE(shard=str(shard), files=files), False
    names = ", ".join(map(str, others[:_MOST_NAMED])) + (", ..." if others[_MOST_NAMED:] else "")
    return texts.SHARDS_MISSING(shard=str(shard), others=names, files=files), False
