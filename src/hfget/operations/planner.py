"""Snapshot + layout → plan: what is here already, what must be fetched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hfget import events
from hfget.destinations import Layout, Placement, aria2c_pieces, unfit_placement
from hfget.errors import DiskError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import ItemState, Plan, PlanItem, RemoteFile, Snapshot, Span
from hfget.partials import (
    JOURNALED_BYTES,
    Begun,
    Identity,
    aria2c_name,
    aria2c_notes,
    bytes_here,
    can_clone,
    can_take_alone,
    digest_of,
    find_prefix,
    leftover_bytes,
    leftover_space,
    range_stem,
    stem_for,
    sweep,
)
from hfget.system import existing_folder, free_bytes, names_in, size_text, unwritable


class Companions(NamedTuple):
    """What the plans of one run tell each other: by etag who brings a content, and by device how
    many bytes they take.
    """

    contents: dict[str, PlanItem]
    promised: dict[int, int]


def make_plan(
    snapshot: Snapshot,
    files: Sequence[RemoteFile],
    layout: Layout,
    *,
    force: bool = False,
    companions: Companions | None = None,
    spans: Mapping[str, Span] | None = None,
) -> Plan:
    """The plan for `files`. Reads the disk, writes nothing. `spans` says by path of which files
    only a range is to be brought.

    With `force` nothing that is there counts, except partials. What other plans bring is taken from
    them, and they learn what this one does. Raises UnsafeError, UsageError.
    """
    layout.check(snapshot.files)
    root = layout.root(snapshot)
    unfit = layout.unfit(files)
    names: dict[Path, list[str]] = {}
    items = []
    notable: dict[str, Placement] = {}
    for file in files:
        if reason := unfit.get(file.path, ""):
            item = _item(
                snapshot, root, file, unfit_placement(root, file.path, reason), layout, names
            )
            items.append(replace(item, unfit=reason))
            continue
        placement = place(layout, snapshot, file, force=force)
        if placement.elsewhere is not None or not placement.replaceable:
            notable[file.path] = placement
        items.append(_item(snapshot, root, file, placement, layout, names))
    if not force:
        here = companions.contents if companions else {}
        for item in items:
            if item.state is ItemState.COMPLETE:
                here[item.file.etag] = item
        items = [_copied(item, notable.get(item.file.path), here) for item in items]
    if spans:
        items = [_ranged(layout, snapshot, item, spans.get(item.file.path)) for item in items]
    return Plan(snapshot, root, tuple(items))


def place(
    layout: Layout, snapshot: Snapshot, file: RemoteFile, *, force: bool = False
) -> Placement:
    """Where `file` goes and what is there; with `force` as if that did not count."""
    placement = layout.place(snapshot, file)
    return _as_if_nothing_counts(placement) if force else placement


def partial_of(
    layout: Layout, snapshot: Snapshot, file: RemoteFile, span: Span | None = None
) -> tuple[Path, Identity]:
    """Where the partial of the file, or of a range of it, rests, and what its journal must say."""
    name = layout.partial_name(file)
    identity = Identity.of(file, snapshot.commit)
    if name != file.path:
        identity = identity._replace(path=name)
    stem = stem_for(layout.partial_directory(file), name, file.etag)
    return stem if span is None else range_stem(stem, span), identity


def begun_of(
    layout: Layout, placement: Placement, file: RemoteFile, names: Iterable[str] | None = None
) -> Begun | None:
    """What another program has of the file: under a name of its own, or under the file's."""
    found = find_prefix(layout.partial_directory(file), layout.prefix_name(file), file.size, names)
    ours = _begun_by_aria2c(layout, file, names)
    if ours is not None and (found is None or ours.size > found.size):
        found = ours
    half = placement.half
    if half is not None and half.spans and file.size > JOURNALED_BYTES:
        mine = Begun(half.path, half.spans, doubtful=not half.sure)
        if found is None or mine.size > found.size:
            return mine
    return found


def _begun_by_aria2c(layout: Layout, file: RemoteFile, names: Iterable[str] | None) -> Begun | None:
    """What aria2c has fetched of the file for an earlier run, by its notes; all, without notes.

    Of a small file nothing is kept.
    """
    if file.size <= JOURNALED_BYTES:
        return None
    directory = layout.partial_directory(file)
    data = aria2c_name(stem_for(directory, layout.partial_name(file), file.etag))
    if names is not None and data.name not in names:
        return None
    control = aria2c_notes(data)
    if os.path.lexists(control):
        pieces = aria2c_pieces(control, file.size)
        return Begun(data, pieces, movable=True) if pieces else None
    whole = find_prefix(directory, data.name.removesuffix(".incomplete"), file.size, [data.name])
    return whole if whole is not None and whole.size == file.size else None


def space_needed(plan: Plan, layout: Layout, *, link: bool = False) -> int:
    """Bytes of disk that the plan will take, what a partial has reserved not counted.

    A copy takes none where the file system can clone, or with `link` (hard links) if it is whole.
    """
    total = 0
    copies = []
    for item in plan.items:
        total += item.need
        if item.source is not None:
            if not _is_moved(item, layout):
                copies.append(item)
        elif item.have and item.need:
            reserved = leftover_space(*partial_of(layout, plan.snapshot, item.file, item.span))
            total -= min(reserved, item.size) - item.have
    if layout.shares_content:
        copies = [item for item in copies if item.state is not ItemState.TWIN]
    if link:
        copies = [item for item in copies if item.need]
    sources = [item.source for item in copies if item.source and os.path.exists(item.source)]
    if sources and can_clone(sources[0], existing_folder(plan.root)):
        return total
    return total + sum(item.have for item in copies)


def check_space(
    made: Plan,
    layout: Layout,
    observer: events.Observer,
    *,
    link: bool,
    companions: Companions | None = None,
) -> None:
    """Raise DiskError where the disk has not the room, what other plans will take counted in."""
    need = space_needed(made, layout, link=link)
    free = free_bytes(made.root)
    if not need:
        return
    if free is None:
        observer(events.Note(texts.FREE_SPACE_UNKNOWN, "warning"))
        return
    device, promised = 0, {} if companions is None else companions.promised
    with suppress(OSError):
        device = os.stat(existing_folder(made.root)).st_dev
    free -= promised.get(device, 0)
    if need > free:
        raise unwritable(made.root) or DiskError(
            texts.NO_SPACE(root=made.root, need=size_text(need), free=size_text(max(0, free))),
            hint=advice.MAKE_ROOM_OR_ELSE(other=elsewhere(layout)),
        )
    promised[device] = promised.get(device, 0) + need


def elsewhere(layout: Layout) -> str:
    """How another place for a download is chosen."""
    if layout.shares_content:
        return advice.OTHER_CACHE
    return advice.OTHER_FOLDER


def unfit_texts(made: Plan) -> list[str]:
    """A line for each file that this disk cannot hold under its name."""
    placed = [
        unfit_placement(item.root, item.file.path, item.unfit).blocked
        for item in made.items
        if item.unfit
    ]
    return [error.message for error in placed if error is not None]


def sweep_partials(layout: Layout, files: Iterable[RemoteFile]) -> None:
    """Clear away what earlier runs have left of these files."""
    names: dict[Path, list[str]] = {}
    for file in files:
        names.setdefault(layout.partial_directory(file), []).append(layout.partial_name(file))
    for directory, known in names.items():
        sweep(directory, map(digest_of, known))


def _item(
    snapshot: Snapshot,
    root: Path,
    file: RemoteFile,
    placement: Placement,
    layout: Layout,
    names: dict[Path, list[str]],
) -> PlanItem:
    state, have = placement.state, 0
    source: Path | None = None
    if state in (ItemState.COMPLETE, ItemState.ADOPTABLE):
        have = file.size
    elif file.size > JOURNALED_BYTES and not file.defect and not placement.unfit:
        directory = layout.partial_directory(file)
        if directory not in names:
            names[directory] = names_in(directory)
        have = leftover_bytes(*partial_of(layout, snapshot, file), names[directory])
        begun = begun_of(layout, placement, file, names[directory])
        if begun is not None and begun.size > have:
            have, source = begun.size, begun.path
        is_half = placement.half is not None and source == placement.half.path
        if have and (state is ItemState.MISSING or is_half):
            state = ItemState.PARTIAL
    return PlanItem(file, root, state, have, source, not placement.needs_record)


def _ranged(layout: Layout, snapshot: Snapshot, item: PlanItem, span: Span | None) -> PlanItem:
    """The item as one of which only `span` is to be brought, unless all of it is on this disk."""
    if span is None or item.unfit or item.state in (ItemState.COMPLETE, ItemState.CACHED):
        return item
    if item.state is ItemState.ADOPTABLE:
        return replace(item, span=span, have=span[1] - span[0])
    here = bytes_here(*partial_of(layout, snapshot, item.file))
    have = sum(max(0, min(end, span[1]) - max(start, span[0])) for start, end in here)
    return replace(item, span=span, have=have, source=None)


def _is_moved(item: PlanItem, layout: Layout) -> bool:
    """Whether what there is of a file becomes the file itself where the disk cannot hold a copy."""
    source = item.source
    if source is None or item.state in (ItemState.TWIN, ItemState.CACHED):
        return False
    is_hf = source.parent == layout.partial_directory(item.file)
    return (is_hf or source == item.destination) and can_take_alone(source)


def _as_if_nothing_counts(placement: Placement) -> Placement:
    state = placement.state
    if state is not ItemState.MISSING:
        state = ItemState.OUTDATED
    return placement._replace(state=state, needs_record=False, elsewhere=None)


def _copied(item: PlanItem, placement: Placement | None, here: dict[str, PlanItem]) -> PlanItem:
    """The item as one that is copied, if its content is elsewhere on this disk, or comes there.

    `placement` is where it goes if that tells of something. `here` learns the first item with each
    content.
    """
    fetched = item.state is not ItemState.COMPLETE and item.state is not ItemState.ADOPTABLE
    if not fetched or item.file.defect or (placement and not placement.replaceable):
        return item
    first = None
    if placement and placement.elsewhere is not None:
        state, source = placement.elsewhere.state, placement.elsewhere.path
    elif (first := here.setdefault(item.file.etag, item)) is not item:
        state, source = ItemState.TWIN, first.destination
    else:
        return item
    comes = first is not None and first.state not in (ItemState.COMPLETE, ItemState.ADOPTABLE)
    return replace(item, state=state, have=item.file.size, source=source, comes=comes)
