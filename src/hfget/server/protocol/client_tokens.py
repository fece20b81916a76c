"""Who may ask this hub at all, where that takes a token: `--require-token`.

Any client of the Hub sends its token as it would to the Hub. It is compared here and goes nowhere
else: upstream never sees it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import server_texts as texts
from hfget.server.protocol.answers import INVALID_LOGIN, RefusalError
from hfget.system import os_reason, read_text, remember

VARIABLE = "HFGET_SERVE_TOKEN"
_MOST_BYTES = 1 << 20
_FEWEST_CHARACTERS = 8


class ClientTokens:
    """The tokens of which a client must show one; kept as hashes."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._hashes = [_hash(token) for token in tokens]

    def check(self, headers: Mapping[str, str], *, is_page: bool = False) -> None:
        """Raises RefusalError for a request without one. A browser sends it as a password."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        token = given.strip() if scheme.lower() == "bearer" else ""
        if is_page and scheme.lower() == "basic":
            token = _password(given)
        found = _hash(token)
        if not sum(hmac.compare_digest(found, known) for known in self._hashes):
            asks = 'Basic realm="hfget", charset="UTF-8"' if is_page else "Bearer"
            # in the Hub's words, hf does not take it for a repo that is missing
            raise RefusalError(
                401,
                texts.ASKS_ITS_TOKEN,
                headers={"WWW-Authenticate": asks},
                in_hub_words=INVALID_LOGIN if token else None,
            )


def read_client_tokens(file: Path | None, env: Mapping[str, str]) -> ClientTokens | None:
    """Those of a file, one a line, and that of the environment; None without either.

    Raises UsageError.
    """
    tokens = [env.get(VARIABLE, "")]
    if file is not None:
        try:
            lines = read_text(file, _MOST_BYTES).splitlines()
        except (OSError, ValueError) as error:
            reason = os_reason(error)
            raise UsageError(
                texts.TOKENS_UNREADABLE(file=file, reason=reason), hint=advice.ONE_TOKEN_A_LINE
            ) from error
        tokens += [line for line in lines if not line.lstrip().startswith("#")]
    tokens = [token.strip() for token in tokens if token.strip()]
    for token in tokens:
        remember(token)
        if len(token) < _FEWEST_CHARACTERS:
            raise UsageError(
                texts.SHORT_TOKEN(fewest=_FEWEST_CHARACTERS), hint=advice.MAKE_SERVER_TOKEN
            )
    if file is not None and not tokens:
        raise UsageError(texts.FILE_WITHOUT_TOKEN(file=file), hint=advice.MAKE_SERVER_TOKEN)
    return ClientTokens(tokens) if tokens else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _password(given: str) -> str:
    try:
        text = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return text.partition(":")[2]
