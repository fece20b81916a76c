"""The secrets of a run, each bound to its origin: which one a request carries, and when.

A request to an origin carries the secret of that origin or none, whatever led there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import requests

from hfget import events
from hfget.endpoints import host_of, origin_of
from hfget.errors import ExposedTokenError
from hfget.http import proxies
from hfget.http.credentials import header_value, is_token_refused
from hfget.messages import advice
from hfget.messages import http_texts as texts
from hfget.settings import Credential, Withheld
from hfget.system import safe_text


class Keyring:
    """A secret an origin at most. Thread-safe.

    One that is not eager is *unlocked* once its origin has refused a request without it. One that
    must not go in the clear, or that was not accepted, is *withheld* from then on.
    """

    def __init__(
        self, credentials: Iterable[Credential] = (), observer: events.Observer = events.ignore
    ) -> None:
        self._credentials = {credential.origin: credential for credential in credentials}
        self._unlocked = {one.origin for one in self._credentials.values() if one.eager}
        self._withheld: dict[str, Withheld] = {}
        self._observer = observer
        self._lock = threading.Lock()

    def of(self, url: str) -> Credential | None:
        """The secret that is bound to the origin of `url`, sent already or not."""
        return self._credentials.get(origin_of(url))

    def of_others(self, url: str) -> Credential | None:
        """A secret of another origin, where there is none of that of `url`."""
        return None if self.of(url) else next(iter(self._credentials.values()), None)

    def withheld_from(self, url: str) -> Withheld | None:
        """Why the token of that origin was not sent after all: it does not go in the clear, or
        was not accepted.
        """
        return self._withheld.get(origin_of(url))

    def authorization(self, origin: str, proxy: str | None) -> dict[str, str]:
        """The header for a request to `origin`, if it is to have one. Raises UnsafeError."""
        credential = self._credentials.get(origin)
        if credential is None or origin not in self._unlocked:
            return {}
        if proxy and origin.startswith("http:"):
            self.keep_here(origin, texts.PROXY_WOULD_READ_IT(proxy=proxies.shown(proxy)))
        if origin in self._withheld:
            return {}
        return {"Authorization": header_value(credential)}

    def keep_here(self, origin: str, why: str) -> None:
        """No token in the clear: the run continues without it, unless it was given for this."""
        credential = self._credentials.get(origin)
        if credential is None or not credential.is_ambient:
            raise ExposedTokenError(
                texts.TOKEN_IN_THE_CLEAR(why=safe_text(why, 200)),
                hint=advice.HTTPS_OR_NO_PROXY,
            )
        with self._lock:
            first = origin not in self._withheld
            held = self._withheld.setdefault(
                origin,
                Withheld(
                    credential.source,
                    texts.LOOPBACK_ONLY(why=safe_text(why, 200)),
                    advice.HTTPS_OR_NO_PROXY,
                ),
            )
        if first:
            text = texts.NOT_SENT(source=credential.source, why=held.why)
            self._observer(events.Note(text, "warning"))

    def unlock(self, response: requests.Response) -> bool:
        """After a 401 or 403: whether the same request may now be answered in another way.

        So with a token that was held back so far, and without one that was found by itself and
        is not accepted: neither ends the download of what anyone may see. Both are said in a
        line.
        """
        if response.status_code not in (401, 403):
            return False
        credential = self.of(response.url)
        if credential is None:
            return False
        if "Authorization" in response.request.headers:
            return self._go_without(credential, response)
        if credential.origin in self._withheld:
            return False
        with self._lock:
            first = credential.origin not in self._unlocked
            self._unlocked.add(credential.origin)
        if first:
            host = safe_text(host_of(response.url), 120)
            self._observer(events.Note(texts.TOKEN_ASKED_FOR(host=host, source=credential.source)))
        return True

    def _go_without(self, credential: Credential, response: requests.Response) -> bool:
        """Whether an unasked-for token was refused, and is not sent any more."""
        asked_for = not credential.eager or not credential.is_ambient
        if asked_for or not is_token_refused(response):
            return False
        host = safe_text(host_of(response.url), 120)
        with self._lock:
            first = credential.origin not in self._withheld
            self._withheld.setdefault(
                credential.origin,
                Withheld(
                    credential.source,
                    texts.TOKEN_REFUSED_THERE(host=host),
                    texts.MAKE_ANOTHER_TOKEN,
                    refused=True,
                ),
            )
        if first:
            text = texts.TOKEN_REFUSED(host=host, source=credential.source)
            self._observer(events.Note(text, "warning"))
        return True
