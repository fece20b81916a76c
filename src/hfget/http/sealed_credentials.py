"""The secrets of a run on their way to a process on another machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hfget.settings import Credential
from hfget.system import Secret


class SealedCredentials:
    """Secrets for a process of this user's on another machine: shown nowhere on their way.

    A `Secret` does not survive pickling; this does.
    """

    __slots__ = ("_credentials",)

    def __init__(self, credentials: Iterable[Credential]) -> None:
        self._credentials = tuple(credentials)

    def opened(self) -> Mapping[str, Credential]:
        """The credentials by their origins."""
        return {one.origin: one for one in self._credentials}

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        fields = [
            (one.secret.reveal(), one.source, one.origin, one.eager, one.scheme)
            for one in self._credentials
        ]
        return _unsealed, (fields,)


def _unsealed(fields: Iterable[tuple[Any, ...]]) -> SealedCredentials:
    return SealedCredentials(Credential(Secret(value), *rest) for value, *rest in fields)
