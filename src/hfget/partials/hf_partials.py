"""A download that huggingface_hub was interrupted in: the beginning of a file, continued here.

It writes `START.XXXXXXXX.incomplete` (older versions `START.incomplete`) from the first byte to the
last (`_download_to_tmp_and_move` in its `file_download.py`), and leaves that file when it is
killed. Its length is all it tells; whether its bytes are right, the hash of the whole file will
tell.

It is cloned where that is possible, moved where no process has it open, and copied otherwise:
no one else writes to what hfget publishes, and a large one needs no room twice.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hfget.model import Span
from hfget.partials.clone import can_clone, duplicate, take_alone
from hfget.partials.digest import crc32
from hfget.partials.journal import Block, Identity
from hfget.partials.partial import JOURNALED_BYTES, Partial
from hfget.partials.partial_names import own_name
from hfget.partials.recovery import leftover_bytes, remove
from hfget.system import Stopped, lazy_pattern, names_in, open_file, rename_new

_END = lazy_pattern(r"(?:\.[0-9a-f]{8})?\.incomplete")
_BLOCK_BYTES = 1 << 20


class Begun(NamedTuple):
    """The file at `path` should hold the bytes `spans` of a content.

    One that is `movable` may become a partial itself; others are copied if there is room. Of a
    `doubtful` one nothing is known but that it is shorter than the content: once moved, it gets
    its name back if it was another file.
    """

    path: Path
    spans: tuple[Span, ...]
    movable: bool = False
    doubtful: bool = False

    @property
    def size(self) -> int:
        """How many bytes that is."""
        return sum(end - start for start, end in self.spans)


def find_prefix(
    directory: Path, start: str, size: int, names: Iterable[str] | None = None
) -> Begun | None:
    """The longest beginning of a content of `size` bytes, under a name that begins with `start`.

    `names` are the directory's entries where the caller has listed them already.
    """
    if size <= JOURNALED_BYTES:
        return None
    listed = names_in(directory) if names is None else names
    paths = [directory / name for name in listed if _is_of(name, start)]
    lengths = [(path, _written(path)) for path in paths]
    found = [Begun(path, ((0, end),), movable=True) for path, end in lengths if 0 < end <= size]
    return max(found, key=lambda begun: begun.size, default=None)


def inherit(begun: Begun, stem: Path, identity: Identity, stop: threading.Event) -> bool:
    """Make of `begun` a partial at rest, unless one that holds as much lies there.

    Whether it was moved. Raises OSError, Stopped.
    """
    if leftover_bytes(stem, identity) >= begun.size:
        return False
    data = own_name(stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    moved = (
        begun.movable and not can_clone(begun.path, stem.parent) and take_alone(begun.path, data)
    )
    try:
        length = data.stat().st_size if moved else 0
        if not moved:
            duplicate(begun.path, data, stop=stop)
        blocks = tuple(_blocks(data, begun.spans, stop))
        Partial(stem, identity, blocks, data).park()
    except BaseException:
        if moved:
            with suppress(OSError):
                os.truncate(data, length)
            with suppress(OSError):
                data.rename(begun.path)
        remove(data)
        raise
    return moved


def give_back(data: Path, begun: Begun) -> None:
    """Give what was moved its name again, without what has come since. Raises OSError."""
    os.truncate(data, begun.spans[-1][1])
    rename_new(data, begun.path)


def _is_of(name: str, start: str) -> bool:
    return name.startswith(start) and bool(_END.fullmatch(name, len(start)))


def _written(path: Path) -> int:
    """How many bytes were written to the file, one after the other; 0 if that is not sure.

    A hole means that it was written in another order (as older Xet clients do), or that its
    space was reserved.
    """
    with suppress(OSError, AttributeError):  # no SEEK_HOLE: it cannot be told
        fd = open_file(path)
        try:
            size = os.fstat(fd).st_size
            return size if os.lseek(fd, 0, os.SEEK_HOLE) >= size else 0
        finally:
            os.close(fd)
    return 0


def _blocks(data: Path, spans: Iterable[Span], stop: threading.Event) -> Iterator[Block]:
    """What is in these ranges of a file, as a journal has it. Raises OSError."""
    with open(open_file(data), "rb", buffering=0) as reader:
        for start, end in spans:
            position = reader.seek(start)
            while piece := reader.read(min(_BLOCK_BYTES, end - position)):
                if stop.is_set():
                    raise Stopped
                yield Block(position, len(piece), crc32(piece))
                position += len(piece)
