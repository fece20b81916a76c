"""A partial of a made-up file, and ways to leave it behind."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from hfget.limits import LEASE_SECONDS
from hfget.partials.journal import Identity
from hfget.partials.partial import JOURNALED_BYTES, Partial
from hfget.system.process_identity import ProcessIdentity

SIZE = JOURNALED_BYTES + 5000
DATA = hashlib.shake_128(b"partial").digest(SIZE)
IDENTITY = Identity("dir/model.bin", SIZE, "sha256", "ab" * 32, "c" * 40)
PIECES = ((0, 1000), (5000, 9000), (SIZE - 10, SIZE))
WRITTEN = sum(end - start for start, end in PIECES)


def write(partial: Partial, *pieces: tuple[int, int]) -> None:
    for start, end in pieces:
        partial.write(memoryview(DATA)[start:end], start)


def parked(stem: Path, *pieces: tuple[int, int], synced: int = 0) -> Path:
    """A partial at rest; the data of the first `synced` pieces has reached the disk."""
    partial = Partial.open(stem, IDENTITY)
    write(partial, *pieces[:synced])
    if synced:
        assert partial.sync()
    write(partial, *pieces[synced:])
    partial.park()
    return stem.with_name(stem.name + ".incomplete")


def journal_at(data: Path) -> Path:
    return data.with_name(data.name.removesuffix(".incomplete") + ".hfget-journal")


def names(stem: Path) -> list[str]:
    return sorted(entry.name for entry in stem.parent.iterdir())


def spans(partial: Partial) -> set[tuple[int, int]]:
    return {(block.offset, block.end) for block in partial.blocks}


def flip(data: Path, offset: int) -> None:
    with open(data, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def owned_by(stem: Path, owner: ProcessIdentity, data: Path) -> Path:
    """Give a partial at rest to `owner`."""
    new = stem.with_name(f"{stem.name}.{owner}.incomplete")
    journal_at(data).rename(journal_at(new))
    data.rename(new)
    return new


def dead() -> ProcessIdentity:
    return ProcessIdentity.mine()._replace(start="1")


def elsewhere() -> ProcessIdentity:
    return ProcessIdentity.mine()._replace(host="00000000")


def age(*paths: Path) -> None:
    then = time.time() - LEASE_SECONDS - 30
    for path in paths:
        os.utime(path, (then, then))
