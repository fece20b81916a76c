"""curl and wget, each request a run of the program, one hop, the answer as the server sent it.

Neither follows a redirect: where a token may go is decided hop by hop, by hfget. What is secret
(the URL, the token, the password of a proxy) goes by standard input and a nameless file.
"""

from __future__ import annotations

import re
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable

import requests

from hfget.external.child import Child, ChildResponse, answer
from hfget.external.exit_codes import failure_of
from hfget.external.input_formats import curl_line
from hfget.external.programs import ca_options
from hfget.http import Carrier
from hfget.model import Span

#: Fields that the programs send themselves.
_OWN = frozenset({"User-Agent", "Accept-Encoding"})
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_STATUS = re.compile(rb"  (HTTP/1\.[01] \d{3}[^\n]*)")
_LENGTH = re.compile(rb"(?i)content-length: *(\d{1,19}) *")
_CHUNKED = b"transfer-encoding:"
_Begun = tuple[Child, Callable[[ChildResponse], None]]


def carrier_of(tool: str, program: str) -> Carrier:
    """What sends requests by `curl` or `wget`, whose path is `program`."""
    return Curl(program) if tool == "curl" else Wget(program)


class _Program(ABC):
    """A carrier by a program, whose path is `program`."""

    def __init__(self, program: str) -> None:
        self._program = program

    def __call__(
        self,
        request: requests.PreparedRequest,
        timeouts: tuple[float, float],
        proxy: str | None,
        watch: Callable[[socket.socket], None],
        /,
    ) -> requests.Response:
        child, begin = self._begun(request, timeouts, proxy)
        watch(child.sock)
        return answer(child, request, sum(timeouts), begin)

    @abstractmethod
    def _begun(
        self,
        request: requests.PreparedRequest,
        timeouts: tuple[float, float],
        proxy: str | None,
    ) -> _Begun:
        """The program at work on the request, and what reads the head of its answer."""


class Curl(_Program):
    """https://curl.se/docs/manpage.html; all that is asked for stands in a config on stdin."""

    def _begun(
        self,
        request: requests.PreparedRequest,
        timeouts: tuple[float, float],
        proxy: str | None,
    ) -> _Begun:
        connect, read = timeouts
        lines = [curl_line("url", str(request.url))]
        lines += [curl_line("header", f"{name}: {value}") for name, value in _fields(request)]
        lines += [curl_line("proxy", proxy)] if proxy else ['noproxy = "*"']
        lines += [f"connect-timeout = {connect:g}", "speed-limit = 1", f"speed-time = {read:.0f}"]
        arguments = ["-q", "--config", "-", "--silent", "--include", "--raw", "--http1.1"]
        arguments += ["--globoff", "--no-buffer", "--suppress-connect-headers"]
        arguments += ["--proto", "=http,https"]
        lines += [curl_line(name, path) for name, path in ca_options("cacert", "capath")]
        child = Child("curl", self._program, arguments, "\n".join(lines) + "\n")
        return child, ChildResponse.begin


class Wget(_Program):
    """https://www.gnu.org/software/wget/manual/; the URL stands on stdin, the rest in a config.

    It writes heads to standard error, whose words are read once the body has begun.
    """

    def _begun(
        self,
        request: requests.PreparedRequest,
        timeouts: tuple[float, float],
        proxy: str | None,
    ) -> _Begun:
        connect, read = timeouts
        fields = dict(_fields(request))
        asked = _RANGE.fullmatch(fields.get("Range", ""))
        span = (int(asked[1]), int(asked[2]) + 1) if asked else None
        if span is not None and span[0] == 0:
            del fields["Range"]  # the beginning alone it takes for an error
        lines = [f"header = {name}: {value}" for name, value in fields.items()]
        lines += [f"http_proxy = {proxy}", f"https_proxy = {proxy}"] if proxy else []
        lines += [f"use_proxy = {'on' if proxy else 'off'}", "netrc = off", "iri = off"]
        lines += [f"{name} = {path}" for name, path in ca_options("ca_certificate", "ca_directory")]
        arguments = ["--config={secret}", "--input-file=-", "--output-document=-"]
        arguments += ["--no-verbose", "--server-response", "--content-on-error", "--no-hsts"]
        arguments += ["--max-redirect=0", "--tries=1", "--no-cookies"]
        arguments += [f"--connect-timeout={connect:g}", f"--read-timeout={read:g}"]
        arguments += [f"--start-pos={span[0]}"] if span and span[0] else []
        url = str(request.url)
        child = Child("wget", self._program, arguments, f"{url}\n", "\n".join(lines) + "\n")

        def begin(wire: ChildResponse) -> None:
            wire.begin_with(_head(child, url, span))

        return child, begin


def _fields(request: requests.PreparedRequest) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in request.headers.items() if name not in _OWN]


def _head(child: Child, url: str, span: Span | None) -> bytes:
    """The head of wget's answer, once the first byte of the body is there or it has ended.

    Chunks are put together by then. The whole file for a part counts as the part where that is
    the beginning. Else wget has dropped what was not asked for: what is left does not say so.
    """
    begun = child.until_body()
    code = 0 if begun else child.wait()
    lines = _last_head(child.words())
    if not lines:
        raise failure_of(child.tool, code or 4, url)
    lines = [line for line in lines if not line.lower().startswith(_CHUNKED)]
    if span is not None and lines[0].split()[1] == b"200":
        lengths = [int(found[1]) for line in lines if (found := _LENGTH.fullmatch(line))]
        lines = [b"HTTP/1.1 206 Partial Content"]
        if span[0] == 0 and lengths and lengths[-1] >= span[1]:
            lines.append(b"Content-Range: bytes 0-%d/%d" % (span[1] - 1, lengths[-1]))
            lines.append(b"Content-Length: %d" % span[1])
    return b"\r\n".join([*lines, b"", b""])


def _last_head(words: bytes) -> list[bytes]:
    """The lines of the last head that `--server-response` has shown."""
    lines: list[bytes] = []
    for line in words.split(b"\n"):
        if _STATUS.fullmatch(line):
            lines = [line[2:]]
        elif lines and line.startswith(b"  ") and b":" in line:
            lines.append(line[2:])
    return lines
