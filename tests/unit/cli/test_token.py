"""Where a token may come from on the command line, and what is never repeated of it."""

from __future__ import annotations

import io
import os
import secrets
import sys
import threading
from pathlib import Path

import pytest

from hfget.cli.session import command_line
from hfget.cli.token import given_token
from hfget.errors import UsageError
from hfget.events import Event, Note
from hfget.system.redaction import redact


@pytest.fixture
def token() -> str:
    return "made-up-" + secrets.token_hex(12)


class Listener:
    """Keeps the texts of notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def __call__(self, event: Event, /) -> None:
        assert isinstance(event, Note)
        self.notes.append(event.text)


def test_no_option_gives_no_token() -> None:
    listener = Listener()
    assert given_token(None, None, listener) is None
    assert listener.notes == []


def test_a_token_as_a_value_works_with_a_warning(token: str) -> None:
    listener = Listener()
    assert given_token(token, None, listener) == token
    (note,) = listener.notes
    assert "process list" in note and token not in note
    assert redact(f"x {token} y") == "x *** y"


def test_a_dash_reads_the_first_line_of_stdin(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{token}\nmore\n"))
    listener = Listener()
    given = given_token("-", None, listener)
    assert given is not None and given.strip() == token
    assert listener.notes == [] and redact(token) == "***"


def test_a_file_of_ones_own_is_read(token: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"\xef\xbb\xbf" + token.encode() + b"\r\nmore\n")
    file.chmod(0o600)
    listener = Listener()
    given = given_token(None, file, listener)
    assert given is not None and given.strip() == token
    assert listener.notes == [] and redact(token) == "***"


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_file_that_others_can_read_is_warned_of(token: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(token)
    file.chmod(0o644)
    listener = Listener()
    assert given_token(None, file, listener) == token
    (note,) = listener.notes
    assert "chmod 600" in note and token not in note


@pytest.mark.skipif(os.name != "posix", reason="owners are POSIX's")
def test_a_file_of_another_user_is_refused(
    token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(token)
    file.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(file, 12_345, 12_345)
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(UsageError, match="belongs to another user"):
        given_token(None, file, Listener())


@pytest.mark.skipif(os.name != "posix", reason="there are no such pipes elsewhere")
def test_a_pipe_that_is_yet_to_be_written_is_waited_for(token: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o644)
    writer = threading.Thread(target=lambda: pipe.write_text(f"{token}\nmore\n"))
    writer.start()
    listener = Listener()
    assert given_token(None, pipe, listener) == token and listener.notes == []
    writer.join(20)


def test_an_endless_file_is_not_read(tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"x" * 100_000)
    with pytest.raises(UsageError, match="too large for a token"):
        given_token(None, big, Listener())


def test_what_is_no_readable_file_is_wrong_use(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path, loop, binary):
        with pytest.raises(
            UsageError, match=r"the token file .* (does not exist|cannot be read|is not text)"
        ):
            given_token(None, path, Listener())


@pytest.mark.parametrize("option", ["--token", "--hf-token", "--hf_token"])
@pytest.mark.parametrize("joined", [True, False])
def test_the_command_that_goes_on_does_not_repeat_the_token(
    token: str, monkeypatch: pytest.MonkeyPatch, option: str, joined: bool
) -> None:
    typed = [f"{option}={token}"] if joined else [option, token]
    monkeypatch.setattr(sys, "argv", ["hfget", "org/name", *typed, "--local-dir", "a b"])
    line = command_line()
    assert token not in line
    assert line.startswith("hfget org/name ") and line.endswith(" --local-dir 'a b'")


def test_the_command_that_goes_on_keeps_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["hfget", "gpt2", "--token", "-", "--token-file", "t"])
    assert command_line() == "hfget gpt2 --token - --token-file t"
