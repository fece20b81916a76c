"""All files of a repo at one commit: listed, held against what else is known, and mended.

The way of huggingface_hub comes first: the recursive tree, page by page. Where that is not whole,
or not to be had, folders are listed one by one, and then files by their names.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

from hfget.errors import AccessError, ListingError, NetworkError
from hfget.hub.api_client import ApiAnswer, HubClient
from hfget.hub.completeness import Doubt, Listed, TwiceError, doubt, is_full
from hfget.hub.entries import file_of_head, remote_file
from hfget.hub.error_codes import NO_ROUTE
from hfget.hub.pages import NoRouteError, Pages
from hfget.hub.proof import prove
from hfget.limits import MAX_FOLDERS, MAX_SINGLE_FILES
from hfget.messages import advice
from hfget.messages import hub_texts as texts
from hfget.model import Proof, RemoteFile, RepoRef
from hfget.system import count_text, safe_text, safe_url

#: What huggingface_hub sends, then what servers take that refuse a parameter they do not know.
_RECURSIVE = ("recursive=true&expand=false", "recursive=true")
_FLAT = ("recursive=false&expand=false", "")
_PATHS_PER_REQUEST = 500
#: Folders that git's ids do not prove, and that nothing else tells of: these are looked at again.
_MOST_UNPROVEN = 20
_ANOTHER = advice.OTHER_MIRROR


class Tree(NamedTuple):
    """The files, and how far their listing is proved."""

    files: tuple[RemoteFile, ...]
    proof: Proof


def list_tree(client: HubClient, ref: RepoRef, commit: str, siblings: Sequence[str] | None) -> Tree:
    """The whole listing of `commit`. `siblings` are the files that the repo info names.

    Backends of a mirror that are not in step may answer for different commits: then the listing
    begins anew. Raises ListingError where it is not whole, and what `refusal` names.
    """
    return client.retries.run(lambda: _Lister(client, ref, commit, siblings).tree(), 3)


class _Lister:
    """One attempt at a listing."""

    def __init__(
        self, client: HubClient, ref: RepoRef, commit: str, siblings: Sequence[str] | None
    ) -> None:
        self._client = client
        self._ref = ref
        self._commit = commit
        self._siblings = siblings
        self._pages = Pages(client, ref, commit)
        self._listed = Listed()
        self._walked: set[str] = set()
        self._size: int | None = None
        self._has_route = True
        self._refused: ApiAnswer | None = None

    def tree(self) -> Tree:
        self._refused = self._recursive()
        if self._refused is not None:
            self._without_recursion(self._refused)
        elif not self._siblings:
            self._look_again()
        found = doubt(self._listed, self._siblings)
        if unfit := [name for name in (found.missing if found else ()) if _is_unfit(name)]:
            for name in unfit:  # not asked for, but kept: who places the files refuses it by name
                self._listed.add_file(RemoteFile(name, 0, "", defect=texts.NAME_UNFIT))
            found = doubt(self._listed, self._siblings)
        if found is not None:
            self._settle(found)
        return self._proved()

    def _without_recursion(self, refused: ApiAnswer) -> None:
        status = refused.response.status_code
        self._has_route = self._walk([""])
        if self._has_route:
            text = texts.NO_RECURSION(status=status)
        elif self._siblings:
            text = texts.NO_LISTING_ROUTE(status=status)
            if is_full(len(self._siblings)):
                self._listed.may_go_on = texts.FULL_FOLDER
        else:
            raise self._no_route(refused)
        self._client.note(f"{self._client.host} {text}")

    def _look_again(self) -> None:
        """List the folders that git's ids do not prove; if one has more, others may, too."""
        before = len(self._listed.files)
        proved = prove(self._listed.files.values(), self._listed.folders)
        self._walk(proved.unproven[:_MOST_UNPROVEN])
        if len(self._listed.files) > before:
            self._listed.may_go_on = texts.LISTS_MORE_ALONE

    def _recursive(self) -> ApiAnswer | None:
        """List everything at once; the refusal if the endpoint cannot do that."""
        refused = None
        for query in _RECURSIVE:
            try:
                self._take("", query)
                return None
            except NoRouteError as error:
                refused = refused or error.answer
        return refused

    def _take(self, folder: str, query: str) -> None:
        """List one folder, or all with a recursive query. Raises NoRouteError."""
        for page in self._pages.of(folder, query):
            try:
                self._listed.add(page.entries)
            except TwiceError as error:
                raise self._pages.twice(error.path) from None
            if page.ending:
                self._listed.may_go_on = page.ending

    def _settle(self, found: Doubt) -> None:
        """Find what speaks against the listing, or raise ListingError."""
        if found.is_vague and self._is_size_right():
            return
        if self._has_route:
            self._listed.may_go_on = ""
            self._walk(["", *self._listed.folders] if found.maybe_cut else _near(found))
        left = doubt(self._listed, self._siblings)
        if left is not None and left.missing:
            self._by_name(left.missing)
            left = doubt(self._listed, self._siblings)
        if left is not None:
            self._judge(left)

    def _walk(self, folders: Iterable[str]) -> bool:
        """List `folders` one by one, and those found in them; False without such a route."""
        listed = self._listed
        waiting = deque(dict.fromkeys(folders))
        while waiting:
            folder = waiting.popleft()
            if folder in self._walked:
                continue
            if len(self._walked) >= MAX_FOLDERS:
                listed.may_go_on = texts.TOO_MANY_FOLDERS(folders=MAX_FOLDERS)
                break
            self._walked.add(folder)
            known = len(listed.folders)
            if self._walk_one(folder):
                waiting.extend(islice(listed.folders, known, None))
            elif not folder:
                return False
        return True

    def _walk_one(self, folder: str) -> bool:
        for query in _FLAT:
            try:
                self._take(folder, query)
                return True
            except NoRouteError:
                continue
        return False

    def _by_name(self, names: Sequence[str]) -> None:
        """Ask for files that the info names: many at once, else each by a HEAD of its content."""
        for begin in range(0, len(names), _PATHS_PER_REQUEST):
            if not self._ask_paths(names[begin : begin + _PATHS_PER_REQUEST]):
                break
        left = [name for name in names if name not in self._listed.files]
        if len(left) > MAX_SINGLE_FILES:
            return
        for name in left:
            url = self._client.content(self._ref, self._commit, name)
            answer = self._pages.ask(url, method="HEAD", tolerated=NO_ROUTE)
            if answer.response.status_code not in NO_ROUTE:
                self._listed.add_file(file_of_head(name, answer.response))

    def _ask_paths(self, names: Sequence[str]) -> bool:
        form = urlencode([*(("paths", name) for name in names), ("expand", "false")])
        url = f"{self._client.api(self._ref)}/paths-info/{self._commit}"
        try:
            answer = self._pages.ask(url, method="POST", form=form.encode(), tolerated=NO_ROUTE)
        except (NetworkError, AccessError):
            return False
        if not answer.ok or not isinstance(answer.json, list):
            return False
        wanted = set(names)
        for entry in answer.json:
            path = entry.get("path") if isinstance(entry, dict) else None
            if isinstance(path, str) and path in wanted and entry.get("type") == "file":
                self._listed.add_file(remote_file(entry))
        return True

    def _is_size_right(self) -> bool:
        """Whether the endpoint gives the whole tree the size of what is listed."""
        size = self._listed.bytes
        return size is not None and size == self._tree_size()

    def _tree_size(self) -> int:
        """The size of the tree, in bytes; -1 where the endpoint does not tell."""
        if self._size is None:
            self._size = -1
            url = f"{self._client.api(self._ref)}/treesize/{self._commit}"
            try:
                answer = self._pages.ask(url, tolerated=NO_ROUTE)
            except (NetworkError, AccessError):
                return self._size
            told = answer.json.get("size") if isinstance(answer.json, dict) else None
            if answer.ok and type(told) is int:
                self._size = told
        return self._size

    def _judge(self, left: Doubt) -> None:
        """What could not be mended: an error, unless nothing but a warning is due."""
        if left.missing and self._refused is not None and not self._has_route:
            raise self._no_route(self._refused)
        if left.missing:
            lost = count_text(len(left.missing), "file")
            raise self._error(
                texts.LISTING_LACKS(
                    host=self._client.host, lost=lost, ref=self._ref, missing=_some(left.missing)
                )
            )
        if self._is_size_right():
            return
        told, here = self._tree_size(), self._listed.bytes
        if here is not None and told > here:
            raise self._error(
                texts.SIZES_FALL_SHORT(host=self._client.host, here=here, told=told, ref=self._ref)
            )
        if left.unknown or left.empty:
            what = texts.UNKNOWN_ENTRIES if left.unknown else texts.EMPTY_FOLDERS
            raise self._error(
                texts.LISTS_UNKNOWN(
                    host=self._client.host,
                    what=what,
                    ref=self._ref,
                    unknown=_some(left.unknown or left.empty),
                )
            )
        if left.maybe_cut:
            raise self._error(
                texts.UNSURE(host=self._client.host, maybe_cut=left.maybe_cut, ref=self._ref)
            )
        self._warn(texts.LISTS_SURPLUS(surplus=left.surplus))

    def _warn(self, what: str) -> None:
        self._client.note(f"{self._client.host} {what}", warning=True)

    def _error(self, message: str) -> ListingError:
        return ListingError(
            message,
            hint=advice.CUT_ON_THE_WAY(advice=_ANOTHER),
            url=safe_url(self._client.api(self._ref)),
        )

    def _no_route(self, refused: ApiAnswer) -> ListingError:
        return ListingError(
            texts.HOST_HAS_NO_LISTING(
                host=self._client.host, status_code=refused.response.status_code
            ),
            hint=texts.CANNOT_TELL_FILES(ref=self._ref, advice=_ANOTHER),
            url=safe_url(refused.response.url),
        )

    def _proved(self) -> Tree:
        listed = self._listed
        files = tuple(listed.files.values())
        proved = prove(files, listed.folders, listed.odd_pointers)
        if other := sorted(listed.unknown - listed.files.keys()):  # a submodule of git
            self._warn(texts.LISTS_OTHER(paths=_some(other)))
        if proved.unfit:
            unfit = count_text(len(proved.unfit), "LFS file")
            self._warn(texts.SHA256_UNFIT(unfit=unfit, files=_some(proved.unfit)))
        return Tree(files, proved.counts)


def _near(found: Doubt) -> Iterable[str]:
    """The folders in which what is missing should be."""
    return dict.fromkeys([*(name.rpartition("/")[0] for name in found.missing), *found.empty])


def _is_unfit(name: str) -> bool:
    """Whether an address with this path would lead elsewhere."""
    return any(part in ("", ".", "..") for part in name.split("/"))


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(safe_text(name, 120) for name in names[:3])
    return shown + (", …" if len(names) > 3 else "")
