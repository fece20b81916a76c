"""Who has signed the certificate that a host shows, whether that is believed or not.

The name is what a user needs where a company's proxy, or a virus scanner, signs in place of the
host. Nothing is sent over such a connection but the handshake.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.util import make_headers
from urllib3.util.url import parse_url

from hfget.endpoints import DEFAULT_PORTS, hostname_of
from hfget.http.connect import Sockets
from hfget.http.transport import wire_of
from hfget.system import safe_text

#: Tags of DER (X.690, section 8) and the names of RFC 5280, appendix A, in their encoding.
_SET, _VERSION, _WIDE_TEXT = 0x31, 0xA0, 0x1E
_ORGANISATION, _COMMON_NAME = b"\x55\x04\x0a", b"\x55\x04\x03"
_MOST_PARTS = 64


class _Part(NamedTuple):
    tag: int
    value: bytes


def issuer_of(certificate: bytes) -> str:
    """`Let's Encrypt (R3)`: who has signed a certificate in DER; empty if that is not told."""
    with suppress(IndexError, ValueError):
        [whole] = _parts(certificate)
        signed, *_ = _parts(whole.value)
        fields = [part for part in _parts(signed.value) if part.tag != _VERSION]
        names = dict(_names(fields[2].value))  # behind the serial number and the algorithm
        organisation, common = names.get(_ORGANISATION, ""), names.get(_COMMON_NAME, "")
        text = f"{organisation} ({common})" if organisation and common else organisation or common
        return safe_text(text, 120)
    return ""


def issuer_seen(url: str, sockets: Sockets, proxy: str | None, seconds: float) -> str:
    """The issuer of what the host of `url` shows, unverified; empty where none is to be had.

    The handshake takes `seconds` at most. Through a proxy that is reached by TLS or SOCKS itself
    it is not tried.
    """
    parts = urlsplit(url)
    host, port = hostname_of(parts), parts.port or DEFAULT_PORTS["https"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with suppress(OSError, http.client.HTTPException, urllib3.exceptions.HTTPError):
        if proxy is None:
            plain = sockets.connect(host, port, seconds)
            with plain, context.wrap_socket(plain, server_hostname=host) as sock:
                return issuer_of(sock.getpeercert(binary_form=True) or b"")
        address = parse_url(proxy)
        if address.scheme != "http":
            return ""
        headers = make_headers(proxy_basic_auth=address.auth) if address.auth else {}
        way = HTTPSConnection(
            str(address.host),
            address.port or DEFAULT_PORTS["http"],
            timeout=seconds,
            ssl_context=context,
            cert_reqs="CERT_NONE",
        )
        way.set_tunnel(host, port, headers=headers)
        try:
            way.connect()
            if isinstance(way.sock, ssl.SSLSocket):
                return issuer_of(way.sock.getpeercert(binary_form=True) or b"")
        finally:
            way.close()
    return ""


def issuer_on(response: requests.Response) -> str:
    """The issuer for the connection that an answer comes over; empty without TLS."""
    sock = wire_of(response).sock
    if isinstance(sock, ssl.SSLSocket):
        return issuer_of(sock.getpeercert(binary_form=True) or b"")
    return ""


def _names(issuer: bytes) -> Iterator[tuple[bytes, str]]:
    """The attributes of a distinguished name, by the encoded identifier of each."""
    for some in _parts(issuer):
        if some.tag != _SET:
            continue
        for attribute in _parts(some.value):
            kind, text = list(_parts(attribute.value))[:2]
            encoding = "utf-16-be" if text.tag == _WIDE_TEXT else "utf-8"
            yield kind.value, text.value.decode(encoding, "replace")


def _parts(data: bytes) -> Iterator[_Part]:
    """What a constructed value holds. Raises IndexError and ValueError for what is no DER."""
    at = 0
    for _ in range(_MOST_PARTS):
        if at >= len(data):
            return
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise ValueError("a part ends behind its whole")
        yield _Part(tag, data[at : at + length])
        at += length
