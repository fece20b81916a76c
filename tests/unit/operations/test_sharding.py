"""The parts of several machines: disjoint, whole, balanced, the same wherever they are made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.errors import UsageError
from hfget.model import RemoteFile
from hfget.operations.shards import sharding
from hfget.operations.shards.sharding import (
    Shard,
    part_of,
    shard_of,
    shares_of,
    spans_of,
    uneven_file,
)


def file(number: int, size: int, content: int) -> RemoteFile:
    return RemoteFile(f"f{number}", size, f"{content:040x}")


FILES = st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 30)), max_size=60).map(
    lambda drawn: [
        file(number, {c: s for s, c in reversed(drawn)}[content], content)
        for number, (_, content) in enumerate(drawn)
    ]
)


@given(FILES, st.integers(1, 12))
def test_every_file_is_in_one_part_and_twins_are_in_the_same(
    files: list[RemoteFile], count: int
) -> None:
    parts = [part_of(files, Shard(number, count)) for number in range(1, count + 1)]
    assert sorted(one.path for part in parts for one in part) == sorted(one.path for one in files)
    homes = {one.etag: number for number, part in enumerate(parts) for one in part}
    for number, part in enumerate(parts):
        assert all(homes[one.etag] == number for one in part)
        assert [one for one in files if one in part] == list(part)


@given(FILES, st.integers(1, 12))
def test_no_part_has_more_than_its_share_and_one_content(
    files: list[RemoteFile], count: int
) -> None:
    contents = {one.etag: one.size for one in files}
    share = sum(contents.values()) / count + max(contents.values(), default=0)
    for number in range(1, count + 1):
        part = {one.etag: one.size for one in part_of(files, Shard(number, count))}
        assert sum(part.values()) <= share + len(files)


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_of_the_listing_does_not_matter(files: list[RemoteFile], random: object) -> None:
    unique = list({one.etag: one for one in files}.values())
    mixed = [*unique]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for number in (1, 2, 3):
        one, other = part_of(unique, Shard(number, 3)), part_of(mixed, Shard(number, 3))
        assert set(one) == set(other)


@given(FILES, st.integers(1, 12))
def test_ranges_cover_each_file_once_and_no_shard_has_much_more_than_its_share(
    files: list[RemoteFile], count: int
) -> None:
    parts = [Shard(number, count, ranges=True) for number in range(1, count + 1)]
    spans: dict[str, list[tuple[int, int]]] = {one.path: [] for one in files}
    loads = []
    for shard in parts:
        of_files, of_bytes = part_of(files, shard), spans_of(files, shard)
        for one in of_files:
            spans[one.path].append(of_bytes.get(one.path, (0, one.size)))
        whole = {one.etag: one.size for one in of_files if one.path not in of_bytes}
        loads.append(sum(whole.values()) + sum(end - start for start, end in of_bytes.values()))
    sizes = {one.path: one.size for one in files}
    for path, found in spans.items():
        starts, ends = zip(*sorted(found), strict=True)
        assert starts[0] == 0 and ends[-1] == sizes[path] and starts[1:] == ends[:-1]
        assert all(start % sharding.BLOCK_BYTES == 0 for start in starts)
        if len(found) > 1:
            assert min(end - start for start, end in found) >= sharding.RANGE_BYTES
    contents = {one.etag: one.size for one in files}
    fair = sum(contents.values()) / count
    twins = [one.size for one in files if sum(other.etag == one.etag for other in files) > 1]
    whole_ones = max([*twins, *(size for size in sizes.values() if size <= fair)], default=0)
    assert max(loads) <= fair + max(whole_ones, sharding.DIVIDED_BYTES) + count * (17 << 20)


@given(FILES, st.randoms(use_true_random=False))
def test_ranges_do_not_depend_on_the_order_of_the_listing(
    files: list[RemoteFile], random: object
) -> None:
    unique = list({one.etag: one for one in files}.values())
    mixed = [*unique]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert shares_of(unique, 3, ranges=True) == shares_of(mixed, 3, ranges=True)


def test_one_large_file_is_divided_evenly_and_twins_are_not() -> None:
    large = file(1, 40 << 30, 1)
    spans = [spans_of([large], Shard(number, 4, ranges=True)) for number in range(1, 5)]
    assert spans == [
        {"f1": (number * (10 << 30), (number + 1) * (10 << 30))} for number in range(4)
    ]
    twins = [large, large.__class__("f2", large.size, large.blob_id)]
    assert spans_of(twins, Shard(1, 4, ranges=True)) == {}
    assert spans_of([file(1, 60 << 20, 1)], Shard(1, 4, ranges=True)) == {}
    assert uneven_file([large], Shard(1, 4)) == "f1"
    assert uneven_file([large], Shard(1, 4, ranges=True)) == ""
    assert uneven_file([large], Shard(1, 1)) == ""
    assert uneven_file([file(n, 80 << 20, n) for n in range(8)], Shard(1, 4)) == ""


@pytest.mark.parametrize(
    ("value", "env", "shard"),
    [
        (None, {}, None),
        ("2/8", {"SLURM_PROCID": "0", "SLURM_NTASKS": "2"}, Shard(2, 8)),
        (" 1/1 ", {}, Shard(1, 1)),
        ("2/8:ranges", {}, Shard(2, 8, ranges=True)),
        ("auto/5:ranges", {"JOB_COMPLETION_INDEX": "4"}, Shard(5, 5, ranges=True)),
        ("auto", {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4"}, Shard(1, 4)),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "7",
                "SLURM_ARRAY_TASK_MIN": "1",
                "SLURM_ARRAY_TASK_STEP": "2",
                "SLURM_ARRAY_TASK_COUNT": "4",
                "SLURM_PROCID": "0",
                "SLURM_NTASKS": "1",
            },
            Shard(4, 4),
        ),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "2",
                "SLURM_ARRAY_TASK_MIN": "1",
                "SLURM_ARRAY_TASK_COUNT": "2",
                "SLURM_PROCID": "1",
                "SLURM_NTASKS": "3",
            },
            Shard(5, 6),
        ),
        ("auto", {"SLURM_PROCID": "3", "SLURM_NTASKS": "4"}, Shard(4, 4)),
        ("auto/5", {"JOB_COMPLETION_INDEX": "4"}, Shard(5, 5)),
        ("auto", {"PMI_RANK": "0", "PMI_SIZE": "2"}, Shard(1, 2)),
        ("auto", {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}, Shard(2, 2)),
        ("auto", {"CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "3"}, Shard(3, 3)),
    ],
)
def test_the_form_and_what_schedulers_tell(
    value: str | None, env: dict[str, str], shard: Shard | None
) -> None:
    assert shard_of(value, env) == shard


@pytest.mark.parametrize(
    ("value", "env"),
    [
        ("", {}),
        ("0/4", {}),
        ("5/4", {}),
        ("1/0", {}),
        ("-1/4", {}),
        ("a/b", {}),
        ("1/2:range", {}),
        ("1/2:", {}),
        ("3", {}),
        ("auto", {}),
        ("auto", {"JOB_COMPLETION_INDEX": "0"}),
        ("auto", {"SLURM_PROCID": "x", "SLURM_NTASKS": "4"}),
        ("auto", {"SLURM_PROCID": "4", "SLURM_NTASKS": "4"}),
        ("auto", {"CI_NODE_INDEX": "0", "CI_NODE_TOTAL": "3"}),
        ("auto/2", {"JOB_COMPLETION_INDEX": "2"}),
        ("9" * 5000 + "/4", {}),
    ],
)
def test_what_is_no_part_of_a_number_of_parts_is_refused(value: str, env: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        shard_of(value, env)
    assert "--shard" in caught.value.message and caught.value.hint
    assert len(caught.value.message) < 200
