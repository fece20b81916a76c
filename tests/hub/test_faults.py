"""Each fault of the harness does what it says."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hub import Fault, LocalHub
from tests.hub import effects as fx
from tests.hub.faults import Effect
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, content, make_model

TIMEOUT = 20
SIZE = 2 * MiB + 5
URL = "/org/name/resolve/main/model.bin"
TREE = "/api/models/org/name/tree/main"
BODY = content(SIZE, "org/name/model.bin")


@pytest.fixture(autouse=True)
def sample(repos_root: Path) -> None:
    make_model(repos_root, "org/name", {"model.bin": SIZE, "config.json": "{}", "x.txt": "x"})


def get(http: requests.Session, url: str, **arguments: Any) -> requests.Response:
    return http.get(url, timeout=TIMEOUT, **arguments)


def received(http: requests.Session, url: str, **headers: str) -> tuple[bytes, Exception | None]:
    """The body as far as it came, undecoded, and how it ended."""
    body = bytearray()
    try:
        with http.get(url, stream=True, timeout=TIMEOUT, headers=headers) as answer:
            while block := answer.raw.read1(65536):
                body += block
    except Exception as error:
        return bytes(body), error
    return bytes(body), None


def strike(hub: LocalHub, effect: Effect, origin: Any = "cdn", **how: Any) -> Fault:
    return hub.faults.add(Fault(effect, origin=origin, **how))


def test_reset(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    strike(hub, fx.Reset())
    body, error = received(http, hub.endpoint + URL)
    assert body == b"" and isinstance(error, requests.ConnectionError)
    strike(hub, fx.Reset(after_bytes=1_000_000))
    body, error = received(http, hub.endpoint + URL)
    assert body == BODY[:1_000_000]
    assert "reset" in str(error).lower()
    assert received(http, hub.endpoint + URL) == (BODY, None)
    assert [request.bytes_sent for request in hub.requests("cdn")] == [0, 1_000_000, SIZE]
    assert [request.status for request in hub.requests("cdn")] == [0, 200, 200]


def test_reset_by_chance(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    fault = strike(hub, fx.Reset(per_mib=0.5), times=None, seed=3)
    complete = sum(received(http, hub.endpoint + URL) == (BODY, None) for _ in range(24))
    # (1/2) ** 2.0 of the transfers get through; the seed fixes which
    assert 1 <= complete <= 14 and fault.fired == 24 - complete


def test_close(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    strike(hub, fx.Close(after_bytes=70_000))
    body, error = received(http, hub.endpoint + URL)
    assert body == BODY[:70_000] and (error is None or "IncompleteRead" in repr(error))
    strike(hub, fx.Close(after_bytes=70_000, length_header=False))
    with http.get(hub.endpoint + URL, timeout=TIMEOUT) as answer:
        assert "Content-Length" not in answer.headers and answer.content == BODY[:70_000]
    strike(hub, fx.Close())
    assert isinstance(received(http, hub.endpoint + URL)[1], requests.ConnectionError)


@pytest.mark.parametrize("after", [None, 0, 5000])
def test_stall(repos_root: Path, http: requests.Session, after: int | None) -> None:
    with LocalHub(repos_root) as hub:
        strike(hub, fx.Stall(after_bytes=after))
        with pytest.raises((requests.Timeout, requests.ConnectionError)):
            http.get(hub.endpoint + URL, timeout=(TIMEOUT, 0.3))
        assert hub.requests("cdn")[0].bytes_sent == (after or 0)
    assert all(not request.finished for request in hub.requests("cdn"))


def test_drip_and_delay(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    strike(hub, fx.Drip(seconds=0.02, piece=10), "hub", path="*/config.json")
    strike(hub, fx.Drip(seconds=0.05, piece=1, after_bytes=SIZE - 4))
    strike(hub, fx.Delay(0.2), "hub", path="*/x.txt")
    started = time.monotonic()
    assert received(http, hub.endpoint + URL) == (BODY, None)
    assert time.monotonic() - started >= 4 * 0.05
    started = time.monotonic()
    assert get(http, hub.endpoint + "/org/name/resolve/main/x.txt").text == "x"
    assert time.monotonic() - started >= 0.2


def test_status(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    date = fx.http_date(time.time() + 3)
    strike(hub, fx.Status(429, {"Retry-After": date}, b"slow down"), "hub", path="/api/*")
    fault = strike(hub, fx.Status(503), "hub", times=2, skip=1)
    first = get(http, hub.endpoint + TREE)
    assert (first.status_code, first.headers["Retry-After"]) == (429, date)
    assert first.content == b"slow down"
    statuses = [get(http, hub.endpoint + TREE).status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200] and fault.fired == 2


def test_probability_is_seeded(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    runs = []
    for _ in range(2):
        hub.faults.clear()
        strike(hub, fx.Status(500), "hub", times=None, probability=0.5, seed=7)
        runs.append([get(http, hub.endpoint + TREE).status_code for _ in range(20)])
    assert runs[0] == runs[1] and set(runs[0]) == {200, 500}


def test_range_lies(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    part = {"Range": "bytes=100-199"}
    strike(hub, fx.WholeBody())
    whole = get(http, hub.endpoint + URL, headers=part)
    assert (whole.status_code, whole.content) == (200, BODY)
    strike(hub, fx.WrongRange(shift=5, total=-1))
    lie = get(http, hub.endpoint + URL, headers=part)
    assert lie.headers["Content-Range"] == f"bytes 105-204/{SIZE - 1}"
    assert lie.content == BODY[100:200]
    strike(hub, fx.WrongRange(text="bytes 100-199/*"))
    assert get(http, hub.endpoint + URL, headers=part).headers["Content-Range"].endswith("/*")
    strike(hub, fx.Garbage())
    other = get(http, hub.endpoint + URL, headers=part)
    assert other.status_code == 206 and len(other.content) == 100
    assert not any(a == b for a, b in zip(other.content, BODY[100:200], strict=True))


def test_one_bit(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    fault = strike(hub, fx.BitFlip(1_500_000))
    before = {"Range": "bytes=0-1000"}
    assert get(http, hub.endpoint + URL, headers=before).content == BODY[:1001]
    assert fault.fired == 0
    around = {"Range": "bytes=1400000-1600000"}
    body = get(http, hub.endpoint + URL, headers=around).content
    wrong = [
        at for at, (a, b) in enumerate(zip(body, BODY[1_400_000:1_600_001], strict=True)) if a != b
    ]
    assert wrong == [100_000] and body[100_000] ^ BODY[1_500_000] == 1
    assert get(http, hub.endpoint + URL).content == BODY


def test_lengths(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    strike(hub, fx.Longer(100, honest=True))
    longer = get(http, hub.endpoint + URL)
    assert len(longer.content) == SIZE + 100 and longer.content[:SIZE] == BODY
    strike(hub, fx.Longer(100))
    assert get(http, hub.endpoint + URL).headers["Content-Length"] == str(SIZE)
    assert hub.requests("cdn")[-1].bytes_sent >= SIZE
    strike(hub, fx.Shorter(10, honest=True))
    assert get(http, hub.endpoint + URL).content == BODY[:-10]
    strike(hub, fx.Shorter(10))
    assert received(http, hub.endpoint + URL)[0] == BODY[:-10]
    assert get(http, hub.endpoint + URL).content == BODY
    strike(hub, fx.Longer(None))
    with http.get(hub.endpoint + URL, stream=True, timeout=TIMEOUT) as endless:
        assert endless.headers["Content-Length"] == str(SIZE)
        # it goes on while nobody reads, as far as the connection's buffers hold
        deadline = time.monotonic() + TIMEOUT
        while hub.requests("cdn")[-1].bytes_sent <= SIZE and time.monotonic() < deadline:
            time.sleep(0.01)
    assert hub.requests("cdn")[-1].bytes_sent > SIZE


def test_encodings(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    strike(hub, fx.Gzip())
    answer = http.get(hub.endpoint + URL, stream=True, timeout=TIMEOUT)
    packed = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed) == BODY
    strike(hub, fx.Chunked())
    chunked = get(http, hub.endpoint + URL)
    assert "Content-Length" not in chunked.headers and chunked.content == BODY
    assert chunked.headers["Transfer-Encoding"] == "chunked"


def test_web_page(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    strike(hub, fx.Html(same_length=True))
    page = get(http, hub.endpoint + URL)
    assert page.status_code == 200 and len(page.content) == SIZE
    assert page.headers["Content-Type"].startswith("text/html") and b"<html>" in page.content
    strike(hub, fx.Html(), "hub")
    assert get(http, hub.endpoint + URL, allow_redirects=False).text.startswith("<!DOCTYPE")


def test_redirects(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    for location, expected in (
        ("{foreign}{target}", hub.foreign + TREE),
        ("{target}", TREE),
        ("file:///etc/hostname", "file:///etc/hostname"),
    ):
        strike(hub, fx.Redirect(location), "hub")
        answer = get(http, hub.endpoint + TREE, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, expected)
    strike(hub, fx.Redirect("{target}", status=307), "hub", times=None)
    with pytest.raises(requests.TooManyRedirects):
        get(http, hub.endpoint + TREE)


def test_headers_and_json(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    strike(hub, fx.Headers(strip=("X-Repo-Commit", "ETag"), put={"ETag": 'W/"x"'}), "hub")
    answer = get(http, f"{hub.endpoint}/org/name/resolve/main/config.json")
    assert answer.headers["ETag"] == 'W/"x"' and "X-Repo-Commit" not in answer.headers
    strike(hub, fx.EditJson(lambda data: [{**data[0], "path": "../evil"}]), "hub", path="*/tree/*")
    assert [entry["path"] for entry in get(http, hub.endpoint + TREE).json()] == ["../evil"]
    assert len(get(http, hub.endpoint + TREE).json()) == 3


def test_next_link(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub(page_size=1)
    honest = get(http, hub.endpoint + TREE).links["next"]["url"]
    strike(hub, fx.NextLink("foreign"), "hub")
    foreign = get(http, hub.endpoint + TREE).links["next"]["url"]
    assert foreign == honest.replace(hub.endpoint, hub.foreign)
    strike(hub, fx.NextLink(None), "hub")
    assert get(http, hub.endpoint + TREE).links["next"]["url"] == hub.endpoint + TREE


def test_outage(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    get(http, hub.endpoint + URL)
    hub.refuse("cdn")
    for _ in range(3):
        with pytest.raises(requests.ConnectionError):
            get(http, hub.endpoint + URL)
    hub.restore("cdn")
    assert get(http, hub.endpoint + URL).content == BODY
    strike(hub, fx.Refuse(0.3))
    with pytest.raises(requests.ConnectionError):
        get(http, hub.endpoint + URL)
    deadline = time.monotonic() + TIMEOUT
    answers: list[bytes] = []
    while not answers and time.monotonic() < deadline:
        try:
            answers.append(get(http, hub.endpoint + URL).content)
        except requests.ConnectionError:
            time.sleep(0.02)
    assert answers == [BODY]


def test_rates(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub(rate_per_connection=8 * MiB, latency=0.05)
    started = time.monotonic()
    assert get(http, hub.endpoint + URL).content == BODY
    # two requests with latency each, and the body at the rate
    assert time.monotonic() - started >= 0.05 * 2 + 0.2
