"""The one HTTP stack, for API calls and for content.

A *redirect policy* says which Location may be followed; a *credential* is a secret bound to an
*origin* (scheme, host, port). A failure is *transient* when trying again makes sense: `retry` has
the one table of what is tried again, when, and how often.
"""

from __future__ import annotations

from hfget.http.client import HttpClient
from hfget.http.credentials import (
    Credentials,
    choose_credentials,
    header_value,
    is_token_refused,
)
from hfget.http.failures import describe, kind_of
from hfget.http.inflating import IDENTITY, INFLATABLE, InflateError, Inflater
from hfget.http.proxies import proxy_for
from hfget.http.redirects import circle, is_redirect, stays_home
from hfget.http.response import Response
from hfget.http.retry import (
    Retries,
    Transient,
    backoff,
    from_exception,
    from_status,
    given_up,
    is_last,
    wait_after,
)
from hfget.http.rewrites import HostRules, parse_rewrites
from hfget.http.sealed_credentials import SealedCredentials
from hfget.http.sending import Carrier
from hfget.http.statuses import CALM
from hfget.http.token_files import LONGEST_BYTES, DistrustedError, read_first_line
from hfget.http.transport import hand_back, wire_of
from hfget.http.trust import bundle_named
from hfget.http.watched import Exchange, WatchedClient

__all__ = [
    "CALM",
    "IDENTITY",
    "INFLATABLE",
    "LONGEST_BYTES",
    "Carrier",
    "Credentials",
    "DistrustedError",
    "Exchange",
    "HostRules",
    "HttpClient",
    "InflateError",
    "Inflater",
    "Response",
    "Retries",
    "SealedCredentials",
    "Transient",
    "WatchedClient",
    "backoff",
    "bundle_named",
    "choose_credentials",
    "circle",
    "describe",
    "from_exception",
    "from_status",
    "given_up",
    "hand_back",
    "header_value",
    "is_last",
    "is_redirect",
    "is_token_refused",
    "kind_of",
    "parse_rewrites",
    "proxy_for",
    "read_first_line",
    "stays_home",
    "wait_after",
    "wire_of",
]
