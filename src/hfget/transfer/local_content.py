"""What this disk has for a file when its turn comes: perhaps nothing has to be fetched."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hfget.errors import DiskError
from hfget.partials import Prefix


class Existing(NamedTuple):
    """What lies at the destination.

    It is adopted once its hash has been found right, or at once if that is `known`; if it is
    wrong, it may be replaced only where `replaceable` says so, or if its hash is one of
    `earlier`. `blocked` says why nothing can be put there.
    """

    path: Path
    replaceable: bool
    earlier: frozenset[str] = frozenset()
    blocked: DiskError | None = None
    known: bool = False


class Copyable(NamedTuple):
    """A file elsewhere that should have the same content.

    With `link` ours may become a second name of it (a hard link).
    """

    path: Path
    link: bool = False


class LocalContent(NamedTuple):
    """`existing` lies where the file belongs, `copies` elsewhere; the first right one is taken.

    If none is, what is fetched may begin behind `prefix`.
    """

    existing: Existing | None = None
    copies: tuple[Copyable, ...] = ()
    prefix: Prefix | None = None
