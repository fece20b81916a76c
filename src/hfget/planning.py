"""Snapshot + layout → plan: what is here already, what must be fetched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hfget.layout.base import Layout, Placement
from hfget.model import ItemState, Plan, PlanItem, RemoteFile, Snapshot
from hfget.transfer.journal import Identity
from hfget.transfer.leftovers import leftover_bytes, leftover_space
from hfget.transfer.partial import JOURNALED_BYTES, stem_for


def make_plan(
    snapshot: Snapshot, files: Sequence[RemoteFile], layout: Layout, *, force: bool = False
) -> tuple[Plan, dict[str, Placement]]:
    """The plan for `files`, and each file's placement by path. Reads the disk, writes nothing.

    With `force` nothing that is there counts, except partials. Raises UnsafeError.
    """
    layout.check(snapshot.files)
    names: dict[Path, list[str]] = {}
    placements: dict[str, Placement] = {}
    items = []
    for file in files:
        placement = layout.place(snapshot, file)
        if force and placement.state is not ItemState.MISSING:
            placement = replace(placement, state=ItemState.OUTDATED, needs_record=False)
        placements[file.path] = placement
        items.append(_item(snapshot, file, placement, layout, names))
    return Plan(snapshot, layout.root, tuple(items)), placements


def space_needed(plan: Plan, layout: Layout) -> int:
    """Bytes of disk that the plan will take, what a partial has reserved not counted."""
    total = 0
    for item in plan.items:
        total += item.need
        if item.have and item.need:
            stem = stem_for(layout.partial_directory(item.file), item.file.path, item.file.etag)
            reserved = leftover_space(stem, Identity.of(item.file, plan.snapshot.commit))
            total -= max(0, min(reserved, item.file.size) - item.have)
    return total


def _item(
    snapshot: Snapshot,
    file: RemoteFile,
    placement: Placement,
    layout: Layout,
    names: dict[Path, list[str]],
) -> PlanItem:
    state, have = placement.state, 0
    if state in (ItemState.COMPLETE, ItemState.ADOPTABLE):
        have = file.size
    elif file.size > JOURNALED_BYTES and not file.defect:
        directory = layout.partial_directory(file)
        if directory not in names:
            names[directory] = _listing(directory)
        stem = stem_for(directory, file.path, file.etag)
        have = leftover_bytes(stem, Identity.of(file, snapshot.commit), names[directory])
        if have and state is ItemState.MISSING:
            state = ItemState.PARTIAL
    return PlanItem(file, placement.destination, state, have)


def _listing(directory: Path) -> list[str]:
    with suppress(OSError):
        return os.listdir(directory)  # noqa: PTH208
    return []
