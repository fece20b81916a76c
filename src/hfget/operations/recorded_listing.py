"""What an earlier run has recorded of a listing, and what that is worth at this endpoint."""

from __future__ import annotations

from hfget import events
from hfget.destinations import Layout, differences
from hfget.endpoints import host_of
from hfget.errors import UnsafeError
from hfget.hub import Tree
from hfget.model import Snapshot
from hfget.system import count_text, safe_text, safe_url


class Recall:
    """The recorded listings of one layout, for a run at one endpoint.

    With `force` everything is listed again, and where two endpoints differ, the one in use is
    named as right.
    """

    def __init__(
        self, layout: Layout, endpoint: str, observer: events.Observer, *, force: bool
    ) -> None:
        self._layout = layout
        self._endpoint = endpoint
        self._observer = observer
        self._force = force

    def tree(self, commit: str) -> Tree | None:
        """What this very endpoint has listed before: the listing of a commit never changes.

        An empty one is asked for again: it costs nothing, and a mirror may have made it up.
        """
        found = None if self._force else self._layout.recorded(commit)
        if found is None or not found.files or not found.is_from(self._endpoint):
            return None
        return Tree(found.files, found.proof)

    def hold_against(self, snapshot: Snapshot) -> None:
        """Raise UnsafeError if another endpoint has listed this commit otherwise.

        What another program has recorded may be cut, and is only told of.
        """
        found = self._layout.recorded(snapshot.commit)
        if found is None or found.is_from(self._endpoint):
            return
        paths = differences(snapshot.files, found.files).paths
        if not paths:
            return
        host, first = host_of(self._endpoint + "/"), safe_text(paths[0], 120)
        what = f"{count_text(len(paths), 'file')} of commit {snapshot.commit[:12]}"
        if not found.endpoints:
            self._warn(f"{host} lists {what} otherwise than is recorded here: {first}", host)
            return
        others = ", ".join(safe_text(host_of(place), 120) for place in found.endpoints)
        text = f"{host} and {others} list {what} differently: {first}"
        if self._force:
            self._warn(text, host)
            return
        other = safe_text(found.endpoints[-1].rstrip("/"), 120)
        raise UnsafeError(
            text,
            hint=f"one of them is wrong: add --force if {host} is right, "
            f"or --endpoint {other} if that one is",
            url=safe_url(self._endpoint),
            path=first,
        )

    def _warn(self, text: str, host: str) -> None:
        self._observer(events.Note(f"{text}; what {host} lists is taken", "warning"))
