"""Refusals in the Hub's words: status, `X-Error-Code`, `X-Error-Message`, JSON body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from hfget.errors import (
    AccessError,
    DiskError,
    EntryNotFoundError,
    GatedRepoError,
    HfgetError,
    NotFoundError,
    RevisionNotFoundError,
    UnreachableError,
)
from hfget.messages import server_texts as texts

#: What the Hub says of a token that is none of its own (huggingface_hub, `hf_raise_for_status`).
INVALID_LOGIN = "Invalid credentials in Authorization header"
_MOST_MESSAGE = 500  # characters of a header


class RefusalError(Exception):
    """A request that ends with an error answer."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        in_hub_words: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})
        self.in_hub_words = in_hub_words

    def response(self) -> Response:
        # header values are latin-1 and one line; the body carries the text as it is
        plain = (self.in_hub_words or self.message).encode("ascii", "backslashreplace").decode()
        headers = {
            **self.headers,
            "X-Error-Message": "".join(filter(str.isprintable, plain))[:_MOST_MESSAGE].strip(),
            "X-Content-Type-Options": "nosniff",
        }
        if self.code is not None:
            headers["X-Error-Code"] = self.code
        message = self.message.encode("utf-8", "replace").decode()
        return JSONResponse({"error": message}, self.status, headers)


def repo_not_found(*, with_token: bool) -> RefusalError:
    """The Hub answers a stranger with 401, since the repo might be private."""
    if with_token:
        return RefusalError(404, "Repository not found", "RepoNotFound")
    return RefusalError(401, "Invalid username or password.", "RepoNotFound")


def gated(repo: str, *, with_token: bool) -> RefusalError:
    if with_token:
        return RefusalError(
            403, f"Access to {repo} is restricted and you are not in the authorized list.",
            "GatedRepo",
        )  # fmt: skip
    return RefusalError(
        401, f"Access to {repo} is restricted. You must be authenticated to access it.", "GatedRepo"
    )


def revision_not_found(revision: str) -> RefusalError:
    return RefusalError(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def entry_not_found(path: str, commit: str) -> RefusalError:
    return RefusalError(404, f"{path} does not exist", "EntryNotFound", {"X-Repo-Commit": commit})


def upstream_refusal(error: HfgetError, *, with_token: bool) -> RefusalError:
    """What upstream's refusal, or its silence, means for a client of this mirror."""
    if isinstance(error, RevisionNotFoundError):
        return RefusalError(404, error.message, "RevisionNotFound")
    if isinstance(error, EntryNotFoundError):
        return RefusalError(404, error.message, "EntryNotFound")
    if isinstance(error, NotFoundError):
        return repo_not_found(with_token=with_token)
    if isinstance(error, GatedRepoError):
        return RefusalError(403 if with_token else 401, error.message, "GatedRepo")
    if isinstance(error, AccessError):
        return RefusalError(403, error.message)
    if isinstance(error, DiskError):
        return RefusalError(507, error.message)
    waits = {"Retry-After": "5"}
    if isinstance(error, UnreachableError):
        return RefusalError(504, f"upstream cannot be reached: {error.message}", headers=waits)
    return RefusalError(502, f"not to be had from upstream: {error.message}", headers=waits)


def invalid_token() -> RefusalError:
    return RefusalError(401, INVALID_LOGIN)


def preparing(folder: str) -> RefusalError:
    return RefusalError(503, texts.STILL_HASHING(folder=folder), headers={"Retry-After": "5"})


def json_answer(data: Any, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(data, headers={"X-Content-Type-Options": "nosniff", **(headers or {})})
