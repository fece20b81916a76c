"""One file at several endpoints, of which the first that can be asked brings all of it.

Equals share a file: where one has no connection to spare, another one's are used. Endpoints that
are not equals do not: a hub far away is not asked, nor told the names of files, as long as one
nearby delivers.
"""

from __future__ import annotations

from collections.abc import Sequence

from hfget.sources.mirrors import Mirrored


class MirroredInOrder(Mirrored):
    """A source over several, by the hosts of their endpoints, the preferred one first.

    Another is asked only while those before it cannot be, do not answer, or break off this very
    file again and again. Thread-safe.
    """

    def _open(self) -> Sequence[str]:
        """The one that may be asked now."""
        places = super()._open()
        return (list(filter(self._is_sound, places)) or places)[:1]
