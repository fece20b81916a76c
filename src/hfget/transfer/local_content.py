"""What this disk has for a file when its turn comes: perhaps nothing has to be fetched."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hfget.errors import DiskError
from hfget.messages import advice
from hfget.messages import transfer_texts as texts
from hfget.partials import Begun


class Existing(NamedTuple):
    """What lies at the destination.

    It is adopted once its hash has been found right, or at once if that is `known`; if it is
    wrong, it may be replaced only where `replaceable` says so, or if its hash is one of
    `earlier`. `blocked` says why nothing can be put there. A `half` one may be the beginning of the
    content: whether it was, is seen when the content is there.
    """

    path: Path
    replaceable: bool
    earlier: frozenset[str] = frozenset()
    blocked: DiskError | None = None
    known: bool = False
    half: bool = False


class Copyable(NamedTuple):
    """A file elsewhere that should have the same content.

    With `link` ours may become a second name of it (a hard link).
    """

    path: Path
    link: bool = False


class LocalContent(NamedTuple):
    """`existing` lies where the file belongs, `copies` elsewhere; the first right one is taken.

    If none is, what is fetched may go on with `begun`.
    """

    existing: Existing | None = None
    copies: tuple[Copyable, ...] = ()
    begun: Begun | None = None


def another_file(place: Path, path: str) -> DiskError:
    """What lies at `place` is the user's own: the repo's file `path` does not replace it."""
    return DiskError(
        texts.OTHER_FILE(path=place),
        path=path,
        hint=advice.MOVE_AWAY_OR_FORCE,
    )
