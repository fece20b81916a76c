"""A snapshot from an endpoint: one request for the commit, one a page for the listing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests

from hfget import events
from hfget.endpoints import host_of
from hfget.errors import HfgetError, NetworkError, RevisionNotFoundError
from hfget.http import HttpClient
from hfget.hub.api_client import ApiAnswer, HubClient, Unreached
from hfget.hub.error_codes import NO_ROUTE
from hfget.hub.tree import Tree, list_tree
from hfget.messages import advice
from hfget.messages import hub_texts as texts
from hfget.model import PathKind, RepoRef, Snapshot, is_commit
from hfget.reference import trail_candidates
from hfget.settings import Settings
from hfget.system import lazy_pattern, safe_text, safe_url

_REPO_IN_API_PATH = lazy_pattern(
    r"/api/(?:models|datasets|spaces)/([\w.-]+(?:/[\w.-]+)?)\Z", re.ASCII
)
#: What the Hub calls its default branch; huggingface_hub asks for it where none is named.
_DEFAULT_BRANCH = "main"

#: What is recorded of a commit, by endpoint and commit.
KnownTree = Callable[[str, str], "Tree | None"]


def no_tree(endpoint: str, commit: str) -> None:
    """Nothing is recorded."""


class Hub:
    """The API plane of one endpoint."""

    def __init__(
        self,
        http: HttpClient,
        settings: Settings,
        observer: events.Observer = events.ignore,
        stop: threading.Event | None = None,
        unreached: Unreached = lambda failure, wait: None,
        *,
        hurry: bool = False,
    ) -> None:
        """`unreached` gets the failures before the first answer; it may raise to end the tries.

        With `hurry` there is another endpoint: at most one try more, and none after a wait.
        """
        self._client = HubClient(
            http, settings, observer, stop or threading.Event(), unreached, hurry=hurry
        )
        self.endpoint = settings.endpoint

    @property
    def has_answered(self) -> bool:
        """Whether the endpoint has named a commit."""
        return self._client.answered

    def snapshot(self, ref: RepoRef, known_tree: KnownTree = no_tree) -> Snapshot:
        """Pin `ref` to a commit and list its files.

        A listing that `known_tree` has for the commit is taken from there, unless it lacks a
        file that the endpoint names: the listing of a commit never changes.
        A renamed repo is followed and said. A trail of a pasted URL is split where the hub
        knows a revision. Raises the children of HfgetError that `refusal` names.
        """
        if ref.trail:
            return self._snapshot_of_trail(ref, known_tree)
        self._client.begin()
        ref, commit, siblings = self._pin(ref)
        tree = known_tree(self.endpoint, commit)
        if tree is None or not {file.path for file in tree.files}.issuperset(siblings or ()):
            tree = list_tree(self._client, ref, commit, siblings)
        return Snapshot(ref, self._client.endpoint, commit, tree.files, tree.proof)

    def pin(self, ref: RepoRef) -> tuple[RepoRef, str]:
        """The ref under the repo's present name, and the commit its revision points to.

        Raises as `snapshot` does.
        """
        return self._pin(ref)[:2]

    def refs(self, ref: RepoRef) -> Any:
        """Branches, tags and pull requests, as the endpoint tells them; not checked."""
        self._client.begin()
        return self._client.ask(f"{self._client.api(ref)}/refs?include_prs=true", ref).json

    def _snapshot_of_trail(self, ref: RepoRef, known_tree: KnownTree) -> Snapshot:
        """Try the splits of the trail, shortest revision first, until one has the path.

        git allows no branch `a` beside a branch `a/b`, but a tag `a` beside it: therefore the
        path must exist too.
        """
        unknown: HfgetError | None = None
        found: Snapshot | None = None
        tried = 0
        for revision, path in trail_candidates(ref):
            tried += 1
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
        if unknown is not None and tried == 1:
            raise unknown
        raise RevisionNotFoundError(
            texts.NO_REVISION_IN_PATH(trail=safe_text("/".join(ref.trail), 120), ref=ref),
            hint=advice.NAME_REVISION,
        )

    def _pin(self, ref: RepoRef) -> tuple[RepoRef, str, list[str] | None]:
        """The ref under the repo's present name, the commit hash that its revision points to,
        and the files that the endpoint names there, if it does.
        """
        url = self._client.api(ref)
        if ref.revision is not None:
            answer = self._client.ask(f"{url}/revision/{quote(ref.revision, safe='')}", ref)
        else:
            answer = self._client.ask(url, ref, tolerated=NO_ROUTE)
            if not (answer.ok or answer.error_code):  # perhaps it knows only named revisions
                main = f"{url}/revision/{_DEFAULT_BRANCH}"
                named = self._client.ask(main, ref, tolerated=NO_ROUTE)
                answer = named if named.ok else answer
            if not answer.ok:
                raise self._client.refusal(answer.response, ref)
        commit = self._commit(url, ref, answer)
        renamed = self._renamed(ref, answer.response)
        if renamed != ref.repo_id:
            self._client.note(texts.RENAMED(repo_id=ref.repo_id, renamed=renamed))
        return replace(ref, repo_id=renamed), commit, _siblings(answer.json)

    def _commit(self, url: str, ref: RepoRef, answer: ApiAnswer) -> str:
        """The commit that the endpoint has answered with. Raises NetworkError for any other."""
        sha = answer.json.get("sha") if isinstance(answer.json, dict) else None
        commit = sha.lower() if isinstance(sha, str) else ""
        if not is_commit(commit):
            raise self._client.not_a_hub(answer.response)
        asked = (ref.revision or "").lower()
        if is_commit(asked) and asked != commit:
            raise NetworkError(
                texts.OTHER_COMMIT_THAN_ASKED(url=host_of(url), commit=commit, asked=asked),
                url=safe_url(url),
                hint=advice.OTHER_MIRROR,
            )
        # a header that contradicts the answer it comes with is a proxy's, and says nothing
        self._client.names_commits = answer.commit in ("", commit)
        self._client.answered = True
        return commit

    def _renamed(self, ref: RepoRef, response: requests.Response) -> str:
        """The repo ID at the end of the redirects (`gpt2` leads to `openai-community/gpt2`)."""
        path = urlsplit(response.url).path.partition("/revision/")[0]
        match = _REPO_IN_API_PATH.search(unquote(path))
        return match.group(1) if match else ref.repo_id


def _siblings(info: dict[str, Any]) -> list[str] | None:
    """The files that a repo info names, None if it names none at all."""
    told = info.get("siblings")
    if not isinstance(told, list):
        return None
    names = (entry.get("rfilename") for entry in told if isinstance(entry, dict))
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


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
