"""Where bytes come from.

A *source* is one file at one place; it answers a request for a *span* with a *stream*. An *origin*
is the host that sends. A *lie* is an answer that cannot be what was asked for. *Host health* knows
which host is paused and which is down. A *place* is one of several endpoints of a run; *mirror
health* knows how fast each is, which rests and which is out. Sources stack: one that keeps to a
rate is wrapped round another.
"""

from __future__ import annotations

from hfget.sources.addresses import Address, content_url
from hfget.sources.byte_source import ByteSource, ByteStream, NoRangesError, Relief, sender_of
from hfget.sources.failure_counts import FailuresInARow
from hfget.sources.host_health import HostHealth
from hfget.sources.http_source import HttpSource
from hfget.sources.in_order import MirroredInOrder
from hfget.sources.mirror_health import MirrorHealth
from hfget.sources.mirror_state import RequestKind
from hfget.sources.mirrors import Mirrored
from hfget.sources.rate_limit import RateLimit, RateLimited, parse_rate

__all__ = [
    "Address",
    "ByteSource",
    "ByteStream",
    "FailuresInARow",
    "HostHealth",
    "HttpSource",
    "MirrorHealth",
    "Mirrored",
    "MirroredInOrder",
    "NoRangesError",
    "RateLimit",
    "RateLimited",
    "Relief",
    "RequestKind",
    "content_url",
    "parse_rate",
    "sender_of",
]
