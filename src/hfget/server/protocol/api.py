"""What the API routes answer about one repo: info, tree pages, refs, commits, paths-info."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, urlencode

from hfget.model import is_commit
from hfget.server.protocol.access import Access
from hfget.server.protocol.answers import RefusalError, entry_not_found
from hfget.server.repos.listing import Listing, ServedFile
from hfget.server.repos.repo import Repo
from hfget.system import is_true

_TITLE = "served by hfget"
_MOST_FIELDS = 100_000
_LATEST = 253_402_300_799.0  # the end of the year 9999


def number(text: str | None, default: int) -> int:
    """A number of a query, `default` for what is none."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 10):
        return default
    return int(text)


def info(repo: Repo, listing: Listing, access: Access, *, blobs: bool) -> dict[str, Any]:
    """Repo info; with `blobs` each sibling has its size and hashes."""
    return {
        **summary(repo, listing, access),
        "usedStorage": listing.total_size,
        "cardData": listing.card.data or None,
        "siblings": [sibling(file, blobs=blobs) for file in listing.files.values()],
    }


def summary(repo: Repo, listing: Listing | None, access: Access) -> dict[str, Any]:
    """What a list of repos shows of one; little, if it is not listed yet."""
    modified = _iso(listing.modified if listing else 0.0)
    tags = listing.card.tags if listing else []
    data: dict[str, Any] = {
        "_id": hashlib.sha1(str(repo).encode()).hexdigest()[:24],
        "id": repo.repo_id,
        "lastModified": modified,
        "createdAt": modified,
        "private": access.is_private(repo),
        "gated": "manual" if access.is_gated(repo) else False,
        "disabled": False,
        "tags": tags,
        "downloads": 0,
        "likes": 0,
    }
    if listing:
        data["sha"] = listing.commit
        for key in ("pipeline_tag", "library_name"):
            if value := listing.card.text(key):
                data[key] = value
    owner, slash, _ = repo.repo_id.partition("/")
    if slash:
        data["author"] = owner
    if repo.repo_type == "model":
        data["modelId"] = repo.repo_id
    return data


def tree_page(
    listing: Listing, folder: str, query: Mapping[str, str], size: int
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a tree and the query of the next page, None after the last.

    Raises RefusalError if `folder` is not a folder of the listing or the cursor is not a cursor.
    """
    if folder and folder not in listing.folders:
        raise entry_not_found(folder, listing.commit)
    after = _read_cursor(query["cursor"]) if "cursor" in query else ""
    if is_true(query.get("recursive")):
        # sorted, so that all below a folder stand together
        prefix = f"{folder}/" if folder else ""
        at = bisect_right(listing.paths, max(prefix, after))
        page = [p for p in listing.paths[at : at + size + 1] if p.startswith(prefix)]
    else:
        names = listing.children[folder]
        at = bisect_right(names, after)
        page = list(names[at : at + size + 1])
    expand = is_true(query.get("expand"))
    entries = [entry(listing, path, expand=expand) for path in page[:size]]
    if len(page) <= size:
        return entries, None
    following = {**query, "cursor": _cursor(page[size - 1])}
    return entries, urlencode(following)


def entry(listing: Listing, path: str, *, expand: bool) -> dict[str, Any]:
    """A file or folder as the tree and paths-info routes show it."""
    file = listing.files.get(path)
    if file is None:
        data: dict[str, Any] = {
            "type": "directory",
            "oid": listing.folders[path],
            "size": 0,
            "path": path,
        }
    else:
        data = {
            "type": "file",
            "oid": file.remote.blob_id,
            "size": file.remote.size,
            "path": path,
        }
        if file.remote.is_lfs:
            data["lfs"] = {
                "oid": file.remote.sha256,
                "size": file.remote.size,
                "pointerSize": len(file.pointer),
            }
    if expand:
        data["lastCommit"] = {
            "id": listing.commit,
            "title": _TITLE,
            "date": _iso(listing.modified),
        }
    return data


def paths_info(listing: Listing, body: bytes, content_type: str) -> list[dict[str, Any]]:
    """The entries of the paths named in a form or JSON body, each once; unknown ones are left
    out. An answer is therefore never longer than the listing."""
    paths, expand = _read_paths(body, content_type)
    known = dict.fromkeys(path.strip("/") for path in paths)
    return [
        entry(listing, path, expand=expand)
        for path in known
        if path in listing.files or path in listing.folders
    ]


def commits(listing: Listing) -> list[dict[str, Any]]:
    """The history of a revision. No history is kept: it is the one commit that is served."""
    return [
        {
            "id": listing.commit,
            "title": _TITLE,
            "message": "",
            "date": _iso(listing.modified),
            "authors": [],
        }
    ]


def refs(commits: Mapping[str, str], *, include_prs: bool) -> dict[str, Any]:
    """Branches, tags, converts and pull requests from revision name → commit."""
    groups: dict[str, list[dict[str, str]]] = {"branches": [], "converts": [], "tags": []}
    pull_requests: list[dict[str, str]] = []
    for revision, commit in sorted(commits.items()):
        if is_commit(revision):  # a snapshot that no ref names
            continue
        ref = revision if revision.startswith("refs/") else f"refs/heads/{revision}"
        _, kind, name = ref.split("/", 2)
        item = {"name": name, "ref": ref, "targetCommit": commit}
        if kind == "pr":
            pull_requests.append({**item, "name": ref})
        else:
            group = {"tags": "tags", "convert": "converts"}.get(kind, "branches")
            groups[group].append(item)
    return {**groups, "pullRequests": pull_requests} if include_prs else dict(groups)


def tree_size(listing: Listing, folder: str) -> dict[str, Any]:
    if folder and folder not in listing.folders:
        raise entry_not_found(folder, listing.commit)
    return {"path": f"/{folder}", "size": listing.sizes[folder]}


def sibling(file: ServedFile, *, blobs: bool) -> dict[str, Any]:
    """A file as repo info shows it."""
    data: dict[str, Any] = {"rfilename": file.remote.path}
    if blobs:
        data |= {"size": file.remote.size, "blobId": file.remote.blob_id}
        if file.remote.is_lfs:
            data["lfs"] = {
                "sha256": file.remote.sha256,
                "size": file.remote.size,
                "pointerSize": len(file.pointer),
            }
    return data


def _cursor(path: str) -> str:
    return base64.urlsafe_b64encode(path.encode()).decode()


def _read_cursor(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise RefusalError(400, "Invalid cursor") from error


def _read_paths(body: bytes, content_type: str) -> tuple[list[str], bool]:
    try:
        if "json" in content_type:
            data = json.loads(body)
            paths, expand = data["paths"], bool(data.get("expand"))
        else:
            form = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
            paths, expand = form.get("paths", []), is_true(form.get("expand", [None])[0])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RefusalError(400, "Invalid body: paths expected") from error
    if isinstance(paths, str):
        paths = [paths]
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise RefusalError(400, "Invalid body: paths expected")
    return paths, expand


def _iso(seconds: float) -> str:
    # a file may carry any time
    moment = datetime.fromtimestamp(min(max(seconds, 0.0), _LATEST), timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
