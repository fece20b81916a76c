"""A token that was found and cannot be used, and a public download with the real command."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub import LocalHub
from tests.hub.repos import make_model
from tests.support.command import Shell

REPO = "org/m"


def token() -> str:
    return "made-up-" + secrets.token_hex(12)


def spoil(path: Path, kind: str) -> None:
    """What may lie in a shared HF_HOME in the place of one's own login."""
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "garbage":
        path.write_bytes(os.urandom(200) + b"\xff")
    elif kind == "another script":
        path.write_text(token() + "é")
    elif kind == "expired":
        path.write_text(mine := token())
        path.chmod(0o600)
        path.with_name("stored_tokens").write_text(
            f"[me]\nhf_token = {mine}\nrefresh_token = {token()}\nexpires_at = {time.time():.0f}\n"
        )
    else:
        path.write_text(token())
        path.chmod(0o600)


@pytest.mark.skipif(os.name != "posix", reason="kinds of files that POSIX has")
@pytest.mark.parametrize(
    "kind",
    ["directory", "pipe", "loop", "garbage", "another script", "expired", "not accepted"],
)
def test_it_is_warned_of_and_the_download_goes_on(
    kind: str,
    repos_root: Path,
    start_hub: Callable[..., LocalHub],
    shell_at: Callable[[str], Shell],
) -> None:
    make_model(repos_root, REPO, {"a.txt": "a", "w.bin": 10_000})
    make_model(repos_root, "org/private", {"a.txt": "a"})
    hub = start_hub(private=["org/private"], tokens=[token()])
    shell = shell_at(hub.endpoint).with_env(HFGET_TOKEN_ORIGINS=hub.endpoint)
    (shell.directory / "home" / "hf").mkdir(parents=True)
    spoil(shell.directory / "home" / "hf" / "token", kind)
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert "warning: " in done.err and "stored login" in done.err
    refused = shell.run("org/private")
    assert refused.code == 4, refused.err
    assert "stored login" in refused.err and "give a token (" not in refused.err


def test_a_private_repo_and_a_login_that_stayed_at_home_are_told_apart(
    repos_root: Path, start_hub: Callable[..., LocalHub], shell_at: Callable[[str], Shell]
) -> None:
    mine = token()
    make_model(repos_root, REPO, {"a.txt": "a"})
    hub = start_hub(private=[REPO], tokens=[mine])
    shell = shell_at(hub.endpoint)
    (shell.directory / "home" / "hf").mkdir(parents=True)
    path = shell.directory / "home" / "hf" / "token"
    path.write_text(mine)
    path.chmod(0o600)
    refused = shell.run(REPO)
    assert refused.code == 4 and not any(asked.authorization for asked in hub.log)
    option = refused.err.rstrip("\n").rpartition("to send it: ")[2].split()
    assert option[0] == "--send-token-to"
    done = shell.run(REPO, *option)
    assert done.code == 0, done.err
    assert any(asked.authorization for asked in hub.log)
    assert mine not in refused.err + refused.out + done.err + done.out
