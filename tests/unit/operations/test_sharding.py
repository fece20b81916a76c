"""The parts of several machines: disjoint, whole, balanced, the same wherever they are made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.errors import UsageError
from hfget.model import RemoteFile
from hfget.operations.sharding import Shard, part_of, shard_of


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


@pytest.mark.parametrize(
    ("value", "env", "shard"),
    [
        (None, {}, None),
        ("2/8", {"SLURM_PROCID": "0", "SLURM_NTASKS": "2"}, Shard(2, 8)),
        (" 1/1 ", {}, Shard(1, 1)),
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
