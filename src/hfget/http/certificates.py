"""Who issued a certificate that was not accepted: read from the handshake itself.

The handshake is made again, verified as before, and listened to: OpenSSL keeps no certificate
that it refused. Only the two attributes of a name that people know a CA by are read (RFC 5280).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from hfget.system import redact, safe_text

#: The version of a certificate, which may be left out.
_VERSION = 0xA0
_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
#: DER's kinds of strings, and how they are written.
_STRINGS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}
_MOST_CHARACTERS = 100


def first_certificate(message: bytes) -> bytes:
    """The certificate of the host from a handshake message `Certificate`; empty if it has none.

    TLS 1.3 (RFC 8446, 4.4.2) puts a context before the list, which hosts leave empty.
    """
    body = message[4:]
    if body[:1] == b"\0" and int.from_bytes(body[1:4], "big") == len(body) - 4:
        body = body[1:]
    length = int.from_bytes(body[3:6], "big")
    return body[6 : 6 + length]


def issuer_of(certificate: bytes) -> str:
    """`Example CA (Example Inc.)`: who issued a certificate in DER; empty if it cannot be read."""
    with suppress(ValueError, IndexError, StopIteration):
        _, outer = next(_parts(certificate))
        _, inner = next(_parts(outer))
        fields = [part for part in _parts(inner) if part[0] != _VERSION]
        names = dict(_names(fields[2][1]))
        name, organisation = names.get(_COMMON_NAME, ""), names.get(_ORGANISATION, "")
        text = f"{name} ({organisation})" if name and organisation else name or organisation
        return safe_text(redact(text), _MOST_CHARACTERS)
    return ""


def _names(name: bytes) -> Iterator[tuple[bytes, str]]:
    """The attributes of a name, with their object identifiers."""
    for _, attributes in _parts(name):
        for _, attribute in _parts(attributes):
            (_, identifier), (kind, value) = list(_parts(attribute))[:2]
            yield identifier, value.decode(_STRINGS.get(kind, "latin-1"), "replace")


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each value in DER. Raises ValueError for what is none."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("a value is cut")
        yield tag, data[at : at + length]
        at += length
