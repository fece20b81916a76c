"""The journal of a partial file: which blocks are on disk, with a CRC each.

One header that says what the partial is a part of, then records of 32 bytes, appended:
a *block* record after each write has returned, a *sync* record once the data of the first n
blocks has reached the disk. A kill -9 loses neither; after a power failure (another boot id)
only the blocks that a sync record covers count at once, the others once their CRC was compared.
Torn, unknown and overlapping records are skipped. A *sender* record gives a number to the host
that sends: block records that bear it tell who brought a block, so that a wrong hash does not cost
the blocks of all. No URL and no token is ever in here.
"""

from __future__ import annotations

import json
import os
import secrets
import struct
import threading
from bisect import bisect_left
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from hfget.model import RemoteFile
from hfget.partials.digest import crc32
from hfget.partials.spans import Spans
from hfget.system import (
    UntrustedError,
    boot_id,
    create_file,
    is_sole,
    open_own,
    read_bytes,
    write_all,
)

_MAGIC = b"hfget-j1"
_HEAD = struct.Struct("<8sII")  # magic, length of the JSON, its CRC-32
_RECORD = struct.Struct("<4sIQQII")  # tag, epoch, offset, length, data CRC-32, CRC-32 of the rest
_BLOCK, _SYNC, _SENDER = b"blok", b"sync", b"from"
#: The tag of a block record whose sender has a number: so begins, and then comes the number.
_SENT = b"bl"
_SENDER_NUMBERS = range(1, 256)
_MOST_SENDER_BYTES = 600
_MAX_HEADER = 1 << 20
#: What is read of a journal: two million blocks. Of a longer one the beginning counts.
_MOST_BYTES = _MAX_HEADER + (64 << 20)


class Identity(NamedTuple):
    """What a partial is a part of. Its content is defined by size and hash; `commit` tells."""

    path: str
    size: int
    hash_kind: str
    hash: str
    commit: str

    @classmethod
    def of(cls, file: RemoteFile, commit: str) -> Identity:
        return cls(file.path, file.size, file.hash_kind, file.etag, commit)

    def same_content(self, other: Identity) -> bool:
        """A commit that leaves the file as it is does not make its bytes wrong."""
        return (self.path, self.size, self.hash_kind, self.hash) == (
            other.path,
            other.size,
            other.hash_kind,
            other.hash,
        )


class Block(NamedTuple):
    """`length` bytes at `offset` were written; `crc` is their CRC-32 as received.

    `sender` is the host that sent them, behind the endpoint that led to it where that is another;
    empty where it is not known.
    """

    offset: int
    length: int
    crc: int
    sender: str = ""

    @property
    def end(self) -> int:
        return self.offset + self.length


class Journal(NamedTuple):
    """A journal as read: blocks in the order written, the first `synced` of them durable.

    `own` says whether it is this user's word; if not, only what its CRCs prove counts.
    """

    identity: Identity
    boot: str
    inode: int
    blocks: tuple[Block, ...]
    synced: int
    own: bool

    @property
    def bytes(self) -> int:
        return sum(block.length for block in self.blocks)


def read_journal(path: Path) -> Journal | None:
    """The journal at `path`, or None if there is none or it is not to be trusted at all.

    Raises OSError if it cannot be read now (too many open files, a disk error): what it says
    about may still be good.
    """
    try:
        data, found = read_bytes(path, _MOST_BYTES, foreign=True, cut=True)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, UntrustedError):
        return None
    try:
        magic, length, check = _HEAD.unpack_from(data)
        text = data[_HEAD.size : _HEAD.size + length]
        if magic != _MAGIC or length > _MAX_HEADER or crc32(text) != check:
            return None
        header: dict[str, Any] = json.loads(text)
        identity = _read_identity(header["identity"])
        epoch, boot, inode = header["epoch"], str(header["boot"]), int(header["inode"])
    except (struct.error, ValueError, KeyError, TypeError, RecursionError):
        return None
    blocks, synced = _read_records(memoryview(data)[_HEAD.size + length :], epoch, identity.size)
    return Journal(identity, boot, inode, tuple(blocks), synced, is_sole(found))


def _read_identity(fields: dict[str, Any]) -> Identity:
    identity = Identity(**fields)
    texts = (identity.path, identity.hash_kind, identity.hash, identity.commit)
    if type(identity.size) is not int or not all(isinstance(text, str) for text in texts):
        raise TypeError("not an identity")
    return identity


def _read_records(data: memoryview, epoch: int, size: int) -> tuple[list[Block], int]:
    blocks: list[Block] = []
    senders: dict[bytes, str] = {_BLOCK: ""}
    taken = Spans()
    positions: list[int] = []
    mark = 0
    whole = len(data) - len(data) % _RECORD.size
    for position in range(0, whole, _RECORD.size):
        record = data[position : position + _RECORD.size]
        tag, its_epoch, offset, length, crc, check = _RECORD.unpack(record)
        if its_epoch != epoch or crc32(record[:-4]) != check:
            continue
        if tag == _SYNC:
            mark = max(mark, length)
        elif tag == _SENDER and offset in _SENDER_NUMBERS:
            name = bytes(data[position + _RECORD.size :][: min(length, _MOST_SENDER_BYTES)])
            if crc32(name) == crc:
                senders[_sent_by(offset)] = name.decode("utf-8", "replace")
        elif _is_block(tag) and length > 0 and offset + length <= size:
            if taken.overlaps(offset, offset + length):
                continue
            taken.add(offset, offset + length)
            blocks.append(Block(offset, length, crc, senders.get(tag, "")))
            positions.append(position)
    return blocks, bisect_left(positions, mark)


def _sent_by(number: int) -> bytes:
    return _SENT + bytes((number, 0))


def _is_block(tag: bytes) -> bool:
    return tag == _BLOCK or (tag[:2] == _SENT and tag[3] == 0)


class JournalWriter:
    """Appends to a journal; thread-safe. A new one replaces an older file as a whole."""

    def __init__(self, path: Path, identity: Identity, inode: int, blocks: tuple[Block, ...] = ()):
        self._lock = threading.Lock()
        self._senders: dict[str, bytes] = {"": _BLOCK}
        self._epoch = secrets.randbits(32)
        header = {
            "identity": identity._asdict(),
            "boot": boot_id(),
            "inode": inode,
            "epoch": self._epoch,
        }
        text = json.dumps(header).encode()
        start = _HEAD.pack(_MAGIC, len(text), crc32(text)) + text
        records = b"".join(self._block(block) for block in blocks)
        temporary = path.with_name(path.name + ".new")
        self._recorded = len(records)
        self._fd = _create(temporary)
        try:
            write_all(self._fd, start + records)
            self._give_name(temporary, path)
        except BaseException:
            self.close()
            with suppress(OSError):
                temporary.unlink()
            raise

    def block(self, offset: int, length: int, crc: int, sender: str = "") -> None:
        """These bytes have been written; `sender` is who sent them."""
        with self._lock:
            self._add(self._block(Block(offset, length, crc, sender)))

    def mark(self) -> int:
        """How far the journal goes: what `synced` is told once the data up to here is safe."""
        with self._lock:
            return self._recorded

    def synced(self, mark: int) -> None:
        """The data of all blocks recorded before `mark` has reached the disk."""
        self._append(self._pack(_SYNC, 0, mark, 0))

    def sync(self) -> None:
        """Have the journal reach the disk: what a power failure takes of it is fetched again.

        Raises OSError.
        """
        with self._lock:
            fd = os.dup(self._fd) if self._fd >= 0 else -1
        if fd >= 0:
            try:
                getattr(os, "fdatasync", os.fsync)(fd)
            finally:
                os.close(fd)

    def close(self) -> None:
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def _give_name(self, temporary: Path, path: Path) -> None:
        """The open file gets its name; Windows renames none that is open."""
        if os.name != "nt":
            temporary.replace(path)
            return
        os.close(self._fd)
        self._fd = -1
        temporary.replace(path)
        self._fd = open_own(path, os.O_WRONLY | os.O_APPEND)

    def _append(self, record: bytes) -> None:
        with self._lock:
            self._add(record)

    def _add(self, record: bytes) -> None:
        if self._fd >= 0:
            os.write(self._fd, record)
            self._recorded += len(record)

    def _block(self, block: Block) -> bytes:
        """The record of a block, behind that of its sender where it is the sender's first."""
        tag, first = self._senders.get(block.sender), b""
        if tag is None:
            tag, first = self._introduce(block.sender)
        return first + self._pack(tag, block.offset, block.length, block.crc)

    def _introduce(self, sender: str) -> tuple[bytes, bytes]:
        """The tag for a sender's blocks, and the record that says so."""
        number, name = len(self._senders), sender.encode()
        if number not in _SENDER_NUMBERS or len(name) > _MOST_SENDER_BYTES:
            return _BLOCK, b""
        tag = self._senders[sender] = _sent_by(number)
        padding = bytes(-len(name) % _RECORD.size)
        return tag, self._pack(_SENDER, number, len(name), crc32(name)) + name + padding

    def _pack(self, tag: bytes, offset: int, length: int, crc: int) -> bytes:
        body = _RECORD.pack(tag, self._epoch, offset, length, crc, 0)[:-4]
        return body + struct.pack("<I", crc32(body))


def _create(path: Path) -> int:
    """A new file; what an earlier life of this process left under that name goes."""
    with suppress(FileNotFoundError):
        path.unlink()
    return create_file(path)
