"""GGUF models of `hfget serve`, asked for as llama.cpp, node-llama-cpp and ollama do."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

import pytest

from tests.hub.repos import make_model
from tests.support.serving import Served, serving


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
