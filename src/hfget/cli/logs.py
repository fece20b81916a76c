"""What is said past the display: log records, warnings and tracebacks, of other libraries too.

huggingface_hub has a handler of its own, urllib3 and requests put whole URLs into records and
exceptions, threads print tracebacks. All of it passes through here before it is text.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from hfget.system import redact, safe_text, without_queries

_LONGEST_LINE = 10_000
_OWN = ("hfget", "urllib3.connectionpool")


def clean(text: str) -> str:
    """`text` without secrets, without the query of any address, and with no escape sequences."""
    lines = (redact(without_queries(line), _LONGEST_LINE) for line in text.split("\n"))
    return "\n".join(safe_text(line, _LONGEST_LINE) for line in lines)


def guard() -> None:
    """From here on every record is clean, whichever library logs it and whichever handler shows it.

    Without `show` only libraries that have handlers of their own log.
    """
    logging.setLogRecordFactory(_clean_record)
    logging.captureWarnings(True)
    logging.getLogger().addHandler(logging.NullHandler())
    sys.excepthook = _show_exception
    threading.excepthook = lambda args: _show_exception(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def show() -> None:
    """Every request and answer, what hfget logs, and what other libraries warn of, on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter("%(relativeCreated)6.0f %(name)s %(threadName)s %(message)s")
    )
    logging.getLogger().addHandler(handler)
    for name in _OWN:
        logging.getLogger(name).setLevel(logging.DEBUG)


def show_traceback() -> None:
    """The exception that is being handled."""
    print(clean(traceback.format_exc()), file=sys.stderr)


def _show_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    text = "".join(traceback.format_exception(kind, error, trace))
    print(clean(text).rstrip("\n"), file=sys.stderr)


def _clean_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = logging.LogRecord(*args, **kwargs)
    try:
        text = record.getMessage()
    except Exception:  # a library whose arguments do not fit its text
        text = str(record.msg)
    record.msg, record.args = clean(text), ()
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = clean("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
    if record.stack_info:
        record.stack_info = clean(record.stack_info)
    return record
