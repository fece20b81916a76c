"""What the exit codes of aria2c, wget and curl mean: to be tried again, or the end of a file.

Sources: https://aria2.github.io/manual/en/html/aria2c.html#exit-status,
https://www.gnu.org/software/wget/manual/html_node/Exit-Status.html, https://everything.curl.dev
(`cmdline/exitcode`).
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from hfget.errors import DiskError, HfgetError, NetworkError, UnreachableError
from hfget.http import Transient
from hfget.system import safe_url


class NextStep(Enum):
    """What is to be done about an exit code."""

    AGAIN = "the request may be sent again"
    HOST = "as AGAIN, and the whole host is in trouble"
    OVERLOADED = "as HOST, and fewer connections may be what it wants"
    RESOLVE = "the address may have expired: the endpoint is asked again"
    CERTIFICATE = "the certificate cannot be verified"
    DISK = "the disk is full, or cannot be written to"
    END = "the program cannot do what it is asked for"


class Meaning(NamedTuple):
    """What an exit code says, as words that follow the program's name, and what to do."""

    text: str
    kind: NextStep


_DNS = Meaning("the host name is not known (DNS)", NextStep.HOST)
_REFUSED = Meaning("no connection to the host", NextStep.HOST)
_CUT = Meaning("the connection broke", NextStep.AGAIN)
_SILENT = Meaning("no byte within the time-out", NextStep.AGAIN)
_TLS = Meaning("TLS failed", NextStep.AGAIN)
_CERTIFICATE = Meaning("the certificate cannot be verified", NextStep.CERTIFICATE)
_OPTION = Meaning("does not know an option (too old?)", NextStep.END)

CURL: Mapping[int, Meaning] = {
    1: Meaning("does not speak this protocol", NextStep.END),
    2: _OPTION,
    5: Meaning("the name of the proxy is not known (DNS)", NextStep.HOST),
    6: _DNS,
    7: _REFUSED,
    16: _CUT,
    18: Meaning("the answer ended too early", NextStep.AGAIN),
    27: Meaning("is out of memory", NextStep.END),
    28: _SILENT,
    35: _TLS,
    51: _CERTIFICATE,
    52: Meaning("connection closed without an answer", NextStep.AGAIN),
    55: _CUT,
    56: _CUT,
    60: _CERTIFICATE,
    77: Meaning("cannot read the CA bundle", NextStep.END),
    92: _CUT,
    97: Meaning("the proxy refuses", NextStep.HOST),
}
WGET: Mapping[int, Meaning] = {
    2: _OPTION,
    3: Meaning("could not hand on what came", NextStep.AGAIN),
    4: Meaning("the network failed", NextStep.AGAIN),
    5: _CERTIFICATE,
    6: Meaning("the user name or password is not accepted", NextStep.RESOLVE),
    7: Meaning("the answer is not HTTP", NextStep.AGAIN),
    8: Meaning("the server refuses", NextStep.RESOLVE),
}
ARIA2C: Mapping[int, Meaning] = {
    2: _SILENT,
    3: Meaning("the file is not there any more", NextStep.RESOLVE),
    5: Meaning("the connection has become too slow", NextStep.AGAIN),
    6: Meaning("the network failed", NextStep.AGAIN),
    7: Meaning("was stopped", NextStep.AGAIN),
    8: Meaning("the server serves no parts of files", NextStep.AGAIN),
    9: Meaning("the disk is full", NextStep.DISK),
    10: Meaning("its notes are about other pieces", NextStep.AGAIN),
    15: Meaning("could not open a file", NextStep.DISK),
    16: Meaning("could not create a file", NextStep.DISK),
    17: Meaning("could not read or write a file", NextStep.DISK),
    18: Meaning("could not create a folder", NextStep.DISK),
    19: _DNS,
    22: Meaning("the server refuses", NextStep.RESOLVE),
    23: Meaning("too many redirects", NextStep.RESOLVE),
    24: Meaning("the server asks for a token", NextStep.RESOLVE),
    28: _OPTION,
    29: Meaning("the server is overloaded", NextStep.OVERLOADED),
}
EXIT_CODES: Mapping[str, Mapping[int, Meaning]] = {"curl": CURL, "wget": WGET, "aria2c": ARIA2C}


def meaning_of(program: str, code: int) -> Meaning:
    """What `code` says; a negative one is the signal that ended the program."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return Meaning(f"was ended by {name}", NextStep.AGAIN)
    return EXIT_CODES[program].get(code, Meaning("failed", NextStep.AGAIN))


def failure_of(program: str, code: int, url: str) -> Transient | HfgetError:
    """The failure of a request to `url` that an exit code stands for."""
    text, kind = meaning_of(program, code)
    said = f"{program}: {text} (exit code {code})"
    if kind is NextStep.CERTIFICATE:
        return UnreachableError(
            said,
            url=safe_url(url),
            hint="if your network uses a CA of its own, name its bundle in REQUESTS_CA_BUNDLE",
        )
    if kind is NextStep.DISK:
        return DiskError(said, hint="make room, or choose another folder with --local-dir")
    if kind is NextStep.END:
        return NetworkError(said, url=safe_url(url), hint=f"leave --tool {program} out")
    return Transient(
        said,
        url=url,
        whole_host=kind in (NextStep.HOST, NextStep.OVERLOADED),
        overloaded=kind is NextStep.OVERLOADED,
    )
