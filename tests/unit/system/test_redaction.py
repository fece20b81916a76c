"""Secrets do not show themselves, and the last filter removes what slipped through."""

from __future__ import annotations

import base64
import pickle
import secrets
import string
from urllib.parse import quote

import pytest

from hfget.system.redaction import LONGEST_CHARACTERS, Secret, redact, safe_url


def made_up() -> str:
    """A value with characters that URL-encoding changes."""
    return secrets.token_hex(12) + "/+=" + secrets.token_hex(4)


def test_a_secret_shows_itself_only_when_asked() -> None:
    value = made_up()
    secret = Secret(value)
    assert secret.reveal() == value
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>9}", "%s" % secret]  # noqa: UP031
    shown += [repr([secret]), repr({"token": secret}), repr(Exception(secret))]
    assert [text for text in shown if value in text] == []
    assert value.encode() not in pickle.dumps(secret)
    assert not hasattr(secret, "__dict__")


def test_secrets_compare_by_value() -> None:
    value = made_up()
    assert Secret(value) == Secret(value)
    assert Secret(value) != Secret(made_up())
    assert Secret(value) != value
    assert isinstance(hash(Secret(value)), int)


@pytest.mark.parametrize(("value", "shown"), [("qzj", "a qzj b"), ("qzjx", "a *** b")])
def test_a_few_letters_are_no_secret(value: str, shown: str) -> None:
    """Who made a password of three letters would else find them gone from every message."""
    Secret(value)
    assert redact(f"a {value} b") == shown


def test_a_known_secret_is_removed_in_all_its_forms() -> None:
    value = made_up()
    before = f"a {value} b"
    assert redact(before) == before
    Secret(value)
    encoded = base64.b64encode(value.encode()).decode()
    for form in (value, quote(value, safe=""), encoded, encoded.rstrip("=")):
        text = redact(f"a {form} b")
        assert form not in text and text.startswith("a ***") and text.endswith(" b")


def test_a_short_value_is_not_remembered() -> None:
    Secret("abc")
    assert redact("abcabc") == "abcabc"


@pytest.mark.parametrize(
    "shape",
    [
        "https://h/p?X-Amz-Signature={}&x=1",
        "https://h/p?a=1&X-Amz-Credential={}",
        "https://h/p?X-Goog-Signature={}",
        "https://h/p?Expires=9&Signature={}&Key-Pair-Id=K",
        "https://h/p?Policy={}",
        "https://h/p?sv=2020&sig={}",
        "https://user:{}@h/p",
        "https://{}@h/p",
        "socks5h://user:{}@proxy:1080",
        "http://user:a@{}@proxy:1080",
        "Authorization: Bearer {}",
        "{{'authorization': 'Bearer {}'}}",
        "authorization: basic {}",
    ],
)
def test_what_looks_like_a_secret_is_removed(shape: str) -> None:
    value = secrets.token_hex(16)
    text = redact(f"before {shape.format(value)} after")
    assert value not in text
    assert text.startswith("before ") and text.endswith(" after")


def test_what_looks_like_a_token_is_removed() -> None:
    value = "hf" + "_" + "".join(secrets.choice(string.ascii_letters) for _ in range(34))
    assert redact(f"token {value}.") == "token ***."


def test_what_is_removed_hides_nothing_else() -> None:
    value = made_up()
    word = f"Author{secrets.token_hex(4)}"
    Secret(word)
    Secret(f"{value} and more")
    text = redact(f"{word}ization=x Authorization: Bearer {value} and more, Policy={word}&b")
    assert text == "***ization=x Authorization: Bearer ***, Policy=***&b"


def test_ordinary_text_is_left_alone() -> None:
    text = "model-00001-of-00002.safetensors from https://hf-mirror.com/org/name in 4.2 s"
    assert redact(text) == text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/p", "https://h/p"),
        ("https://user:word@h:8443/p?q=1#f", "https://h:8443/p"),
        ("http://[::1]:80/p?q", "http://[::1]:80/p"),
        ("https://h:99999/p", "(malformed URL)"),
        ("https://[oops", "(malformed URL)"),
        ("", ""),
    ],
)
def test_a_url_that_may_be_shown(url: str, expected: str) -> None:
    assert safe_url(url) == expected


@pytest.mark.parametrize("name", ["auth_key", "token", "x", "e", "sign", "Signature", "wsSecret"])
@pytest.mark.parametrize(
    "shape",
    ["https://h/p?{}={}", "see http://h:80/a?b=1&{}={}, then", "s3://h/p?{}={}", "h://p?{}"],
)
def test_no_query_of_a_url_is_shown_whatever_its_names_are(shape: str, name: str) -> None:
    value = secrets.token_hex(16)
    text = redact(shape.format(name, value) if "={" in shape else shape.format(value))
    assert value not in text and "?***" in text


@pytest.mark.parametrize("name", ["access_token", "refresh_token", "api-key", "wsSecret", "code"])
def test_no_secret_of_a_relative_address_is_shown(name: str) -> None:
    value = secrets.token_hex(16)
    assert value not in redact(f"Max retries exceeded with url: /p?a=1&{name}={value} (Caused by)")
    assert value not in redact(f"https://h/cb#{name}={value}")


def test_names_of_files_that_look_like_parameters_stay() -> None:
    for text in ("lang/token=en/key=1.parquet", "what?", "a?b=c.bin", "https://h/p#files"):
        assert redact(text) == text


def test_a_cut_shows_no_secret_by_halves() -> None:
    value = made_up()
    Secret(value)
    for before in range(40):
        text = redact("x" * before + value + "y" * 100, 40)
        assert text.startswith("x" * before) and text.endswith("…")
        assert value[:2] not in text
    long = "z" * (2 * LONGEST_CHARACTERS)
    assert redact(long) == "z" * LONGEST_CHARACTERS + "…"


def test_the_form_of_an_address_with_a_password_is_shown() -> None:
    form = "as http://USER:PASSWORD@HOST:PORT (special characters percent-encoded)"
    assert redact(form) == form
    assert redact("http://USER:other@HOST:PORT") == "http://***@HOST:PORT"
    assert redact("http://user:password@HOST:PORT") == "http://***@HOST:PORT"
