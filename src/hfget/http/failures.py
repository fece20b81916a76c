"""What a failed request means, in words without addresses or secrets.

The text of an HTTP library's exception carries whole signed URLs and says little; what happened
is the exception underneath. Which class wraps it differs between versions of urllib3, therefore
all of the chain is looked at, and the most telling one counts.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator

import requests
import urllib3

from hfget.messages import http_texts as texts
from hfget.system import is_shortage, lazy_pattern, redact, safe_text

_MOST_CAUSES = 32
_TUNNEL = lazy_pattern(r"Tunnel connection failed: (\d{3})")
_Kind = type[BaseException] | tuple[type[BaseException], ...]


class ProxyError(requests.exceptions.ProxyError):
    """The way to or through a proxy failed. `name` is its address without the password."""

    def __init__(self, name: str, cause: BaseException) -> None:
        super().__init__("proxy error")
        self.name = name
        self.__cause__ = cause


class CertificateError(requests.exceptions.SSLError):
    """A certificate was not accepted. `issuer` is who issued it, `named` the variable that says
    whom to believe; either may be empty.
    """

    def __init__(self, issuer: str, named: str, cause: BaseException) -> None:
        super().__init__("certificate error")
        self.issuer = issuer
        self.named = named
        self.__cause__ = cause


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what lies beneath it, innermost last, each once."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending and len(seen) < _MOST_CAUSES:
        current = pending.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__, getattr(current, "reason", None)]
        pending += current.args


def describe(error: BaseException) -> str:
    """What happened, as a few words that can follow the name of a host."""
    chain = list(causes(error))
    for kind, words in _WORDS:
        for cause in chain:
            if isinstance(cause, kind) and (
                text := words if isinstance(words, str) else words(cause)
            ):
                return _through(error) + text
    return _through(error) + safe_text(redact(type(chain[-1]).__name__), 60)


def kind_of(error: BaseException) -> str:
    """What failed, by one word: proxy, dns, certificate, tls, refused, timeout or connection."""
    chain = list(causes(error))
    kinds = (name for name, kind in _KINDS if any(isinstance(one, kind) for one in chain))
    return next(kinds, "connection")


def certificate_fault(error: BaseException) -> str:
    """Why a certificate was not accepted, in OpenSSL's words; empty if that is not what failed."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return safe_text(cause.verify_message or "not valid", 200)
    return ""


def shortage(error: BaseException) -> OSError | None:
    """What this process lacks to connect (descriptors, memory), None if that is not what failed."""
    for cause in causes(error):
        if isinstance(cause, OSError) and is_shortage(cause):
            return cause
    return None


def tunnel_status(error: BaseException) -> int | None:
    """The status with which a proxy refused to lead to a host, None if that is not what failed."""
    for cause in causes(error):
        if isinstance(cause, OSError) and (match := _TUNNEL.search(str(cause))):
            return int(match[1])
    return None


def _through(error: BaseException) -> str:
    return texts.THROUGH_PROXY(name=error.name) if isinstance(error, ProxyError) else ""


def _tunnel_words(cause: BaseException) -> str:
    match = _TUNNEL.search(str(cause))
    return texts.ANSWERS_STATUS(status=match[1]) if match else ""


def _connect_words(cause: BaseException) -> str:
    refused = isinstance(cause, urllib3.exceptions.NewConnectionError)
    return "" if refused else texts.CONNECT_TIMEOUT


def _dns_words(cause: BaseException) -> str:
    if cause.args[:1] == (socket.EAI_AGAIN,):
        return texts.NO_NAME_SERVER
    return texts.UNKNOWN_HOST


def _tls_words(cause: BaseException) -> str:
    reason = str(getattr(cause, "reason", None) or "").replace("_", " ").lower()
    if reason in ("wrong version number", "http request", "record layer failure"):
        return texts.NO_TLS
    return texts.TLS_FAILED(reason=safe_text(redact(reason), 80)) if reason else ""


def _socks_words(cause: BaseException) -> str:
    """What PySocks says, whose errors have no errno."""
    if type(cause).__module__ != "socks":
        return ""
    inner: BaseException = getattr(cause, "socket_err", None) or cause
    return safe_text(redact(str(inner)), 120)


def _system_words(cause: BaseException) -> str:
    if isinstance(cause, requests.RequestException):
        return ""
    return safe_text(redact(str(getattr(cause, "strerror", None) or "")), 120).lower()


#: From the telling to the vague; the first that fits any cause is what is said. A function may
#: still find nothing to say.
_WORDS: tuple[tuple[_Kind, str | Callable[[BaseException], str]], ...] = (
    (socket.gaierror, _dns_words),
    (urllib3.exceptions.NameResolutionError, texts.UNKNOWN_HOST),
    (ssl.SSLCertVerificationError, texts.BAD_CERTIFICATE),
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), texts.TLS_CUT),
    (ssl.SSLError, _tls_words),
    (OSError, _tunnel_words),
    (http.client.RemoteDisconnected, texts.NO_ANSWER),
    (ConnectionRefusedError, texts.REFUSED),
    (ConnectionResetError, texts.RESET),
    ((BrokenPipeError, ConnectionAbortedError), texts.BROKEN),
    (urllib3.exceptions.ConnectTimeoutError, _connect_words),
    (requests.exceptions.ReadTimeout, texts.ANSWER_TIMEOUT),
    ((TimeoutError, urllib3.exceptions.ReadTimeoutError), texts.READ_TIMEOUT),
    (http.client.IncompleteRead, texts.CLOSED_EARLY),
    (
        (http.client.HTTPException, urllib3.exceptions.InvalidHeader),
        texts.NOT_HTTP,
    ),
    (OSError, _socks_words),
    (OSError, _system_words),
)

#: From the telling to the vague, as above.
_KINDS: tuple[tuple[str, _Kind], ...] = (
    ("proxy", ProxyError),
    ("dns", (socket.gaierror, urllib3.exceptions.NameResolutionError)),
    ("certificate", ssl.SSLCertVerificationError),
    ("tls", ssl.SSLError),
    ("refused", ConnectionRefusedError),
    ("timeout", (TimeoutError, urllib3.exceptions.TimeoutError, requests.exceptions.Timeout)),
)
