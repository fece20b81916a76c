"""A snapshot from an endpoint: one request for the commit, one a page for the listing.

Not through HfApi: that waits for ever on a silent server, does not retry a 429 or 5xx on
repo info, and follows a `Link: rel="next"` to a foreign origin with the token. The answers
are parsed into huggingface_hub's own types.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests

from hfget import events, retry
from hfget.errors import HfgetError, NetworkError, RevisionNotFoundError, UnsafeError
from hfget.http import MAX_REDIRECTS, REDIRECT_STATUSES, HttpClient, rebase
from hfget.listing import remote_file
from hfget.model import API_NAMES, PathKind, RemoteFile, RepoRef, Snapshot
from hfget.reference import trail_candidates
from hfget.refusal import refusal
from hfget.retry import Transient
from hfget.secret import safe_url
from hfget.settings import Settings, host_of, origin_of
from hfget.text import safe_text

MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 2_000_000
MAX_ANSWER_SECONDS = 120.0
#: API calls have nothing to lose but time: they give up sooner than transfers.
API_RETRIES = 5

_COMMIT = re.compile(r"[0-9a-f]{40}")
_REPO_IN_API_PATH = re.compile(r"/api/(?:models|datasets|spaces)/([^/]+(?:/[^/]+)?)$")

KnownTree = Callable[[str], "Sequence[RemoteFile] | None"]


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
        self._observer = observer
        self._stop = stop or threading.Event()

    def snapshot(self, ref: RepoRef, known_tree: KnownTree = lambda commit: None) -> Snapshot:
        """Pin `ref` to a commit and list its files.

        A listing that `known_tree` has for the commit is taken from there: it never changes.
        A renamed repo is followed and said. A trail of a pasted URL is split where the hub
        knows a revision. Raises the children of HfgetError that `refusal` names.
        """
        if ref.trail:
            return self._snapshot_of_trail(ref, known_tree)
        ref, commit = self._pin(ref)
        return Snapshot(ref, self._endpoint, commit, self._files(ref, commit, known_tree))

    def _snapshot_of_trail(self, ref: RepoRef, known_tree: KnownTree) -> Snapshot:
        """Try the splits of the trail, shortest revision first, until one has the path.

        git allows no branch `a` beside a branch `a/b`, but a tag `a` beside it: therefore the
        path must exist too.
        """
        first_error: HfgetError | None = None
        found: Snapshot | None = None
        for revision, path in trail_candidates(ref):
            candidate = replace(ref, revision=revision, path=path, trail=())
            try:
                snapshot = self.snapshot(candidate, known_tree)
            except RevisionNotFoundError as error:
                first_error = first_error or error
                continue
            if _has_path(snapshot, path):
                return snapshot
            found = found or snapshot
        if found is not None:
            return found
        assert first_error is not None
        raise first_error

    def _pin(self, ref: RepoRef) -> tuple[RepoRef, str]:
        """The ref under the repo's present name, and the commit hash its revision points to."""
        from huggingface_hub.hf_api import DatasetInfo, ModelInfo, SpaceInfo

        url = f"{self._endpoint}/api/{API_NAMES[ref.repo_type]}/{quote(ref.repo_id)}"
        if ref.revision is not None:
            url += f"/revision/{quote(ref.revision, safe='')}"
        payload, response = self._get_json(url, ref)
        kinds: dict[str, Any] = {"model": ModelInfo, "dataset": DatasetInfo, "space": SpaceInfo}
        try:
            info = kinds[ref.repo_type](**{"id": ref.repo_id, **payload})
            commit = str(info.sha or "").lower()
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise self._not_a_hub(response) from error
        if not _COMMIT.fullmatch(commit):
            raise self._not_a_hub(response)
        renamed = self._renamed(ref, response)
        if renamed != ref.repo_id:
            self._observer(events.Note(f"{ref.repo_id} is {renamed} today"))
        return replace(ref, repo_id=renamed), commit

    def _renamed(self, ref: RepoRef, response: requests.Response) -> str:
        """The repo ID at the end of the redirects (`gpt2` leads to `openai-community/gpt2`)."""
        path = urlsplit(response.url).path.partition("/revision/")[0]
        match = _REPO_IN_API_PATH.search(path)
        return match.group(1) if match else ref.repo_id

    def _files(self, ref: RepoRef, commit: str, known_tree: KnownTree) -> tuple[RemoteFile, ...]:
        known = known_tree(commit)
        if known is not None:
            return tuple(known)
        files: dict[str, RemoteFile] = {}
        for entry in self._tree(ref, commit):
            if entry.get("type") != "file":
                continue
            file = remote_file(entry)
            if files.setdefault(file.path, file) != file:
                raise UnsafeError(
                    f"the listing of {ref} names a file twice with different content",
                    path=safe_text(file.path),
                    url=f"{self._endpoint}/{ref}",
                )
        return tuple(files.values())

    def _tree(self, ref: RepoRef, commit: str) -> Iterator[dict[str, Any]]:
        """Every entry of the recursive tree listing, page after page (`Link: rel="next"`)."""
        url = (
            f"{self._endpoint}/api/{API_NAMES[ref.repo_type]}/{quote(ref.repo_id)}"
            f"/tree/{commit}?recursive=True&expand=False"
        )
        seen: set[str] = set()
        count = 0
        while url:
            if url in seen:
                raise NetworkError(
                    f"{host_of(url)} sends the same page of the listing again and again",
                    url=safe_url(url),
                    hint="the mirror is broken; try another one with --endpoint",
                )
            seen.add(url)
            page, response = self._get_json(url, ref)
            if not isinstance(page, list) or not all(isinstance(item, dict) for item in page):
                raise self._not_a_hub(response)
            count += len(page)
            if count > MAX_ENTRIES:
                raise UnsafeError(f"the listing of {ref} has more than {MAX_ENTRIES:,} entries")
            yield from page
            url = self._next_page(response)

    def _next_page(self, response: requests.Response) -> str:
        """The address of the next page on the endpoint's own origin, or an empty string.

        Mirrors have been seen to leave huggingface.co in it. A link to any other origin is
        followed there without the token, as every request of ours is.
        """
        link = response.links.get("next", {}).get("url", "")
        return rebase(urljoin(response.url, link), self._endpoint) if link else ""

    def _get_json(self, url: str, ref: RepoRef) -> tuple[Any, requests.Response]:
        def attempt() -> tuple[Any, requests.Response]:
            try:
                with closing(self._follow(url)) as response:
                    if failure := retry.from_status(response):
                        raise failure
                    if response.status_code != 200:
                        raise refusal(
                            response,
                            ref,
                            self._http,
                            withheld_token=self._settings.withheld_token,
                        )
                    return json.loads(read_answer(response)), response
            except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
                raise Transient("the answer is no JSON, as of a login page", url=url) from None
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

    def _follow(self, url: str) -> requests.Response:
        """GET `url` through redirects; the token is never sent again once the origin was left."""
        home = origin_of(url)
        with_token = True
        for _ in range(MAX_REDIRECTS + 1):
            response = self._http.get(
                url, read_timeout=self._settings.api_timeout, with_token=with_token
            )
            if with_token and self._http.unlock(response):
                response.close()
                continue
            if response.status_code not in REDIRECT_STATUSES:
                return response
            response.close()
            url = self._http.next_hop(response, self._endpoint)
            with_token = with_token and origin_of(url) == home
        raise NetworkError(
            f"{host_of(url)} redirects in a circle", url=safe_url(url), hint="try another endpoint"
        )

    def _not_a_hub(self, response: requests.Response) -> NetworkError:
        return NetworkError(
            f"{host_of(response.url)} does not answer like a hub",
            url=safe_url(response.url),
            hint="check the endpoint (--endpoint, HF_ENDPOINT), and whether a login page "
            "of the network stands in between",
        )


def read_answer(response: requests.Response) -> bytes:
    """The body of an API answer, decoded, at most MAX_ANSWER_BYTES and MAX_ANSWER_SECONDS long.

    Raises NetworkError for a larger one and Transient for one that trickles or is cut short.
    """
    raw = response.raw
    deadline = time.monotonic() + MAX_ANSWER_SECONDS
    body = bytearray()
    while chunk := raw.read1(1 << 16, decode_content=True):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise NetworkError(
                f"{host_of(response.url)} answers with more than {MAX_ANSWER_BYTES >> 20} MiB",
                url=safe_url(response.url),
            )
        if time.monotonic() > deadline:
            raise Transient("the answer comes too slowly", url=response.url)
    promised = response.headers.get("Content-Length", "")
    plain = response.headers.get("Content-Encoding", "identity") == "identity"
    if plain and promised.isdigit() and int(promised) != len(body):
        raise Transient("the answer was cut short", url=response.url)
    raw.release_conn()
    return bytes(body)


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
