"""`hfget serve` as strangers meet it: what it shows, to whom, and what half requests cost."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hfget.server.hashes import git_blob_id
from tests.hub.repos import MiB, make_model, write
from tests.system.serving import Served, serving

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
    assert any(f"{len(PRIVATE) - 3} files are not served" in line for line in served.said)


def test_all_is_said_and_shown(root: Path, tmp_path: Path) -> None:
    put = root / "org/name/.git/config"
    write(put, TOKEN, "git")
    with serving(root, "--all", home=tmp_path) as served:
        assert any("--all: hidden files" in line for line in served.said)
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


def test_git_is_told_that_it_is_not_served(served: Served) -> None:
    for path in ("/org/name/info/refs?service=git-upload-pack", "/org/name.git/info/refs"):
        status, headers, body = served.ask(path)
        assert status == 403 and b"git is not served" in body
        assert headers["content-type"].startswith("text/plain")


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("gguf")
    make_model(root, "org/models", {
        "m-Q4_K_M.gguf": 5000, "m-Q8_0.gguf": 6000, "mmproj-F16.gguf": 700,
        "template": "{{ .Prompt }}",
        "BF16/m-BF16-00001-of-00002.gguf": 4000, "BF16/m-BF16-00002-of-00002.gguf": 4000,
    })  # fmt: skip
    make_model(root, "org/none", {"config.json": "{}"})
    with serving(root, home=tmp_path_factory.mktemp("home")) as served:
        yield served


@pytest.mark.parametrize(
    ("tag", "file"),
    [
        ("latest", "m-Q4_K_M.gguf"), ("Q8_0", "m-Q8_0.gguf"), ("q8_0", "m-Q8_0.gguf"),
        ("BF16", "BF16/m-BF16-00001-of-00002.gguf"), ("m-Q8_0.gguf", "m-Q8_0.gguf"),
    ],
)  # fmt: skip
def test_which_file_a_tag_means(gguf: Served, tag: str, file: str) -> None:
    """As llama.cpp reads it, by these two expressions (`common_get_hf_file`)."""
    status, _, body = gguf.ask(f"/v2/org/models/manifests/{tag}", User_Agent="llama-cpp")
    assert status == 200
    for key, name in (("ggufFile", file), ("mmprojFile", "mmproj-F16.gguf")):
        found = re.search(rf'"{key}"[\s\S]*?"rfilename"\s*:\s*"([^"]+)"', body.decode())
        assert found is not None and found[1] == name


def test_a_model_is_pulled_by_its_layers(gguf: Served) -> None:
    """As ollama does it: the length of each blob first, then its parts, held against the digest."""
    assert gguf.ask("/v2/")[0] == 200
    status, _, body = gguf.ask("/v2/org/models/manifests/Q8_0", User_Agent="ollama/0.9")
    manifest = json.loads(body)
    kinds = [layer["mediaType"].rpartition(".")[2] for layer in manifest["layers"]]
    assert status == 200 and kinds == ["model", "projector", "template"]
    for blob in (manifest["config"], *manifest["layers"]):
        path = f"/v2/org/models/blobs/{blob['digest']}"
        assert gguf.ask(path, "HEAD")[1]["content-length"] == str(blob["size"])
        cut = blob["size"] // 2
        parts = [gguf.ask(path, Range=f"bytes={span}") for span in (f"0-{cut - 1}", f"{cut}-")]
        assert [status for status, _, _ in parts] == [206, 206]
        content = b"".join(part for _, _, part in parts)
        assert blob["digest"] == "sha256:" + hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("path", "agent", "status", "says"),
    [
        ("org/models/manifests/Q2_K", "llama-cpp", 404, "Q4_K_M"),
        ("org/models/manifests/BF16", "ollama", 400, "part"),
        ("org/none/manifests/latest", "llama-cpp", 404, "none"),
        ("org/models/blobs/sha256:" + "0" * 64, "ollama", 404, "digest"),
        ("org/absent/manifests/latest", "ollama", 401, ""),
    ],
)
def test_tags_that_mean_nothing(
    gguf: Served, path: str, agent: str, status: int, says: str
) -> None:
    found, _, body = gguf.ask(f"/v2/{path}", User_Agent=agent)
    assert found == status and says in body.decode()


def test_paths_are_told_once(served: Served) -> None:
    body = "paths=config.json&" * 20_000
    request = (
        f"POST /api/models/org/name/paths-info/main HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    )
    status, _, answer = served.exchange(request.encode())
    assert status == 200 and [entry["path"] for entry in json.loads(answer)] == ["config.json"]


def test_half_requests_keep_no_client_out(served: Served) -> None:
    """Heads and bodies that never end, more of them than one client may have connections."""
    body = b"POST /api/models/org/name/paths-info/main HTTP/1.1\r\nHost: localhost\r\n"
    halves = [b"GET / HTTP/1.1\r\nX: ", b"", body + b"Content-Length: 99\r\n\r\npaths="]
    waiting = []
    try:
        for number in range(600):
            connection = served.connect()
            connection.sendall(halves[number % 3])
            waiting.append(connection)
        for _ in range(20):
            assert served.ask("/org/name/resolve/main/config.json")[::2] == (200, b"{}")
    finally:
        for connection in waiting:
            connection.close()


def test_a_head_that_does_not_end_is_hung_up(served: Served) -> None:
    """Also one that comes byte by byte, and one behind an answer."""
    ends: list[bool] = []

    def drip(first: bytes) -> None:
        with served.connect() as connection:
            connection.sendall(first)
            until = time.monotonic() + 50
            try:
                while time.monotonic() < until:
                    connection.sendall(b"a")
                    connection.settimeout(0.5)
                    try:
                        if first and not connection.recv(1 << 16):
                            break
                    except TimeoutError:
                        continue
                else:
                    return
            except OSError:
                pass
            ends.append(True)

    whole = b"GET /api/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
    firsts = (b"GET / HTTP/1.1\r\nX: ", whole + b"GET / HTTP/1.1\r\nX: ")
    threads = [threading.Thread(target=drip, args=(first,)) for first in firsts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ends == [True, True]


_PARTS = (
    "api", "models", "datasets", "spaces", "org", "name", "many", "resolve", "raw", "tree",
    "main", "HEAD", "refs%2Fpr%2F1", "revision", "refs", "commits", "paths-info", "treesize",
    "auth-check", "v2", "manifests", "blobs", "latest", "sha256:00", "%00", "%ff%fe", "%ed%a0%80",
    "..", "%2e%2e", "", "a" * 300, "%C3%BC", "config.json", "empty.txt", "model.safetensors",
    "whoami-v2", "%0d%0aX:1", "*", "%", "%zz", "~", ";", "info", "0" * 40, "f" * 64, "README.md",
)  # fmt: skip
_QUERIES = (
    "cursor=!", "cursor=" + "A" * 5000, "cursor=7aCA", "limit=" + "9" * 5000, "limit=-1",
    "limit=%C2%B2", "recursive=true", "expand=TRUE", "blobs=1", "author=%00", "search=%ff",
    "filter=,,", "skip=" + "9" * 30, "p=" + "9" * 4999, "limit=0", "limit=1", "full=1", "&&=&",
    "cardData=true", "include_prs=1", "%", "a=%zz", "cursor=%F0%9F%98%80",
)  # fmt: skip
_HEADERS = (
    "Range: bytes=" + "9" * 5000 + "-", "Range: bytes=-" + "9" * 30, "Range: bytes=5-2",
    "Range: bytes=0-,-1", "Range: \xff", "If-Range: \xff", "If-None-Match: \xff, *",
    "Authorization: Bearer \xff", "Authorization: bearer", "User-Agent: \xff",
    "Content-Type: application/json", "Content-Type: \xff", "X-Forwarded-Host: [::1",
    "X-Forwarded-Prefix: \xff", "Origin: \xff", "Origin: https://app.example", "Upgrade: websocket",
    "Connection: upgrade", "Accept-Encoding: gzip", "Expect: 100-continue", "X-Forwarded-Host: [",
)  # fmt: skip
_BODIES = (
    b"", b"paths=%ff", b'{"paths": ' + b"[" * 5000, b"[]", b'{"paths": 1}',
    b'{"paths": ["\\ud800"]}',
    b"paths=config.json&expand=\xff", b'{"paths": ["config.json"], "expand": []}', b"\xff\xfe",
    b"paths=&" * 200_000, b'{"paths": NaN}',
)  # fmt: skip
_METHODS = ("GET", "GET", "GET", "HEAD", "POST", "POST", "OPTIONS", "PUT", "DELETE", "TRACE", "X")


def test_no_request_is_answered_by_a_failure(served: Served) -> None:
    seed = int(os.environ.get("HFGET_SEED", "0")) or random.randrange(1 << 32)
    chance = random.Random(seed)
    for number in range(1500):
        path = "/".join(chance.choices(_PARTS, k=chance.randint(1, 8)))
        if number % 3:  # one that names something, so that the routes are reached
            path = chance.choice(_STEMS) + chance.choice(_PARTS)
        query = "?" + "&".join(chance.choices(_QUERIES, k=2)) if number % 2 else ""
        method, body = chance.choice(_METHODS), chance.choice(_BODIES)
        lines = [f"{method} /{path}{query} HTTP/1.1", "Host: localhost"]
        lines += chance.choices(_HEADERS, k=chance.randint(0, 2))
        if method in ("POST", "PUT") or number % 10 == 0:
            lines.append(f"Content-Length: {len(body)}")
        else:
            body = b""
        request = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body
        try:
            status, _, _ = served.exchange(request)
        except ConnectionError:  # a body that was not wanted
            continue
        assert status and status != 500, (seed, request[:600])
    assert served.ask("/org/name/resolve/main/config.json")[0] == 200


_STEMS = (
    "api/models/org/name/revision/", "api/models/org/name/tree/", "api/models/org/name/tree/main/",
    "api/models/org/many/tree/main/", "api/models/org/name/paths-info/main", "org/name/raw/main/",
    "api/models/org/name/paths-info/", "org/name/resolve/main/", "org/name/resolve/",
    "api/models/org/name/commits/", "v2/org/name/manifests/", "v2/org/name/blobs/", "api/models",
    "api/datasets", "api/models/org/name/treesize/main/", "api/models/org/name/",
)  # fmt: skip


def test_times_that_no_calendar_has(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "root", "org/name", {"a": "a", "b": "b"})
    os.utime(folder / "a", (1e12, 1e12))
    os.utime(folder / "b", (-1e10, -1e10))
    with serving(tmp_path / "root", home=tmp_path) as served:
        assert served.ask("/api/models/org/name")[0] == 200
        assert served.ask("/api/models/org/name/tree/main?expand=true")[0] == 200
        assert served.ask("/api/models/org/name/commits/main")[0] == 200
