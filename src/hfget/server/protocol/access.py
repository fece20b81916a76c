"""What may be set about the hub from outside: page sizes, access, where LFS content lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from hfget.server.protocol.client_tokens import ClientTokens
from hfget.server.protocol.hostnames import KnownHosts
from hfget.server.repos.listing import ServedFile
from hfget.server.repos.repo import Repo


class Permission(Enum):
    """What a client may see of a repo: all, its listing only, or not that it exists."""

    OK = "ok"
    GATED = "gated"
    PRIVATE = "private"


class Access(Protocol):
    """Who may read what. `token` is what the request carries, unchecked."""

    def user(self, token: str) -> str | None:
        """The name of the token's owner, None if the token is not valid."""

    def may_read(self, repo: Repo, token: str | None) -> Permission: ...

    def is_gated(self, repo: Repo) -> bool: ...

    def is_private(self, repo: Repo) -> bool: ...


class OpenAccess:
    """Everybody reads everything; any token is taken for that of a local user."""

    def user(self, token: str) -> str | None:
        return "local"

    def may_read(self, repo: Repo, token: str | None) -> Permission:
        return Permission.OK

    def is_gated(self, repo: Repo) -> bool:
        return False

    def is_private(self, repo: Repo) -> bool:
        return False


class Tls(NamedTuple):
    """The certificate, with those it is signed by, and its key, as PEM files."""

    cert: Path
    key: Path


# (repo, commit, file) -> the URL an LFS file is redirected to, or None to serve it here
Location: TypeAlias = Callable[[Repo, str, ServedFile], "str | None"]


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """`prepare_wait` is how many seconds a request waits for hashing before it gets a 503.

    `hosts` are the names under which requests are answered, None for any; `origins` are the web
    pages' origins (`https://app.example`) whose scripts may read answers. Connections are limited
    in all and for each client; a request's head must come within `head_seconds`. With `tokens`
    a client must show one of them.
    """

    page_size: int = 1000
    expanded_page_size: int = 50
    prepare_wait: float = 8.0
    access: Access = field(default_factory=OpenAccess)
    location: Location | None = None
    hosts: KnownHosts | None = field(default_factory=KnownHosts)
    origins: frozenset[str] = frozenset()
    tokens: ClientTokens | None = None
    tls: Tls | None = None
    most_connections: int = 1024
    most_connections_each: int = 256
    head_seconds: float = 15.0
