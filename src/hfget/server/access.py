"""What may be set about the hub from outside: page sizes, access, where LFS content lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias

from hfget.server.hostnames import Hosts
from hfget.server.listing import ServedFile
from hfget.server.repo import Repo


class Verdict(Enum):
    """What someone may see of a repo: all, its listing only, or not that it exists."""

    OK = "ok"
    GATED = "gated"
    PRIVATE = "private"


class Access(Protocol):
    """Who may read what. `token` is what the request carries, unchecked."""

    def user(self, token: str) -> str | None:
        """The name of the token's owner, None if the token is not valid."""

    def may_read(self, repo: Repo, token: str | None) -> Verdict: ...

    def is_gated(self, repo: Repo) -> bool: ...

    def is_private(self, repo: Repo) -> bool: ...


class OpenAccess:
    """Everybody reads everything; any token is taken for that of a local user."""

    def user(self, token: str) -> str | None:
        return "local"

    def may_read(self, repo: Repo, token: str | None) -> Verdict:
        return Verdict.OK

    def is_gated(self, repo: Repo) -> bool:
        return False

    def is_private(self, repo: Repo) -> bool:
        return False


# (repo, commit, file) -> the URL an LFS file is redirected to, or None to serve it here
Location: TypeAlias = Callable[[Repo, str, ServedFile], "str | None"]


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """`prepare_wait` is how many seconds a request waits for hashing before it gets a 503.

    `hosts` are the names under which requests are answered, None for any; `origins` are the web
    pages' origins (`https://app.example`) whose scripts may read answers. Connections are limited
    in all and for each client; a request's head must come within `head_seconds`.
    """

    page_size: int = 1000
    expanded_page_size: int = 50
    prepare_wait: float = 8.0
    access: Access = field(default_factory=OpenAccess)
    location: Location | None = None
    hosts: Hosts | None = field(default_factory=Hosts)
    origins: frozenset[str] = frozenset()
    most_connections: int = 1024
    most_connections_each: int = 256
    head_seconds: float = 15.0
