"""Who is let in where clients must show a token."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hfget.errors import UsageError
from hfget.server.protocol.answers import RefusalError
from hfget.server.protocol.client_tokens import VARIABLE, ClientTokens, read_client_tokens

TOKEN = "an-example-for-clients"


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"me:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("given", "for_files", "for_page"),
    [
        (f"Bearer {TOKEN}", True, True), (f"bearer  {TOKEN} ", True, True), ("", False, False),
        ("Bearer ", False, False), (f"Bearer {TOKEN}x", False, False), (TOKEN, False, False),
        (basic(TOKEN), False, True), (basic("other"), False, False), ("Basic !", False, False),
        (f"Basic {TOKEN}", False, False), ("Bearer \udcff", False, False),
    ],
)  # fmt: skip
def test_only_a_request_with_a_token_is_let_in(given: str, for_files: bool, for_page: bool) -> None:
    tokens = ClientTokens(["another-example", TOKEN])
    for is_page, admitted in ((False, for_files), (True, for_page)):
        headers = {"authorization": given} if given else {}
        if admitted:
            tokens.check(headers, is_page=is_page)
            continue
        with pytest.raises(RefusalError) as caught:
            tokens.check(headers, is_page=is_page)
        assert caught.value.status == 401
        # what hf takes for a wrong token; without it, it speaks of a repo that is missing
        said = caught.value.response().headers["x-error-message"]
        wrong = said == "Invalid credentials in Authorization header"
        assert wrong or (given != f"Bearer {TOKEN}x" and said.startswith("this mirror asks"))
        assert caught.value.headers["WWW-Authenticate"].startswith("Basic" if is_page else "Bearer")


def test_tokens_come_from_a_file_and_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# ours\n\n  {TOKEN}  \n")
    found = read_client_tokens(file, {VARIABLE: "example-of-the-environment"})
    assert found is not None
    for token in (TOKEN, "example-of-the-environment"):
        found.check({"authorization": f"Bearer {token}"})
    with pytest.raises(RefusalError):
        found.check({"authorization": "Bearer # ours"})
    assert read_client_tokens(None, {}) is None
    assert TOKEN not in repr(vars(found))


def test_what_is_no_token_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("# nothing\n")
    short = tmp_path / "short"
    short.write_text("abc\n")
    for file in (empty, short, tmp_path / "absent", tmp_path):
        with pytest.raises(UsageError):
            read_client_tokens(file, {})
