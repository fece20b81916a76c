"""Everything that can go wrong, as a small tree of exceptions with exit codes.

A message says what failed and why; `hint` says what to do next. The exit codes are
part of the interface: scripts rely on them (docs/exit-codes.md).
"""

from __future__ import annotations

import os

from hfget.messages import translated, ui_texts


def _callers_lines(error: BaseException) -> list[str]:
    """Where `error` comes from, up to the call of hfget: none of hfget's lines, nor IPython's."""
    import traceback

    here, lines = os.path.dirname(__file__) + os.sep, []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(here):
            break
        if f"{os.sep}IPython{os.sep}" in frame.filename:
            continue
        cell = f"{os.sep}ipykernel_" in frame.filename or frame.filename.startswith("<ipython")
        place = "" if cell else f"{frame.filename}, "
        name = "" if frame.name == "<module>" else f", in {frame.name}"
        lines += [f"{place}line {frame.lineno}{name}", f"    {frame.line}"]
    return lines


class HfgetError(Exception):
    """Base of all expected failures.

    `exit_code` is the process's exit code when this error ends a run, `kind` its stable
    name in `--json`. `path` is the file in the repo and `url` the address (already without
    query and credentials) where they are known.
    """

    exit_code = 1
    kind = "unexpected"

    def __init__(
        self, message: str, *, hint: str = "", path: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path
        self.url = url

    def __str__(self) -> str:
        """The message, in the user's language; `message` itself stays English."""
        return translated(self.message)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of its own: the caller's lines, what failed, what to do.

        IPython asks an exception for it (`InteractiveShell.showtraceback`).
        """
        lines = [*_callers_lines(self), f"{type(self).__name__}: {self}"]
        return lines + ([translated(ui_texts.BLOCK_NEXT(hint=self.hint))] if self.hint else [])


class UsageError(HfgetError):
    """The command line, the environment or a pattern does not make sense."""

    exit_code = 2
    kind = "usage"


class NotFoundError(HfgetError):
    """The endpoint knows no such repo, revision or file."""

    exit_code = 3
    kind = "not-found"


class RepoNotFoundError(NotFoundError):
    """No such repo, or a private one for which the token is missing."""

    kind = "repo-not-found"


class RevisionNotFoundError(NotFoundError):
    """The repo exists, the branch, tag or commit does not."""

    kind = "revision-not-found"


class EntryNotFoundError(NotFoundError):
    """The revision exists, the file or folder in it does not."""

    kind = "entry-not-found"


class AccessError(HfgetError):
    """The endpoint refuses: private, gated, disabled, or the token is wrong."""

    exit_code = 4
    kind = "not-allowed"


class UnseenError(AccessError):
    """The endpoint shows nothing without a token: private, gated or missing alike."""


class ProxyRefusalError(AccessError):
    """A proxy does not lead to the endpoint, or wants a password."""


class GatedRepoError(AccessError):
    """The repo is gated and this user has not been granted access."""

    kind = "gated"


class InvalidTokenError(AccessError):
    """The endpoint does not accept the token that was sent."""

    kind = "invalid-token"


class NetworkError(HfgetError):
    """The network or the server failed for good, after retries."""

    exit_code = 5
    kind = "network"


class UnreachableError(NetworkError):
    """The host gave no answer of its own: no way to it, a time-out, 5xx, a page of the network.

    `wait` is for how many seconds it asked to be left alone, if it did.
    """

    wait: float | None = None


class DataHostError(UnreachableError):
    """An endpoint leads to another host, and that one cannot be reached, or refuses.

    `reason` is why, in words that do not name the endpoint.
    """

    kind = "data-host"
    reason = ""


class ListingError(NetworkError):
    """What the endpoint lists is not whole, or cannot be told to be."""

    kind = "incomplete-listing"


class VerificationError(HfgetError):
    """The bytes are not what the listing promises."""

    exit_code = 6
    kind = "verification"


class DiskError(HfgetError):
    """The disk is full, not writable, or failed."""

    exit_code = 7
    kind = "disk"


class LocaleError(DiskError):
    """A name cannot be written in the encoding that this process has for file names."""


class UnsafeError(HfgetError):
    """Refused: a path that would leave the folder, an unsafe redirect, a token over http."""

    exit_code = 8
    kind = "unsafe"


class ExposedTokenError(UnsafeError):
    """A token that was given would go in the clear."""


class OutsideError(UnsafeError):
    """An endpoint leads to a host that was not named, and `--strict-endpoint` was given."""

    kind = "outside"


class LockedError(HfgetError):
    """Another process works on this folder and `--no-wait` was given."""

    exit_code = 9
    kind = "locked"


class TimeLimitError(HfgetError):
    """The time that the user gave the run is over; everything fetched so far is kept."""

    exit_code = 124
    kind = "time-limit"


class InterruptedRunError(HfgetError):
    """Stopped by a signal; everything fetched so far is kept. Exit code 128 + signal number."""

    kind = "interrupted"

    def __init__(self, signal_number: int, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.exit_code = 128 + signal_number
