"""The header fields of an answer, read without the parser for mail that http.client uses.

That parser takes a tenth of the time of a small file. What is not one plain field a line is
left to it: what a field is must not depend on who reads it.
"""

from __future__ import annotations

import email.parser
import http.client
import re
from collections.abc import Callable
from types import FunctionType
from typing import Any

from hfget.messages import http_texts as texts

#: A hundred lines, where http.client ends, are not enough behind proxies that each add theirs.
MAX_LINES, MAX_BYTES = 2000, 256 << 10
#: The value begins with what is not a blank, so that blanks can be read in one way only.
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*([^ \t\r\n][^\r\n]*|)\r?\n")


class Fields(http.client.HTTPMessage):
    """Header fields whose values are text as it came (ISO 8859-1, RFC 9110, section 5.5)."""

    def items(self) -> list[tuple[str, str]]:
        return list(self.raw_items())

    def get(self, name: str, failobj: Any = None) -> Any:
        wanted = name.lower()
        for field, value in self.raw_items():
            if field.lower() == wanted:
                return value
        return failobj


def parse_fields(lines: list[bytes]) -> http.client.HTTPMessage:
    """The fields in `lines`, the last of which is the empty one that ends a head."""
    fields = Fields()
    for line in lines[:-1]:
        plain = _FIELD.fullmatch(line.decode("iso-8859-1"))
        if plain is None:
            return _parsed_as_mail(lines)
        fields.set_raw(plain[1], plain[2])
    return fields


def with_plain_fields(begin: Callable[..., None]) -> Callable[..., None]:
    """http.client's `HTTPResponse.begin`, whatever its version does, but for the fields."""
    assert isinstance(begin, FunctionType)
    names = {**begin.__globals__, "parse_headers": _parse_headers}
    plain = FunctionType(begin.__code__, names, begin.__name__, begin.__defaults__)
    plain.__kwdefaults__ = begin.__kwdefaults__
    return plain


def read_lines(fp: Any) -> list[bytes]:
    """The lines of a head up to the empty one that ends it.

    Raises http.client.HTTPException for a head that does not end within MAX_LINES and MAX_BYTES.
    """
    lines: list[bytes] = []
    left = MAX_BYTES
    while len(lines) <= MAX_LINES:
        line: bytes = fp.readline(left + 1)
        left -= len(line)
        if left < 0:
            break
        lines.append(line)
        if line in (b"\r\n", b"\n", b""):
            return lines
    raise http.client.HTTPException(texts.HEAD_WITHOUT_END)


def _parse_headers(fp: Any, *args: Any, **limits: Any) -> http.client.HTTPMessage:
    return parse_fields(read_lines(fp))


def _parsed_as_mail(lines: list[bytes]) -> http.client.HTTPMessage:
    parser = email.parser.Parser(_class=http.client.HTTPMessage)
    return parser.parsestr(b"".join(lines).decode("iso-8859-1"))
