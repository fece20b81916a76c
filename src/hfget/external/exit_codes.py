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
from hfget.messages import advice
from hfget.messages import external_texts as texts
from hfget.system import safe_url


class NextStep(Enum):
    """What is to be done about an exit code."""

    AGAIN = "again"  # the request may be sent again
    HOST = "host"  # as AGAIN, and the whole host is in trouble
    OVERLOADED = "overloaded"  # as HOST, and fewer connections may be what it wants
    RESOLVE = "resolve"  # the address may have expired: the endpoint is asked again
    CERTIFICATE = "certificate"  # the certificate cannot be verified
    DISK = "disk"  # the disk is full, or cannot be written to
    END = "end"  # the program cannot do what it is asked for


class Meaning(NamedTuple):
    """What an exit code says, as words that follow the program's name, and what to do."""

    text: str
    kind: NextStep


_DNS = Meaning(texts.UNKNOWN_HOST, NextStep.HOST)
_REFUSED = Meaning(texts.NO_CONNECTION, NextStep.HOST)
_CUT = Meaning(texts.BROKEN, NextStep.AGAIN)
_SILENT = Meaning(texts.SILENT, NextStep.AGAIN)
_TLS = Meaning(texts.TLS_FAILED, NextStep.AGAIN)
_CERTIFICATE = Meaning(texts.BAD_CERTIFICATE, NextStep.CERTIFICATE)
_OPTION = Meaning(texts.UNKNOWN_OPTION, NextStep.END)

CURL: Mapping[int, Meaning] = {
    1: Meaning(texts.UNKNOWN_PROTOCOL, NextStep.END),
    2: _OPTION,
    5: Meaning(texts.UNKNOWN_PROXY, NextStep.HOST),
    6: _DNS,
    7: _REFUSED,
    16: _CUT,
    18: Meaning(texts.ENDED_EARLY, NextStep.AGAIN),
    27: Meaning(texts.NO_MEMORY, NextStep.END),
    28: _SILENT,
    35: _TLS,
    51: _CERTIFICATE,
    52: Meaning(texts.CLOSED_UNANSWERED, NextStep.AGAIN),
    55: _CUT,
    56: _CUT,
    60: _CERTIFICATE,
    77: Meaning(texts.CA_UNREADABLE, NextStep.END),
    92: _CUT,
    97: Meaning(texts.PROXY_REFUSES, NextStep.HOST),
}
WGET: Mapping[int, Meaning] = {
    2: _OPTION,
    3: Meaning(texts.NOT_HANDED_ON, NextStep.AGAIN),
    4: Meaning(texts.NETWORK_FAILED, NextStep.AGAIN),
    5: _CERTIFICATE,
    6: Meaning(texts.LOGIN_REFUSED, NextStep.RESOLVE),
    7: Meaning(texts.NOT_HTTP, NextStep.AGAIN),
    8: Meaning(texts.SERVER_REFUSES, NextStep.RESOLVE),
}
ARIA2C: Mapping[int, Meaning] = {
    2: _SILENT,
    3: Meaning(texts.NO_FILE, NextStep.RESOLVE),
    5: Meaning(texts.TOO_SLOW, NextStep.AGAIN),
    6: Meaning(texts.NETWORK_FAILED, NextStep.AGAIN),
    7: Meaning(texts.STOPPED, NextStep.AGAIN),
    8: Meaning(texts.NO_PARTS, NextStep.AGAIN),
    9: Meaning(texts.DISK_FULL, NextStep.DISK),
    10: Meaning(texts.OTHER_PIECES, NextStep.AGAIN),
    15: Meaning(texts.CANNOT_OPEN, NextStep.DISK),
    16: Meaning(texts.CANNOT_CREATE, NextStep.DISK),
    17: Meaning(texts.CANNOT_READ_OR_WRITE, NextStep.DISK),
    18: Meaning(texts.NO_FOLDER, NextStep.DISK),
    19: _DNS,
    22: Meaning(texts.SERVER_REFUSES, NextStep.RESOLVE),
    23: Meaning(texts.TOO_MANY_REDIRECTS, NextStep.RESOLVE),
    24: Meaning(texts.TOKEN_WANTED, NextStep.RESOLVE),
    28: _OPTION,
    29: Meaning(texts.OVERLOADED, NextStep.OVERLOADED),
}
EXIT_CODES: Mapping[str, Mapping[int, Meaning]] = {"curl": CURL, "wget": WGET, "aria2c": ARIA2C}


def meaning_of(program: str, code: int) -> Meaning:
    """What `code` says; a negative one is the signal that ended the program."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return Meaning(texts.SIGNAL(name=name), NextStep.AGAIN)
    return EXIT_CODES[program].get(code, Meaning(texts.FAILED, NextStep.AGAIN))


def failure_of(program: str, code: int, url: str) -> Transient | HfgetError:
    """The failure of a request to `url` that an exit code stands for."""
    text, kind = meaning_of(program, code)
    said = texts.EXIT_CODE(program=program, text=text, code=code)
    if kind is NextStep.CERTIFICATE:
        return UnreachableError(
            said,
            url=safe_url(url),
            hint=advice.NAME_OWN_CA,
        )
    if kind is NextStep.DISK:
        return DiskError(said, hint=advice.MAKE_ROOM_OR_OTHER_FOLDER)
    if kind is NextStep.END:
        return NetworkError(
            said, url=safe_url(url), hint=advice.LEAVE_TOOL_OUT(option=f"--tool {program}")
        )
    return Transient(
        said,
        url=url,
        whole_host=kind in (NextStep.HOST, NextStep.OVERLOADED),
        overloaded=kind is NextStep.OVERLOADED,
    )
