"""One file at several endpoints, of which the first that can be asked brings all of it.

Equals share a file: where one has no connection to spare, another one's are used. Endpoints that
are not equals do not: a hub far away is not asked, nor told the names of files, as long as one
nearby delivers.
"""

from __future__ import annotations

from hfget.sources.mirrors import Mirrored


class MirroredInOrder(Mirrored):
    """A source over several, by the hosts of their endpoints, the preferred one first.

    Another is asked only while those before it cannot be, or do not answer. Thread-safe.
    """

    def _room(self, place: str) -> int:
        return super()._room(place) if place in self._open()[:1] else 0
