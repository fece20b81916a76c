"""What an earlier run has recorded of a listing, and what that is worth at this endpoint."""

from __future__ import annotations

from dataclasses import replace

from hfget import events
from hfget.destinations import Layout, differences
from hfget.endpoints import host_of
from hfget.errors import NotFoundError, UnsafeError, VerificationError
from hfget.hub import Tree
from hfget.model import RemoteFile, Report, Snapshot
from hfget.system import count_text, safe_text, safe_url

#: Files that are not there, or whose bytes are others than listed: the listing may be wrong too.
DOUBTS = (NotFoundError.exit_code, VerificationError.exit_code)
_LIST_ANEW = (
    "the listing recorded here may be wrong: run the same command again, which asks for it anew; "
    "if that fails too, try another --endpoint"
)
_OTHERWISE = "try another --endpoint; to take what is there now: hfget lock --update"


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
        self._used = False

    def tree(self, commit: str) -> Tree | None:
        """What this very endpoint has listed before: the listing of a commit never changes.

        An empty one is asked for again: it costs nothing, and a mirror may have made it up.
        """
        found = None if self._force else self._layout.recorded(commit)
        if found is None or not found.files or not found.is_from(self._endpoint):
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
            replace(failure, hint=_LIST_ANEW) if failure.exit_code in DOUBTS else failure
            for failure in report.failures
        ]
        return replace(report, failures=tuple(failures))

    def hold_against(self, snapshot: Snapshot) -> None:
        """Raise UnsafeError if another endpoint has listed this commit otherwise.

        What another program has recorded may be cut, and is only told of.
        """
        found = self._layout.recorded(snapshot.commit) if snapshot.whole else None
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


def against_listing(report: Report, locked: Snapshot, listed: Snapshot) -> Report:
    """The report, where the endpoint lists other files than are locked: that is why they failed."""
    ours, theirs = ({file.path: file for file in one.files} for one in (locked, listed))
    host = host_of(listed.endpoint + "/")
    failures = []
    for failure in report.failures:
        mine, other = ours.get(failure.path), theirs.get(failure.path)
        if mine is not None and failure.exit_code in DOUBTS:
            if other is None:
                text = f"{host} does not list this file at commit {locked.commit[:12]}"
                failure = replace(failure, message=f"{text}, the lock file does", hint=_OTHERWISE)
            elif (mine.etag, mine.size) != (other.etag, other.size):
                text = f"{host} lists {_content(other)}; the lock file has {_content(mine)}"
                failure = replace(failure, message=text, hint=_OTHERWISE)
        failures.append(failure)
    return replace(report, failures=tuple(failures))


def _content(file: RemoteFile) -> str:
    return f"{file.size} bytes, {file.hash_kind} {file.etag[:12]}…"
