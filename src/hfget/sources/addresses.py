"""Where the bytes of a file are: at the endpoint, and where that leads (pure)."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from hfget.model import URL_PREFIXES, RemoteFile, Snapshot


class Address(NamedTuple):
    """A URL that answers with the bytes; `authorized` if it did so to a token."""

    url: str
    authorized: bool


def content_url(snapshot: Snapshot, file: RemoteFile) -> str:
    """Where the endpoint has a file of the snapshot, without a signature or a token."""
    prefix = URL_PREFIXES[snapshot.ref.repo_type]
    return (
        f"{snapshot.endpoint.rstrip('/')}/{prefix}{quote(snapshot.ref.repo_id)}"
        f"/resolve/{snapshot.commit}/{quote(file.path)}"
    )


class RequestUrl(NamedTuple):
    """Where to ask now. `generation` counts the renewals of the signed URL."""

    url: str
    host: str
    with_token: bool
    generation: int
    hops: int
