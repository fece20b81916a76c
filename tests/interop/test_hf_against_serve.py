"""Real clients of the Hub are content with `hfget serve`: `hf` and huggingface_hub."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.repos import MiB, make_dataset, make_many, make_model, tree_bytes
from tests.support.serving import serving

pytestmark = pytest.mark.interop

MODEL = "org/name"
CARD = "---\nlicense: mit\npipeline_tag: fill-mask\ntags: [seen]\n---\n# data"
_SECONDS = 60


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("served")
    make_model(root, MODEL, {
        ".gitattributes": "*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
        "config.json": "{}", "empty.txt": b"", "model-00001.safetensors": 12 * MiB,
        "model-00002.safetensors": 3 * MiB + 1, "sub dir/ünicode #1.txt": "text",
        "onnx/model.onnx": 300_000,
    })  # fmt: skip
    make_model(root, MODEL, {"config.json": '{"x": 1}', "x/y.bin": 5000}, revision="feature/x")
    make_dataset(root, "org/data", {"README.md": CARD, "train/0.parquet": 2 * MiB})
    make_many(root, "org/many", 60)
    return root


@pytest.fixture(scope="module")
def endpoint(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running `hfget serve`, which must end by SIGINT with code 0."""
    home = tmp_path_factory.mktemp("home")
    with serving(root, "--alias", "old-name=" + MODEL, home=home) as served:
        yield served.endpoint


def _environment(endpoint: str, home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HF_", "HUGGING")) and not name.lower().endswith("_proxy")
    }
    return kept | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }


def _run(command: list[str], endpoint: str, home: Path) -> str:
    done = subprocess.run(
        command,
        env=_environment(endpoint, home),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        cwd=home,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _hf(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("hf")), "download", *arguments]


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ([MODEL], MODEL),
        (["old-name"], MODEL),
        ([MODEL, "--revision", "feature/x"], f"{MODEL}@feature%2Fx"),
        (["org/data", "--repo-type", "dataset"], "datasets/org/data"),
        (["org/many"], "org/many"),
    ],
)
def test_hf_download(
    endpoint: str, root: Path, tmp_path: Path, arguments: list[str], folder: str
) -> None:
    target = tmp_path / "out"
    _run(_hf(*arguments, "--local-dir", str(target)), endpoint, tmp_path)
    assert tree_bytes(target) == tree_bytes(root / folder)


def test_hf_download_into_its_cache(endpoint: str, root: Path, tmp_path: Path) -> None:
    said = _run(_hf(MODEL), endpoint, tmp_path)
    snapshots = list((tmp_path / "hub" / "models--org--name" / "snapshots").iterdir())
    assert len(snapshots) == 1 and snapshots[0].name in said
    assert tree_bytes(snapshots[0]) == tree_bytes(root / MODEL)


def test_hf_download_of_one_file(endpoint: str, root: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    _run(_hf(MODEL, "onnx/model.onnx", "--local-dir", str(target)), endpoint, tmp_path)
    expected = tree_bytes(root / MODEL)
    assert tree_bytes(target) == {"onnx/model.onnx": expected["onnx/model.onnx"]}


_SNAPSHOT = """
import sys
from huggingface_hub import HfApi, snapshot_download
repo_id, repo_type, revision, target = sys.argv[1:]
api = HfApi()
info = api.repo_info(repo_id, repo_type=repo_type, revision=revision, files_metadata=True)
refs = api.list_repo_refs(repo_id, repo_type=repo_type, include_pull_requests=True)
assert info.sha in {ref.target_commit for ref in refs.branches}
names = {sibling.rfilename for sibling in info.siblings}
tree = list(api.list_repo_tree(repo_id, repo_type=repo_type, revision=revision, recursive=True))
assert names == {entry.path for entry in tree if hasattr(entry, "blob_id")}
paths = api.get_paths_info(repo_id, sorted(names), repo_type=repo_type, revision=revision)
assert {entry.path: entry.size for entry in paths} == {s.rfilename: s.size for s in info.siblings}
assert not api.revision_exists(repo_id, "no-such-revision", repo_type=repo_type)
assert not api.file_exists(repo_id, "no-such-file", repo_type=repo_type, revision=revision)
snapshot_download(repo_id, repo_type=repo_type, revision=revision, local_dir=target)
"""


@pytest.mark.parametrize(
    ("repo_id", "repo_type", "revision", "folder"),
    [
        (MODEL, "model", "main", MODEL),
        (MODEL, "model", "feature/x", f"{MODEL}@feature%2Fx"),
        ("org/data", "dataset", "main", "datasets/org/data"),
    ],
)
def test_huggingface_hub(
    endpoint: str, root: Path, tmp_path: Path, repo_id: str, repo_type: str, revision: str,
    folder: str,
) -> None:  # fmt: skip
    target = tmp_path / "out"
    # another interpreter with another huggingface_hub may be named
    python = os.environ.get("HFGET_INTEROP_PYTHON", sys.executable)
    command = [python, "-c", _SNAPSHOT, repo_id, repo_type, revision, str(target)]
    _run(command, endpoint, tmp_path)
    assert tree_bytes(target) == tree_bytes(root / folder)


_ASKED = """
from huggingface_hub import HfApi, HfFileSystem
api, data = HfApi(), "org/data"
info = api.dataset_info(data, revision="HEAD")
assert info.card_data.license == "mit" and "seen" in info.tags
commits = api.list_repo_commits(data, repo_type="dataset")
assert [commit.commit_id for commit in commits] == [info.sha]
api.auth_check(data, repo_type="dataset")
assert {model.id for model in api.list_models(author="org")} == {"org/name", "org/many"}
assert [model.id for model in api.list_models(search="MAN", limit=1)] == ["org/many"]
assert [found.id for found in api.list_datasets(filter="seen")] == [data]
assert not list(api.list_datasets(author="nobody")) and not list(api.list_spaces())
files = HfFileSystem()
assert files.cat_file("org/name/empty.txt") == b""
assert files.open("org/name/empty.txt").read() == b""
assert len(files.open("datasets/org/data/train/0.parquet").read()) == 2 << 20
"""


def test_what_clients_ask_for_besides(endpoint: str, tmp_path: Path) -> None:
    python = os.environ.get("HFGET_INTEROP_PYTHON", sys.executable)
    _run([python, "-c", _ASKED], endpoint, tmp_path)


def test_missing_repo_is_reported_as_missing(endpoint: str, tmp_path: Path) -> None:
    done = subprocess.run(
        _hf("org/none"),
        env=_environment(endpoint, tmp_path),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert done.returncode != 0
    assert "not found" in (done.stdout + done.stderr).lower()


def test_hf_download_through_a_mirror(root: Path, endpoint: str, tmp_path: Path) -> None:
    """Cold and warm, and once more from what the mirror keeps when its upstream is another."""
    kept = str(tmp_path / "kept")
    with serving(Path(kept), "--upstream", endpoint, home=tmp_path) as mirror:
        for place in ("cold", "warm"):
            for repo, arguments in ((MODEL, []), ("org/data", ["--repo-type", "dataset"])):
                target = tmp_path / place / repo
                command = _hf(repo, *arguments, "--local-dir", str(target))
                _run(command, mirror.endpoint, tmp_path)
                kind = "datasets/" if arguments else ""
                assert tree_bytes(target) == tree_bytes(root / (kind + repo))
    with serving(Path(kept), home=tmp_path) as alone:
        _run(_hf(MODEL, "--local-dir", str(tmp_path / "alone")), alone.endpoint, tmp_path)
    assert tree_bytes(tmp_path / "alone") == tree_bytes(root / MODEL)
