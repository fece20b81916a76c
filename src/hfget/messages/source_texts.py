"""What `source` says."""

from __future__ import annotations

from hfget.messages.template import Text

SHORTER_416 = Text("the server says the file is shorter than the listing (416)")
WEB_PAGE = Text("the answer looks like a web page, not like the file")
ENCODED = Text("the answer is encoded as {encoding!r}")
PART_UNNAMED = Text("the answer is a part of the file, but does not say which part")
OTHER_SIZE = Text("the file has {total} bytes there, the listing says {size}")
OTHER_PART = Text("the answer is a different part of the file than the one asked for")
PART_LENGTH = Text("the answer has not the length of the part")
LFS_POINTER = Text("the server sends the LFS pointer instead of the file")
PART_COMPRESSED = Text("a part of the file came compressed")
DATA_HOST_REFUSES = Text(
    "{data_host} refuses the file (HTTP {status_code}), though {host} leads there"
)
NOT_A_RATE = Text("not a rate: {text!r}")
RATE_FILE_UNREADABLE = Text("cannot read the rate from {file}: {strerror}")
RATE_STAYS = Text("the rate stays as it is: {why}")
PART_UNSAID = Text("a part came without saying so")
CUT_SHORT = Text("the compressed data was cut short")
STATUS_FOR_ADDRESS = Text("HTTP {status} for the address that {host} gave")
DECODES_SHORT = Text("the answer decodes to fewer bytes than the listing says")
WHOLE_FOR_PART = Text("the whole file came for a part of it")
BACK_IN_USE = Text("{place} answers again: it is back in use")
FAILS = Text("{place} fails ({reason}): continuing with {others}")
LEFT_OUT = Text("{place} is left out of this run: {why}")
LEFT_OUT_FOR = Text("{place} is left out of this run: {why}; continuing with {others}")
LACKS_FILES = Text("it lacks {count} files in a row")
SENT_WRONG = Text("it sent wrong bytes ({path})")
SENT_WRONG_BYTES = Text("it sent wrong bytes (bytes {first}-{last} of {path})")
WRONG_ANSWERS = Text("its answers are wrong: {reason}")
REFUSES_FILE = Text("it refuses the file: {reason}")
NO_ENDPOINT_LEFT = Text("none of the endpoints is left that could send {path}; {why}")
LEADS_TO_FAILING = Text("{place} leads to {host}, which fails ({reason}): continuing with {others}")
LISTED_SIZE_WRONG = Text(
    "the listing is wrong, not the files: {places} have {total} bytes, the listing says {size}"
)
