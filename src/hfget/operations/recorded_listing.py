"""What an earlier run has recorded of a listing, and what that is worth at this endpoint."""

from __future__ import annotations

from dataclasses import replace

from hfget import events
from hfget.destinations import Layout, differences
from hfget.endpoints import host_of
from hfget.errors import NotFoundError, UnsafeError, VerificationError
from hfget.hub import Tree
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import RemoteFile, Report, Snapshot
from hfget.system import count_text, safe_text, safe_url

#: Files that are not there, or whose bytes are others than listed: the listing may be wrong too.
DOUBTS = (NotFoundError.exit_code, VerificationError.exit_code)


class Recall:
    """The recorded listings of one layout, for a run whose first endpoint is `endpoint`.

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
        self._used = False

    def tree(self, endpoint: str, commit: str) -> Tree | None:
        """What this very endpoint has listed before: the listing of a commit never changes.

        An empty one is asked for again: it costs nothing, and a mirror may have made it up.
        """
        found = None if self._force else self._layout.recorded(commit)
        if found is None or not found.files or not found.is_from(endpoint):
            return None
        self._used = True
        return Tree(found.files, found.proof)

    def doubted(self, report: Report) -> Report:
        """The report of a run that found files missing or other than listed.

        Where the listing came from the record, that may be what is wrong, and the next run lists
        anew: so no server is blamed yet.
        """
        if not self._used:
            return report
        failures = [
            replace(failure, hint=advice.LIST_ANEW) if failure.exit_code in DOUBTS else failure
            for failure in report.failures
        ]
        return replace(report, failures=tuple(failures))

    def hold_against(self, snapshot: Snapshot) -> None:
        """Raise UnsafeError if another endpoint has listed this commit otherwise.

        What another program has recorded may be cut, and is only told of.
        """
        found = self._layout.recorded(snapshot.commit) if snapshot.whole else None
        endpoint = snapshot.endpoint or self._endpoint
        if found is None or found.is_from(endpoint):
            return
        paths = differences(snapshot.files, found.files).paths
        if not paths:
            return
        host, first = host_of(endpoint), safe_text(paths[0], 120)
        what = texts.OF_COMMIT(paths=count_text(len(paths), "file"), commit=snapshot.commit[:12])
        if not found.endpoints:
            self._warn(texts.LISTS_OTHERWISE(host=host, what=what, first=first), host)
            return
        others = ", ".join(safe_text(host_of(place), 120) for place in found.endpoints)
        text = texts.LIST_DIFFERENTLY(host=host, others=others, what=what, first=first)
        if self._force:
            self._warn(text, host)
            return
        other = safe_text(found.endpoints[-1].rstrip("/"), 120)
        raise UnsafeError(
            text,
            hint=advice.FORCE_OR_ENDPOINT(host=host, other=other),
            url=safe_url(endpoint),
            path=first,
        )

    def _warn(self, text: str, host: str) -> None:
        self._observer(events.Note(texts.LISTING_TAKEN(text=text, host=host), "warning"))


def against_listing(report: Report, locked: Snapshot, listed: Snapshot) -> Report:
    """The report, where the endpoint lists other files than are locked: that is why they failed."""
    ours, theirs = ({file.path: file for file in one.files} for one in (locked, listed))
    host = host_of(listed.endpoint)
    failures = []
    for failure in report.failures:
        mine, other = ours.get(failure.path), theirs.get(failure.path)
        if mine is not None and failure.exit_code in DOUBTS:
            if other is None:
                text = texts.LOCKED_NOT_LISTED(host=host, commit=locked.commit[:12])
                failure = replace(failure, message=text, hint=advice.OTHER_MIRROR_OR_LOCK)
            elif (mine.etag, mine.size) != (other.etag, other.size):
                text = texts.LOCKED_OTHERWISE(
                    host=host, listed=_content(other), locked=_content(mine)
                )
                failure = replace(failure, message=text, hint=advice.OTHER_MIRROR_OR_LOCK)
        failures.append(failure)
    return replace(report, failures=tuple(failures))


def _content(file: RemoteFile) -> str:
    return texts.CONTENT(size=file.size, kind=file.hash_kind, digest=file.etag[:12])
