"""A snapshot from an endpoint: one request for the commit, one a page for the listing.

Not through HfApi: that waits for ever on a silent server, does not retry a 429 or 5xx on
repo info, and follows a `Link: rel="next"` to a foreign origin with the token. The answers
are parsed into huggingface_hub's own types.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

import requests

from hfget import events, retry
from hfget.errors import HfgetError, NetworkError, RevisionNotFoundError, UnsafeError
from hfget.http import MAX_REDIRECTS, REDIRECT_STATUSES, HttpClient
from hfget.listing import remote_file
from hfget.model import API_NAMES, PathKind, RemoteFile, RepoRef, Snapshot
from hfget.payload import Budget, read_json
from hfget.reference import trail_candidates
from hfget.refusal import refusal
from hfget.retry import Transient
from hfget.secret import safe_url
from hfget.settings import Settings, host_of, origin_of
from hfget.text import safe_text

MAX_ENTRIES = 2_000_000
#: A page of a listing counts as so many entries at least, so that empty ones come to an end.
FEWEST_PER_PAGE = 100
#: API calls have nothing to lose but time: they give up sooner than transfers.
API_RETRIES = 5

_COMMIT = re.compile(r"[0-9a-f]{40}")
_REPO_IN_API_PATH = re.compile(
    r"/api/(?:models|datasets|spaces)/([\w.-]+(?:/[\w.-]+)?)\Z", re.ASCII
)

KnownTree = Callable[[str], "Sequence[RemoteFile] | None"]


class _Answer(NamedTuple):
    """JSON, and where it came from; `at_home` as long as no address has led to another origin."""

    json: Any
    response: requests.Response
    at_home: bool


class Hub:
    """The API plane of one endpoint."""

    def __init__(
        self,
        http: HttpClient,
        settings: Settings,
        observer: events.Observer = events.ignore,
        stop: threading.Event | None = None,
    ) -> None:
        self._http = http
        self._settings = settings
        self._endpoint = settings.endpoint.rstrip("/")
        self._home = origin_of(self._endpoint)
        self._observer = observer
        self._stop = stop or threading.Event()
        self._budget = Budget(self._stop)

    def snapshot(self, ref: RepoRef, known_tree: KnownTree = lambda commit: None) -> Snapshot:
        """Pin `ref` to a commit and list its files.

        A listing that `known_tree` has for the commit is taken from there: it never changes.
        A renamed repo is followed and said. A trail of a pasted URL is split where the hub
        knows a revision. Raises the children of HfgetError that `refusal` names.
        """
        if ref.trail:
            return self._snapshot_of_trail(ref, known_tree)
        self._budget = Budget(self._stop)
        ref, commit = self._pin(ref)
        return Snapshot(ref, self._endpoint, commit, self._files(ref, commit, known_tree))

    def _snapshot_of_trail(self, ref: RepoRef, known_tree: KnownTree) -> Snapshot:
        """Try the splits of the trail, shortest revision first, until one has the path.

        git allows no branch `a` beside a branch `a/b`, but a tag `a` beside it: therefore the
        path must exist too.
        """
        unknown: HfgetError | None = None
        found: Snapshot | None = None
        for revision, path in trail_candidates(ref):
            candidate = replace(ref, revision=revision, path=path, trail=())
            try:
                snapshot = self.snapshot(candidate, known_tree)
            except RevisionNotFoundError as error:
                unknown = unknown or error
                continue
            if _has_path(snapshot, path):
                return snapshot
            found = found or snapshot
        if found is not None:
            return found
        raise unknown or RevisionNotFoundError(
            f"no part of {safe_text('/'.join(ref.trail), 120)} can be a revision of {ref}",
            hint="name it: --revision",
        )

    def _pin(self, ref: RepoRef) -> tuple[RepoRef, str]:
        """The ref under the repo's present name, and the commit hash its revision points to."""
        url = f"{self._endpoint}/api/{API_NAMES[ref.repo_type]}/{quote(ref.repo_id)}"
        if ref.revision is not None:
            url += f"/revision/{quote(ref.revision, safe='')}"
        answer = self._get_json(url, ref)
        sha = answer.json.get("sha") if isinstance(answer.json, dict) else None
        commit = sha.lower() if isinstance(sha, str) else ""
        if not _COMMIT.fullmatch(commit):
            raise self._not_a_hub(answer.response)
        asked = (ref.revision or "").lower()
        if _COMMIT.fullmatch(asked) and asked != commit:
            raise NetworkError(
                f"{host_of(url)} answers with commit {commit} where {asked} was asked for",
                url=safe_url(url),
                hint="the mirror is broken; try another one with --endpoint",
            )
        renamed = self._renamed(ref, answer.response)
        if renamed != ref.repo_id:
            self._observer(events.Note(f"{ref.repo_id} is {renamed} today"))
        return replace(ref, repo_id=renamed), commit

    def _renamed(self, ref: RepoRef, response: requests.Response) -> str:
        """The repo ID at the end of the redirects (`gpt2` leads to `openai-community/gpt2`)."""
        path = urlsplit(response.url).path.partition("/revision/")[0]
        match = _REPO_IN_API_PATH.search(unquote(path))
        return match.group(1) if match else ref.repo_id

    def _files(self, ref: RepoRef, commit: str, known_tree: KnownTree) -> tuple[RemoteFile, ...]:
        known = known_tree(commit)
        if known is not None:
            return tuple(known)
        files: dict[str, RemoteFile] = {}
        for entry in self._tree(ref, commit):
            if entry["type"] != "file":
                continue
            file = remote_file(entry)
            if files.setdefault(file.path, file) != file:
                raise UnsafeError(
                    f"the listing of {ref} names a file twice with different content",
                    path=safe_text(file.path),
                    url=f"{self._endpoint}/{ref}",
                    hint="the mirror is broken or hostile; try another one with --endpoint",
                )
        return tuple(files.values())

    def _tree(self, ref: RepoRef, commit: str) -> Iterator[dict[str, Any]]:
        """Every entry of the recursive tree listing, page after page (`Link: rel="next"`)."""
        url = (
            f"{self._endpoint}/api/{API_NAMES[ref.repo_type]}/{quote(ref.repo_id)}"
            f"/tree/{commit}?recursive=True&expand=False"
        )
        seen: set[str] = set()
        count, at_home = 0, True
        while url:
            if url in seen:
                raise NetworkError(
                    f"{host_of(url)} sends the same page of the listing again and again",
                    url=safe_url(url),
                    hint="the mirror is broken; try another one with --endpoint",
                )
            if seen:
                self._budget.read(0, url)
            seen.add(url)
            answer = self._get_json(url, ref, at_home)
            if not _is_page(answer.json):
                raise self._not_a_hub(answer.response)
            count += max(len(answer.json), FEWEST_PER_PAGE)
            if count > MAX_ENTRIES:
                raise UnsafeError(
                    f"the listing of {ref} has more than {MAX_ENTRIES:,} entries",
                    url=safe_url(url),
                    hint="the mirror is broken or hostile; try another one with --endpoint",
                )
            yield from answer.json
            url = self._next_page(answer.response)
            at_home = answer.at_home and bool(url) and origin_of(url) == self._home

    def _next_page(self, response: requests.Response) -> str:
        """The address of the next page on the endpoint's own origin, or an empty string.

        Mirrors have been seen to leave huggingface.co in it. A link to any other origin is
        followed there as a redirect would be: without the token, from then on.
        """
        link = response.links.get("next", {}).get("url", "")
        return self._http.next_address(response, link, self._endpoint) if link else ""

    def _get_json(self, url: str, ref: RepoRef, at_home: bool = True) -> _Answer:
        """The answer to a GET of `url`, after retries. Raises HfgetError."""

        def attempt() -> _Answer:
            try:
                with self._budget.waiting():
                    response, still_at_home = self._follow(url, at_home)
                    with closing(response):
                        return _Answer(self._read(response, ref), response, still_at_home)
            except (HfgetError, Transient):
                raise
            except Exception as error:
                raise retry.from_exception(error, url) from error

        return retry.call(
            attempt,
            retries=min(API_RETRIES, self._settings.retries),
            stop=self._stop,
            on_retry=lambda failure, wait, number: self._observer(
                events.Retrying("", failure.host, failure.reason, wait, number)
            ),
        )

    def _read(self, response: requests.Response, ref: RepoRef) -> Any:
        if failure := retry.from_status(response):
            raise failure
        if response.status_code != 200:
            raise refusal(response, ref, self._http, withheld_token=self._settings.withheld_token)
        return read_json(response, self._budget)

    def _follow(self, url: str, at_home: bool) -> tuple[requests.Response, bool]:
        """GET `url` through redirects, and whether that never left the endpoint's origin.

        Once it was left, the token is not sent again, even if the way leads back.
        """
        for _ in range(MAX_REDIRECTS + 1):
            response = self._http.get(
                url, read_timeout=self._settings.api_timeout, with_token=at_home
            )
            if at_home and self._http.unlock(response):
                response.close()
                continue
            if response.status_code not in REDIRECT_STATUSES:
                return response, at_home
            response.close()
            url = self._http.next_hop(response, self._endpoint)
            at_home = at_home and origin_of(url) == self._home
        raise NetworkError(
            f"{host_of(url)} redirects in a circle",
            url=safe_url(url),
            hint="the mirror is broken; try another one with --endpoint",
        )

    def _not_a_hub(self, response: requests.Response) -> NetworkError:
        return NetworkError(
            f"{host_of(response.url)} does not answer like a hub",
            url=safe_url(response.url),
            hint="check the endpoint (--endpoint, HF_ENDPOINT), and whether a login page "
            "of the network stands in between",
        )


def _is_page(page: Any) -> bool:
    """Whether this is a list of entries that at least say what they are."""
    return isinstance(page, list) and all(
        isinstance(entry, dict) and isinstance(entry.get("type"), str) for entry in page
    )


def _has_path(snapshot: Snapshot, path: str) -> bool:
    if not path:
        return True
    kind = snapshot.ref.path_kind
    folder = path + "/"
    return any(
        (file.path == path and kind is not PathKind.FOLDER)
        or (file.path.startswith(folder) and kind is not PathKind.FILE)
        for file in snapshot.files
    )
