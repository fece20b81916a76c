"""What other libraries log, warn of and raise holds no secret, no query and no escape sequence."""

from __future__ import annotations

import io
import logging
import secrets
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from hfget.cli import logs
from hfget.system.redaction import Secret

FOREIGN = ("huggingface_hub", "huggingface_hub.utils._auth", "urllib3", "urllib3.connectionpool",
           "requests", "filelock", "asyncio", "anything.else")  # fmt: skip


@pytest.fixture
def guarded() -> Iterator[None]:
    """Guarded as in a command, and afterwards as before."""
    root = logging.getLogger()
    before = logging.getLogRecordFactory(), sys.excepthook, threading.excepthook
    handlers = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("hfget", "urllib3.connectionpool")}
    logs.guard()
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.setLogRecordFactory(before[0])
    sys.excepthook, threading.excepthook = before[1:]


@pytest.fixture
def canary() -> str:
    value = "made-up-" + secrets.token_hex(12)
    Secret(value)
    return value


def dirty(canary: str) -> str:
    return f"\x1b]0;title\x07 {canary} at https://h/p?auth_key={QUERY} and /p?auth_key={QUERY}"


QUERY = "1700000000-0-0-" + secrets.token_hex(16)


def check(text: str, canary: str) -> None:
    assert "***" in text, "nothing was said"
    assert canary not in text and QUERY not in text
    assert "\x1b" not in text and "\x07" not in text


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("form", ["text", "arguments", "exception", "stack", "misfit"])
def test_a_record_is_clean_whatever_handler_shows_it(name: str, form: str, canary: str) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    try:
        if form == "text":
            logger.warning(dirty(canary))
        elif form == "arguments":
            logger.warning("seen: %s", dirty(canary))
        elif form == "misfit":
            logger.warning(f"{dirty(canary)} %s %s", 1)
        elif form == "stack":
            logger.warning(dirty(canary), stack_info=True)
        else:
            try:
                raise OSError(dirty(canary))
            except OSError as error:
                logger.warning("%s", error, exc_info=True)
    finally:
        logger.removeHandler(handler)
    check(stream.getvalue(), canary)


@pytest.mark.usefixtures("guarded")
def test_a_library_without_a_handler_is_silent(
    canary: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("urllib3.connectionpool").warning(dirty(canary))
    logging.getLogger("filelock").error(dirty(canary))
    warnings.warn(dirty(canary), stacklevel=1)
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("guarded")
def test_under_debug_libraries_are_heard_and_clean(
    canary: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.show()
    logging.getLogger("urllib3.connectionpool").debug(dirty(canary))
    logging.getLogger("filelock").error(dirty(canary))
    warnings.warn(dirty(canary), stacklevel=1)
    text = capsys.readouterr().err
    assert text.count("***") >= 6
    check(text, canary)


@pytest.mark.usefixtures("guarded")
def test_a_traceback_is_clean_in_every_thread(
    canary: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        try:
            raise ValueError(dirty(canary))
        except ValueError as error:
            raise OSError(dirty(canary)) from error

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join(20)
    try:
        fails()
    except OSError as error:
        logs.show_traceback()
        sys.excepthook(OSError, error, error.__traceback__)
    text = capsys.readouterr().err
    assert text.count("Traceback") == 6 and text.count("OSError") >= 3
    check(text, canary)
