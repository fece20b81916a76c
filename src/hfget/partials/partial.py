"""A partial file and its journal: opening, writing, leaving it behind.

At rest a partial is `STEM.incomplete` with `STEM.hfget-journal`. A process that works on it has
renamed both to `STEM.OWNER.…`: one process writes to one inode, whatever the locks of the
file system are worth.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from hfget.errors import DiskError
from hfget.messages import advice
from hfget.messages import system_texts as texts
from hfget.model import Span
from hfget.partials.digest import InOrder, crc32
from hfget.partials.journal import Block, Identity, JournalWriter, read_journal
from hfget.partials.partial_names import journal_of, own_name
from hfget.partials.positional_file import PositionalFile
from hfget.partials.range_partials import RangePartials
from hfget.partials.recovery import compare, lay_down, remove, take_over
from hfget.partials.unrecorded import UnrecordedBlocks
from hfget.system import (
    HeldFolder,
    UntrustedError,
    check_inode,
    disk_error,
    hold_folder,
    names_in,
    writes_in_order_only,
)

#: Smaller files have no journal: they are quicker to fetch again than to continue.
JOURNALED_BYTES = 1 << 20


class Partial:
    """A partial file owned by this process.

    `blocks` is what was trusted when it was opened. Writing is thread-safe as long as no two
    threads write the same bytes.
    """

    def __init__(
        self,
        stem: Path,
        identity: Identity,
        blocks: Iterable[Block],
        data: Path,
        *,
        made_in: HeldFolder | None = None,
        in_order: bool = False,
    ):
        """`data` is there already, unless it is to be `made_in` its folder."""
        create = made_in is not None
        self.stem = stem
        self.identity = identity
        self.data_path = data
        self.blocks = tuple(blocks)
        self._synced = 0
        #: On a mount that takes nothing else: no journal, and hashed as it comes.
        self.along = InOrder(identity.hash_kind, identity.size) if in_order else None
        self._journal: JournalWriter | None = None
        self._unrecorded = UnrecordedBlocks()
        self._file: PositionalFile | None = PositionalFile(
            data, writable=True, create=create, folder=made_in
        )
        try:
            if identity.size > JOURNALED_BYTES and not in_order:
                self._file.allocate(identity.size)
                inode = self._file.inode.number
                self._journal = JournalWriter(journal_of(data), identity, inode, self.blocks)
        except OSError:
            self.close()
            if create:
                remove(data)
            raise

    @classmethod
    def open(
        cls, stem: Path, identity: Identity, copied: Callable[[int], None] = lambda count: None
    ) -> Partial:
        """Take over the best partial of `identity` at `stem`, or start one. Raises DiskError.

        What partials of ranges have is copied: `copied` is told how many bytes, and may raise.
        """
        data = own_name(stem)
        others = RangePartials(stem, identity, copied)
        try:
            folder = cls._folder(stem.parent)
            if writes_in_order_only(stem.parent, folder.found.st_dev):
                return cls(stem, identity, (), data, made_in=folder, in_order=True)
            blocks: tuple[Block, ...] | None = None
            if identity.size > JOURNALED_BYTES:
                names = names_in(stem.parent)
                blocks = others.gather(take_over(stem, identity, data, names), data, names)
            if blocks is not None:
                try:
                    partial = cls(stem, identity, blocks, data)
                    others.remove(partial.sync, partial.sync_journal)
                    return partial
                except UntrustedError:
                    remove(data)  # it was exchanged between the look and the renaming
                except OSError:
                    with suppress(OSError):
                        lay_down(data, stem)
                    raise
            try:
                return cls(stem, identity, (), data, made_in=folder)
            except FileNotFoundError:
                return cls(stem, identity, (), data, made_in=cls._folder(stem.parent))
        except OSError as error:
            raise disk_error(error, stem.parent) from error

    @staticmethod
    def _folder(path: Path) -> HeldFolder:
        try:
            return hold_folder(str(path))
        except FileNotFoundError:
            path.mkdir(parents=True, exist_ok=True)
            return hold_folder(str(path))

    def reader(self) -> PositionalFile:
        """A reader of the very file that is written; of a small one the writer itself."""
        assert self._file is not None
        return self._file if self._journal is None else self._file.reader()

    def write(self, view: memoryview, offset: int, sender: str = "") -> None:
        """Put bytes that `sender` sent in place, then into the journal. Raises DiskError."""
        assert self._file is not None
        crc = crc32(view) if self._journal else 0
        try:
            if self.along is not None:
                self.along.take(view, offset)
            self._file.write_at(view, offset)
            if self._journal:
                self._journal.block(offset, len(view), crc, sender)
            else:
                self._unrecorded.note(offset, len(view), sender)
        except OSError as error:
            raise disk_error(error, self.data_path) from error

    @property
    def unsynced(self) -> int:
        """Bytes of journal about data that may not have reached the disk yet (32 a block)."""
        return self._journal.mark() - self._synced if self._journal else 0

    def sync(self) -> bool:
        """Have what is recorded reach the disk, then say so in the journal.

        False where the file system has no such thing; raises DiskError if the disk fails.
        """
        file, journal = self._file, self._journal
        if file is None:
            return True
        mark = journal.mark() if journal else 0
        try:
            file.sync_data()
            if journal:
                journal.synced(mark)
        except OSError as error:
            if error.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT):
                raise disk_error(error, self.data_path) from error
            return error.errno == errno.EBADF  # closed meanwhile, by the thread that finishes it
        self._synced = mark
        return True

    def sync_journal(self) -> None:
        """Have the journal itself reach the disk, as well as the file system can do that."""
        if self._journal is not None:
            with suppress(OSError):
                self._journal.sync()

    def check(self) -> None:
        """Raise DiskError unless what has the partial's name is the file that was written."""
        assert self._file is not None
        if self.along is not None:
            return  # such mounts number a file anew once it is closed
        try:
            check_inode(self.data_path, self._file.inode)
        except OSError as error:
            raise DiskError(
                texts.PARTIAL_REPLACED(data_path=self.data_path),
                path=self.identity.path,
                hint=advice.RUN_AGAIN_ALONE,
            ) from error

    def close(self) -> None:
        """No more writing. Idempotent."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
        if self._journal is not None:
            self._journal.close()

    def park(self) -> None:
        """Leave the partial at its resting name for a later run, unless a better one lies there."""
        with suppress(OSError, DiskError):
            self._release()
        self.close()
        with suppress(OSError):
            if not lay_down(self.data_path, self.stem):
                self.discard()

    def _release(self) -> None:
        """Give back the space that is reserved for what has not come. Raises OSError, DiskError."""
        file = self._file
        if self._journal is None or file is None:
            return
        start = 0
        for block in sorted(self.recorded()):
            file.release(start, block.offset)
            start = max(start, block.end)
        file.release(start, self.identity.size)

    def discard(self) -> None:
        """Remove the partial."""
        self.close()
        remove(self.data_path)

    def published(self) -> None:
        """The data has its final name; its journal is of no more use."""
        if self._journal is not None:
            with suppress(OSError):
                journal_of(self.data_path).unlink()

    def damaged(self) -> list[Block]:
        """The recorded blocks whose bytes on disk are not those that were received, or not read.

        Raises DiskError.
        """
        try:
            return [block for block in self.recorded() if not self._is_sound(block)]
        except OSError as error:
            raise disk_error(error, self.data_path, texts.READING_BACK) from error

    def _is_sound(self, block: Block) -> bool:
        """Raises OSError other than EIO."""
        try:
            return all(same for _, same in compare(self.data_path, (block,)))
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False

    def reopened(self, keep: Iterable[Block]) -> Partial:
        """This partial, closed after writing, opened again with only `keep` as trusted."""
        self.close()
        try:
            if self.along is not None:
                remove(self.data_path)
                new = own_name(self.stem)
                folder = self._folder(new.parent)
                return Partial(self.stem, self.identity, (), new, made_in=folder, in_order=True)
            return Partial(self.stem, self.identity, keep, self.data_path)
        except OSError as error:
            raise disk_error(error, self.data_path) from error

    @property
    def keeps_blocks(self) -> bool:
        """Whether a part of it can be kept while the rest is fetched again."""
        return self._journal is not None

    def brought(self) -> tuple[Block, ...]:
        """What of it came from whom, with a CRC of what is on disk now where none is recorded.

        Raises DiskError.
        """
        if self._journal is not None:
            return self.recorded()
        return self._unrecorded.blocks(self.read if self.along is None else None)

    def has(self, block: Block) -> bool:
        """Whether these bytes are on disk; where it cannot be read, they count as others.

        Raises DiskError.
        """
        return self.along is None and crc32(self.read((block.offset, block.end))) == block.crc

    def read(self, span: Span) -> bytes:
        """Bytes that are on disk. Raises DiskError."""
        assert self._file is not None
        data = bytearray(span[1] - span[0])
        try:
            count = self._file.read_at(memoryview(data), span[0])
        except OSError as error:
            raise disk_error(error, self.data_path, texts.READING_BACK) from error
        return bytes(data[:count])

    def recorded(self) -> tuple[Block, ...]:
        """All blocks in the journal. Raises DiskError."""
        try:
            journal = read_journal(journal_of(self.data_path))
        except OSError as error:
            raise disk_error(error, self.data_path, texts.READING_BACK) from error
        return journal.blocks if journal else ()
