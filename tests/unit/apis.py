"""What tests of the API plane share: a client that keeps what it told, scripted answers."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from typing import Any

from hfget import events
from hfget.endpoints import origin_of
from hfget.http.client import HttpClient
from hfget.hub.pin import Hub
from hfget.model import RepoRef, Snapshot
from hfget.settings import Credential, Settings
from hfget.system.redaction import Secret
from tests.unit.helpers import BOUND, Answer, Asked, Reply

REPO = "org/m"
COMMIT = "c" * 40
FILES: dict[str, bytes | str | int] = {f"{n}.txt": str(n) for n in range(5)}


class Client:
    """A hub client, with what it told."""

    def __init__(
        self,
        endpoint: str,
        credential: Credential | None = None,
        *,
        stop: threading.Event | None = None,
        **kwargs: Any,
    ) -> None:
        self.told: list[events.Event] = []
        given_: dict[str, Any] = {"api_timeout": BOUND, "retries": 3, **kwargs}
        known = {} if credential is None else {credential.origin: credential}
        self._settings = Settings(endpoint=endpoint, credentials=known, **given_)
        self.http = HttpClient(
            known.values(), env={}, observer=self.told.append, offline=self._settings.offline
        )
        self._hub = Hub(self.http, self._settings, self.told.append, stop)

    def snapshot(self, ref: RepoRef | None = None, **kwargs: Any) -> Snapshot:
        return self._hub.snapshot(ref or RepoRef(REPO), **kwargs)

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.told if isinstance(event, events.Note)]

    @property
    def retries(self) -> list[str]:
        return [event.reason for event in self.told if isinstance(event, events.Retrying)]


def token_for(endpoint: str, *, eager: bool = True) -> Credential:
    return Credential(
        Secret("made-up-" + secrets.token_hex(12)), "HF_TOKEN", origin_of(endpoint), eager
    )


def entry(path: str = "a.txt", **kwargs: Any) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": 1, "oid": "a" * 40, **kwargs}


def page(*entries: Any, link: str = "") -> Answer:
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return Answer(json.dumps(list(entries)).encode(), headers=headers)


INFO = Answer(json.dumps({"id": REPO, "sha": COMMIT}).encode())


def scripted(tree: Callable[[Asked], Reply], info: Reply = INFO) -> Callable[[Asked], Reply]:
    return lambda asked: tree(asked) if "/tree/" in asked.target else info
