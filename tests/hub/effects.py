"""Everything that can go wrong on the wire, one small class each."""

from tests.hub.breaks import Close, Delay, Drip, Redirect, Refuse, Reset, Stall, Status, http_date
from tests.hub.lies import (
    BitFlip,
    Chunked,
    EditJson,
    Garbage,
    Gzip,
    Headers,
    Html,
    Longer,
    NextLink,
    Shorter,
    WholeBody,
    WrongRange,
)

__all__ = [
    "BitFlip",
    "Chunked",
    "Close",
    "Delay",
    "Drip",
    "EditJson",
    "Garbage",
    "Gzip",
    "Headers",
    "Html",
    "Longer",
    "NextLink",
    "Redirect",
    "Refuse",
    "Reset",
    "Shorter",
    "Stall",
    "Status",
    "WholeBody",
    "WrongRange",
    "http_date",
]
