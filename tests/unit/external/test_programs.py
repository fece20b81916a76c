"""What programs say at their end, what they are given to read, and what they are started with."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from hfget.errors import DiskError, NetworkError, UnreachableError
from hfget.external import FORMATS, Download, carrier_of, written
from hfget.external.exit_codes import EXIT_CODES, NextStep, failure_of
from hfget.external.programs import ca_options, environment
from hfget.http import wire_of
from hfget.http.retry import Transient
from hfget.model import RemoteFile
from tests.support.loopback import Answer, Loopback
from tests.support.needs import needs

SHA256, SHA1 = "a" * 64, "b" * 40
URL = "http://127.0.0.1/org/m/resolve/x/f"


@pytest.mark.parametrize("program", EXIT_CODES)
def test_every_code_leads_to_a_failure_that_names_program_and_code(program: str) -> None:
    kinds = set()
    for code in range(-70, 130):
        failure = failure_of(program, code, f"{URL}?X-Amz-Signature=abc")
        text = failure.reason if isinstance(failure, Transient) else failure.message
        assert text.startswith(f"{program}: ") and text.endswith(f"(exit code {code})")
        assert "Signature" not in f"{text}{failure.url}"
        kinds.add(type(failure))
    assert {Transient, NetworkError} <= kinds


def test_codes_that_say_the_same_mean_the_same() -> None:
    for program, silent, refused, unknown in (("curl", 28, 7, 6), ("aria2c", 2, 6, 19)):
        for code in (silent, refused, unknown):
            assert isinstance(failure_of(program, code, URL), Transient)
        found = failure_of(program, unknown, URL)
        assert isinstance(found, Transient) and found.whole_host
    assert isinstance(failure_of("aria2c", 9, URL), DiskError)
    overloaded = failure_of("aria2c", 29, URL)
    assert isinstance(overloaded, Transient) and overloaded.overloaded
    for program, code in (("curl", 60), ("wget", 5)):
        found = failure_of(program, code, URL)
        assert isinstance(found, UnreachableError) and "REQUESTS_CA_BUNDLE" in found.hint
    for program, code in (("curl", 2), ("wget", 2), ("aria2c", 28)):
        assert EXIT_CODES[program][code].kind is NextStep.END
    killed = failure_of("wget", -9, URL)
    assert isinstance(killed, Transient) and "SIGKILL" in killed.reason


def test_the_environment_of_a_program_holds_no_secret_and_no_proxy() -> None:
    given = {
        "HF_TOKEN": "made up",
        "HUGGING_FACE_HUB_TOKEN": "made up",
        "https_proxy": "http://u:made-up@proxy",
        "HTTP_PROXY": "http://u:made-up@proxy",
        "WGETRC": "/made/up",
        "PATH": "/bin",
        "HOME": "/root",
    }
    assert environment(given) == {"PATH": "/bin", "HOME": "/root", "LC_ALL": "C"}


def test_the_bundle_of_the_user_is_that_of_the_program(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    assert ca_options("cacert", "capath", {}) == []
    named = {"REQUESTS_CA_BUNDLE": str(file), "SSL_CERT_FILE": "/other"}
    assert ca_options("cacert", "capath", named) == [("cacert", str(file))]
    folder = {"CURL_CA_BUNDLE": str(tmp_path)}
    assert ca_options("cacert", "capath", folder) == [("capath", str(tmp_path))]
    assert ca_options("ca-certificate", "", folder) == []


def listed(*paths: str, authorization: str = "") -> list[Download]:
    return [
        Download(
            RemoteFile(path, 3, SHA1, SHA256 if path.endswith(".bin") else None),
            f"https://hub/{path}",
            authorization,
        )
        for path in paths
    ]


def test_formats_have_names_sizes_and_hashes_where_there_is_a_place() -> None:
    files = listed("a.json", "d/w.bin", authorization="Bearer made-up")
    assert written("plain", files) == written("wget", files) == [one.url for one in files]
    assert written("aria2c", files[1:]) == [
        "https://hub/d/w.bin",
        "  out=d/w.bin",
        f"  checksum=sha-256={SHA256}",
        "  header=Authorization: Bearer made-up",
    ]
    assert written("curl", files)[4:6] == [
        'header = "Authorization: Bearer made-up"',
        'url = "https://hub/a.json"',
    ]
    assert written("checksums", files) == [f"# git-sha1 {SHA1}  a.json", f"{SHA256}  d/w.bin"]
    (_, last) = map(json.loads, written("json", files))
    assert (last["file"], last["size"], last["hash"]) == ("d/w.bin", 3, SHA256)
    assert last["headers"] == {"Authorization": "Bearer made-up"}
    for name in FORMATS:
        assert "made-up" not in "\n".join(written(name, listed("a.json", "w.bin")))
        assert written(name, []) == (
            ["location", "fail", "globoff", "create-dirs"] * (name == "curl")
        )


@needs("sha256sum")
def test_names_that_need_an_escape_are_checked_by_the_real_program(tmp_path: Path) -> None:
    names = ["plain.bin", "with blank.bin", "back\\slash.bin", " leading.bin"]
    lines = []
    for name in names:
        (tmp_path / name).write_bytes(b"")
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        lines += written("checksums", [Download(RemoteFile(name, 0, SHA1, empty), "")])
    done = subprocess.run(
        ["sha256sum", "--strict", "-c"],
        cwd=tmp_path,
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("OK") == len(names)


@needs("curl")
def test_a_config_of_curl_says_what_was_meant(tmp_path: Path) -> None:
    name = tmp_path / 'q"uote \\ back.bin'
    source = tmp_path / "source"
    source.write_bytes(b"abc")
    file = RemoteFile(str(name), 3, SHA1, SHA256)
    lines = written("curl", [Download(file, source.as_uri())])
    done = subprocess.run(
        ["curl", "-q", "-s", "-K", "-"], input="\n".join(lines).encode(), timeout=30
    )
    assert done.returncode == 0 and name.read_bytes() == b"abc"


@pytest.mark.parametrize("tool", ["curl", "wget"])
def test_a_program_ends_with_its_answer(tool: str) -> None:
    if (program := shutil.which(tool)) is None:
        pytest.skip(f"needs {tool}")
    with Loopback(lambda asked: Answer(b"x" * (8 << 20))) as server:
        request = requests.PreparedRequest()
        request.method, request.url = "GET", f"{server.url}/f"
        request.headers = requests.structures.CaseInsensitiveDict({"X-Own": "a b; c"})
        response = carrier_of(tool, program)(request, (10, 10), None, lambda sock: None)
        assert response.status_code == 200
        assert server.asked[0].headers["x-own"] == "a b; c"
        wire: Any = wire_of(response)
        pid = wire.child._process.pid
        assert re.search(tool, Path(f"/proc/{pid}/cmdline").read_text())
        response.close()
        deadline = time.monotonic() + 60
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
