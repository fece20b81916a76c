"""What `transfer` says."""

from __future__ import annotations

from hfget.messages.template import Text

ENDED_EARLY = Text("the answer ended too early")
TOO_MANY_BYTES = Text("more bytes than the listing says")
TOO_SLOW = Text("the connection has become too slow")
FETCHED_AGAIN = Text("{path}: wrong or unreadable bytes, fetching them again")
DISK_LOSES = Text("the disk does not keep what is written to it ({damaged} blocks changed)")
WRONG_BYTES = Text(
    "the bytes from {origin} do not match the listing: {hash_kind} is {actual}…, expected {etag}…"
)
READING_BACK = Text("reading back")
NOT_DURABLE = Text("this file system cannot promise that data is durable")
OTHER_FILE = Text("{path} is not the file that is wanted, and was not downloaded here")
UNVERIFIABLE = Text("cannot be verified: {defect}")
NO_RANGES = Text(
    "{origin} does not serve parts of files: each file uses one connection, and an "
    "interrupted one starts again; parts are tried again after a while"
)
UNEXPECTED = Text("unexpected {name}: {error}")
NO_MEMORY = Text("the system has no memory for a connection")
WHOLE_FOR_PART = Text("the whole file came for a part of it")
LISTING_WRONG = Text(
    "the listing is wrong, not the bytes: {agreed} send the same ones, whose {hash_kind} is "
    "{actual}…, listed is {etag}…"
)
