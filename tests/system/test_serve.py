"""`hfget serve` as strangers meet it: what it shows, to whom, and what half requests cost."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hfget.hub import git_blob_id
from tests.hub.repos import MiB, make_model, write
from tests.support.serving import Served, serving

TOKEN = "an-example-that-opens-nothing"
PRIVATE = (
    ".env", ".ssh/id_ed25519", ".netrc", ".git-credentials", ".config/gh/hosts.yml", "sub/.env",
    "secret.txt", "closed/notes.txt",
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("served")
    folder = make_model(root, "org/name", {
        "config.json": "{}", "empty.txt": b"", "page.html": "<script>1</script>",
        "image.svg": "<svg/>", "model.safetensors": 3 * MiB, ".gitattributes": "*.bin filter=lfs\n",
        "README.md": "---\npipeline_tag: fill-mask\ntags: [one]\n---\n# hi\n",
        **dict.fromkeys(PRIVATE, TOKEN),
    })  # fmt: skip
    (folder / "secret.txt").chmod(0o600)
    (folder / "closed").chmod(0o700)
    make_model(root, "org/many", {f"f{number:04}.txt": str(number) for number in range(1100)})
    return root


@pytest.fixture(scope="module")
def served(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    arguments = ("--allow-host", "hub.example", "--allow-origin", "https://app.example")
    with serving(root, *arguments, home=tmp_path_factory.mktemp("home")) as served:
        yield served


def paths(served: Served, repo: str = "org/name") -> list[str]:
    _, _, body = served.ask(f"/api/models/{repo}/tree/main?recursive=true")
    return [entry["path"] for entry in json.loads(body) if entry["type"] == "file"]


def test_what_is_hidden_or_private_is_not_shown(served: Served) -> None:
    assert paths(served) == [
        ".gitattributes", "README.md", "config.json", "empty.txt", "image.svg",
        "model.safetensors", "page.html",
    ]  # fmt: skip
    for path in PRIVATE:
        for route in ("resolve", "raw"):
            status, _, body = served.ask(f"/org/name/{route}/main/{path}")
            assert (status, TOKEN.encode() in body) == (404, False)
    assert served.says(f"{len(PRIVATE) - 3} files are not served"), served.said


def test_all_is_said_and_shown(root: Path, tmp_path: Path) -> None:
    put = root / "org/name/.git/config"
    write(put, TOKEN, "git")
    with serving(root, "--all", home=tmp_path) as served:
        assert served.says("--all: hidden files"), served.said
        assert set(paths(served)) >= set(PRIVATE)
        assert not [path for path in paths(served) if path.startswith(".git/")]
    put.unlink()
    put.parent.rmdir()


@pytest.mark.parametrize("everything", [(), ("--all",)])
def test_of_the_home_of_huggingface_hub_only_the_cache_is_shown(
    tmp_path: Path, everything: tuple[str, ...]
) -> None:
    """Also where HF_HOME says another, and where a link leads there."""
    commit, blob = "c" * 40, git_blob_id(b"304")
    for name in ("mine", "others"):
        home = tmp_path / "root" / name
        for secret in ("token", "stored_tokens", "datasets/org/private/x.csv", "xet/log.txt"):
            write(home / secret, TOKEN, secret)
        repo = home / "hub" / "models--org--name"
        write(repo / "refs/main", commit, "ref")
        write(repo / "blobs" / blob, "304", "blob")
        (repo / "snapshots" / commit).mkdir(parents=True)
        (repo / "snapshots" / commit / "config.json").symlink_to(f"../../blobs/{blob}")
    linked = make_model(tmp_path / "root", "org/link", {"a.txt": "a"})
    (linked / "home").symlink_to("../../mine")
    (linked / "token.txt").symlink_to("../../mine/token")
    for root in ("root", "root/mine", "root/others", "root/mine/hub"):
        place = tmp_path / root
        own = str(tmp_path / "root" / "mine")
        with serving(place, *everything, home=tmp_path, HF_HOME=own) as served:
            asked = [
                f"/{owner}resolve/main/{path}"
                for owner in ("", "mine/", "others/", "root/mine/", "mine/hub/", "org/link/")
                for path in ("token", "stored_tokens", "home/token", "token.txt", "xet/log.txt")
            ]
            for path in [*asked, "/datasets/org/private/resolve/main/x.csv"]:
                status, _, body = served.ask(path)
                assert status >= 400 and TOKEN.encode() not in body
            if root != "root":
                status, headers, body = served.ask("/org/name/resolve/main/config.json")
                assert (status, headers["x-repo-commit"], body) == (200, commit, b"304")


@pytest.mark.parametrize(
    "path", ["resolve/main/page.html", "resolve/main/image.svg", "raw/main/model.safetensors"]
)
def test_content_is_never_a_page(served: Served, path: str) -> None:
    for method in ("GET", "HEAD"):
        status, headers, _ = served.ask(f"/org/name/{path}", method)
        assert status == 200
        assert headers["content-type"] == "application/octet-stream"
        assert headers["content-disposition"].startswith("attachment")
        assert headers["content-security-policy"] == "sandbox"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("127.0.0.1:8090", 200), ("[::1]:8090", 200), ("192.168.1.7", 200),
        ("localhost:1", 200), ("LOCALHOST.", 200), ("hub.example", 200), ("hub.example:443", 200),
        ("evil.example", 421), ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421),
        ("xhub.example", 421), ("a.hub.example", 421), ("hub.example@evil.example", 421), ("", 421),
        ("127.0.0.1/../evil", 421),
    ],
)  # fmt: skip
def test_only_known_names_are_answered(served: Served, host: str, status: int) -> None:
    request = f"GET /api/models HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    found, headers, body = served.exchange(request.encode())
    assert found == status
    if found == 421:
        assert "--allow-host" in headers["x-error-message"] and b"org/name" not in body


def test_this_machines_name_is_known(served: Served) -> None:
    assert served.ask("/api/models", host=socket.gethostname())[0] == 200


def test_scripts_of_named_origins_may_read(served: Served) -> None:
    path = "/org/name/resolve/main/config.json"
    for origin, allowed in (("https://app.example", True), ("https://evil.example", False)):
        for method in ("OPTIONS", "GET", "HEAD"):
            status, headers, _ = served.ask(path, method, Origin=origin)
            assert status == (204 if method == "OPTIONS" else 200)
            assert ("access-control-allow-origin" in headers) is allowed
            assert headers["vary"] == "Origin"
    _, headers, _ = served.ask("/org/none/resolve/main/x", Origin="https://app.example")
    assert headers["access-control-allow-origin"] == "https://app.example"


@pytest.mark.parametrize(
    ("headers", "link"),
    [
        ({}, "http://127.0.0.1:PORT/api/"),
        ({"X_Forwarded_Proto": "https", "X_Forwarded_Host": "hub.example"}, "https://hub.example/api/"),
        (
            {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "hub.example",
             "X_Forwarded_Prefix": "/hf/"},
            "https://hub.example/hf/api/",
        ),
        ({"X_Forwarded_Proto": "https"}, "https://127.0.0.1:PORT/api/"),
        ({"X_Forwarded_For": "10.0.0.1"}, "?"),
        ({"Via": "1.1 proxy"}, "?"),
        ({"X_Forwarded_Host": "evil.example"}, "?"),
        ({"X_Forwarded_Proto": "javascript", "X_Forwarded_Host": "hub.example"}, "?"),
        ({"X_Forwarded_Host": "hub.example", "X_Forwarded_Prefix": "//evil.example"}, "?"),
    ],
)  # fmt: skip
def test_the_next_page_is_where_the_client_asked(
    served: Served, headers: dict[str, str], link: str
) -> None:
    _, found, _ = served.ask(
        "/api/models/org/many/tree/main?recursive=true&expand=false", **headers
    )
    assert found["link"].startswith("<" + link.replace("PORT", str(served.port)))
    assert "cursor=" in found["link"] and 'rel="next"' in found["link"]


def test_a_range_of_nothing_is_no_failure(served: Served) -> None:
    for wanted in ("bytes=0-", "bytes=0-0", "bytes=-5", "bytes=7-9"):
        status, headers, body = served.ask("/org/name/resolve/main/empty.txt", Range=wanted)
        assert (status, body, headers["content-length"]) == (200, b"", "0")
        assert headers["content-range"] == "bytes */0"


def test_ranges_of_a_pointer(served: Served) -> None:
    path = "/org/name/raw/main/model.safetensors"
    _, whole, pointer = served.ask(path)
    assert pointer.startswith(b"version https://git-lfs") and whole["accept-ranges"] == "bytes"
    status, headers, part = served.ask(path, Range="bytes=8-12")
    assert (status, part) == (206, pointer[8:13])
    assert headers["content-range"] == f"bytes 8-12/{len(pointer)}"
    assert served.ask(path, If_None_Match=whole["etag"])[0] == 304
    assert served.ask(path, Range=f"bytes={len(pointer)}-")[0] == 416


def test_several_ranges_come_in_one_answer(served: Served) -> None:
    """As nginx sends them, also of a large file, in the order asked for."""
    path = "/org/name/resolve/main/model.safetensors"
    whole = served.ask(path)[2]
    for asked in ("0-1, 5-6,-3", "100-1500000, 2000000-, 7-7"):
        status, headers, body = served.ask(path, Range=f"bytes={asked}")
        kind = headers["content-type"]
        assert (status, len(body)) == (206, int(headers["content-length"]))
        assert kind.startswith("multipart/byteranges; boundary=")
        parts = body.split(f"\r\n--{kind.partition('=')[2]}".encode())
        assert (parts[0], parts[-1]) == (b"", b"--\r\n")
        for part in parts[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            where = re.search(rb"Content-Range: bytes (\d+)-(\d+)/%d$" % len(whole), head)
            assert where is not None
            assert content == whole[int(where[1]) : int(where[2]) + 1]
        assert len(parts) == 5
        assert served.ask(path, "HEAD", Range=f"bytes={asked}")[1] == headers
    status, headers, body = served.ask(path, Range="bytes=7-9,99999999-")
    assert (status, body) == (206, whole[7:10])
    assert headers["content-range"] == f"bytes 7-9/{len(whole)}"


def test_another_version_is_not_sent_for_the_one_that_is_meant(served: Served) -> None:
    path = "/org/name/resolve/main/model.safetensors"
    etag = served.ask(path, "HEAD")[1]["etag"]
    assert served.ask(path, If_Match=etag, Range="bytes=0-0")[0] == 206
    status, headers, _ = served.ask(path, If_Match='"other"', Range="bytes=0-0")
    assert (status, headers["etag"]) == (412, etag)


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://127.0.0.1", "", 200), ("HTTPS://hub.example:8090", "evil.example", 200),
        ("http://evil.example", "127.0.0.1", 421), ("http://127.0.0.1@evil.example", "", 421),
        ("ftp://127.0.0.1", "127.0.0.1", 400), ("127.0.0.1", "127.0.0.1", 400),
    ],
)  # fmt: skip
def test_a_target_may_be_a_url(served: Served, target: str, host: str, status: int) -> None:
    """RFC 9112, 3.2.2: its host counts, not the field."""
    for method in ("GET", "HEAD"):
        found = served.ask(f"{target}/org/name/resolve/main/config.json", method, host=host or None)
        assert found[0] == status
    assert status != 200 or b"org/name" in served.ask(target)[2]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
        (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            400,
        ),
    ],
)
def test_odd_requests(served: Served, request_: bytes, status: int) -> None:
    """All of them end the connection."""
    assert served.exchange(request_)[0] == status


def test_git_is_told_that_it_is_not_served(served: Served) -> None:
    for path in ("/org/name/info/refs?service=git-upload-pack", "/org/name.git/info/refs"):
        status, headers, body = served.ask(path)
        assert status == 403 and b"git is not served" in body
        assert headers["content-type"].startswith("text/plain")


def test_paths_are_told_once(served: Served) -> None:
    body = "paths=config.json&" * 20_000
    request = (
        f"POST /api/models/org/name/paths-info/main HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    )
    status, _, answer = served.exchange(request.encode())
    assert status == 200 and [entry["path"] for entry in json.loads(answer)] == ["config.json"]
