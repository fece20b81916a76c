"""The main job as a user does it: the real command against the local hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hfget.limits import DEFAULT_JOBS
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_dataset, make_many, make_model
from tests.support.command import ShellAt, leftovers, tree

BLOOM = "bigscience/bloom-560m"


@pytest.fixture
def bloom(repos_root: Path) -> Path:
    return make_model(
        repos_root,
        BLOOM,
        {
            "config.json": '{"model_type": "bloom"}',
            "empty.txt": b"",
            "model.safetensors": 48 * MiB + 17,
            "tokenizer.json": 3 * MiB,
            "onnx/decoder/model.onnx": 2 * MiB,
            "onnx/decoder/with space & #hash %41.txt": "odd name",
        },
    )


def test_a_whole_repo_lands_in_a_folder_of_its_name(
    bloom: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    done = shell.run(BLOOM)
    assert done.code == 0, done.err
    assert done.out == f"{shell.directory / 'bloom-560m'}\n"
    target = shell.directory / "bloom-560m"
    assert tree(target) == tree(bloom)
    assert leftovers(target) == []
    assert all(request.method == "GET" for request in hub.log)
    commit = hub.commit(BLOOM)
    assert all(commit in request.path for request in hub.requests("hub", path="*/resolve/*"))


def test_small_files_cost_one_request_and_ranges_one_each(
    bloom: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    done = shell_at(hub.endpoint).run(BLOOM, "--json")
    assert done.code == 0, done.err
    assert len(hub.requests("hub", path="/api/*")) == 2
    assert len(hub.requests("hub", path="*/resolve/*")) == 5  # nothing is asked of an empty file
    ranges = [request for request in hub.requests("cdn") if "model.safetensors" in request.path]
    assert len(ranges) <= 12
    assert hub.bytes_sent("cdn") <= 1.1 * sum(
        (bloom / name).stat().st_size
        for name in ("model.safetensors", "tokenizer.json", "onnx/decoder/model.onnx")
    )


def test_a_complete_download_costs_one_request(
    bloom: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    assert shell.run(BLOOM).code == 0
    hub.clear_log()
    again = shell.run(BLOOM, "--json")
    assert again.code == 0
    assert [request.path for request in hub.log] == [f"/api/models/{BLOOM}"]
    assert again.report["received"] == 0


def test_a_legacy_name_is_followed_and_said(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, "openai-community/gpt2", {"config.json": "{}", "a.txt": "a"})
    hub = start_hub(aliases={"gpt2": "openai-community/gpt2"})
    shell = shell_at(hub.endpoint)
    done = shell.run("gpt2")
    assert done.code == 0, done.err
    assert "openai-community/gpt2" in done.err
    assert tree(shell.directory / "gpt2") == tree(source)


def test_files_globs_and_folders_choose(
    bloom: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    assert shell.run(BLOOM, "config.json", "tokenizer.json", "--local-dir", "a").code == 0
    assert set(tree(shell.directory / "a")) == {"config.json", "tokenizer.json"}
    chosen = ("--include", "onnx/", "--exclude", "*.txt", "--local-dir", "b")
    assert shell.run(BLOOM, *chosen).code == 0
    assert set(tree(shell.directory / "b")) == {"onnx/decoder/model.onnx"}
    missed = shell.run(BLOOM, "--include", "*.safetensor", "--local-dir", "c")
    assert missed.code == 2
    assert "model.safetensors" in missed.err
    assert not (shell.directory / "c").exists()


def test_a_revision_with_slashes_is_found_in_every_form(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, "org/m", {"x/y.txt": "main", "z.txt": "z"})
    make_model(repos_root, "org/m", {"x/y.txt": "branch", "n.txt": "n"}, revision="feature/x")
    make_model(repos_root, "org/m", {"x/y.txt": "pull", "p.txt": "p"}, revision="refs/pr/1")
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    host = "https://huggingface.co/org/m"
    for number, (arguments, expected) in enumerate(
        [
            (("org/m", "--revision", "feature/x"), {"x/y.txt": "branch", "n.txt": "n"}),
            ((f"{host}/tree/feature/x",), {"x/y.txt": "branch", "n.txt": "n"}),
            ((f"{host}/tree/feature/x/x",), {"x/y.txt": "branch"}),
            ((f"{host}/blob/feature/x/x/y.txt?download=true",), {"x/y.txt": "branch"}),
            ((f"{host}/resolve/refs%2Fpr%2F1/x/y.txt",), {"x/y.txt": "pull"}),
            ((f"{host}/blob/refs/pr/1/p.txt#L1",), {"p.txt": "p"}),
            ((f"{hub.endpoint}/org/m/raw/main/z.txt",), {"z.txt": "z"}),
            (("hf://org/m@refs/pr/1/x",), {"x/y.txt": "pull"}),
        ]
    ):
        folder = shell.directory / f"out{number}"
        done = shell.run(*arguments, "--local-dir", folder)
        assert done.code == 0, (arguments, done.err)
        assert {path: (folder / path).read_text() for path in tree(folder)} == expected
    assert "huggingface.co" in done.err or "huggingface.co" in shell.run(host).err


def test_a_dataset_and_a_space_prefix(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_dataset(repos_root, "org/data", {"train.csv": "a,b\n1,2\n"})
    shell = shell_at(start_hub().endpoint)
    assert shell.run("datasets/org/data").code == 0
    assert tree(shell.directory / "data") == tree(source)
    assert shell.run("org/data", "--dataset", "--local-dir", "flag").code == 0
    missing = shell.run("org/data")
    assert missing.code == 3
    assert "--dataset" in missing.err


def test_dry_run_writes_nothing(bloom: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    done = shell.run(BLOOM, "--dry-run")
    assert done.code == 0, done.err
    assert "model.safetensors" in done.out
    assert not (shell.directory / "bloom-560m").exists()
    assert hub.requests(path="*/resolve/*") == []


def test_ls_names_sizes_and_the_total(bloom: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    shell = shell_at(start_hub().endpoint)
    done = shell.run("ls", BLOOM)
    assert done.code == 0, done.err
    rows = {line.split("\t")[2]: line.split("\t")[:2] for line in done.out.splitlines()}
    assert rows["model.safetensors"] == [str(48 * MiB + 17), "lfs"]
    assert rows["config.json"] == [str((bloom / "config.json").stat().st_size), "git"]
    listed = shell.run("ls", BLOOM, "--json")
    assert json.loads(listed.out.splitlines()[-1])["files"] == 6


def test_verify_tells_missing_changed_and_extra(
    bloom: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    assert shell.run(BLOOM).code == 0
    folder = shell.directory / "bloom-560m"
    hub.clear_log()
    assert shell.run("verify", "bloom-560m").code == 0
    weights = folder / "model.safetensors"
    stat = weights.stat()
    with open(weights, "r+b") as file:
        file.seek(20 * MiB)
        byte = file.read(1)
        file.seek(20 * MiB)
        file.write(bytes([byte[0] ^ 1]))
    import os

    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (folder / "config.json").unlink()
    (folder / "mine.txt").write_text("mine")
    done = shell.run("verify", "bloom-560m")
    assert done.code == 6
    said = done.out + done.err
    for name in ("model.safetensors", "config.json", "mine.txt"):
        assert name in said
    assert hub.log == []


def test_two_thousand_small_files(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    source = make_many(repos_root, "org/many", 2000)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    done = shell.run("org/many", "--json")
    assert done.code == 0, done.err
    assert tree(shell.directory / "many") == tree(source)
    assert len(hub.requests(path="*/resolve/*")) == 2000
    assert len(hub.requests(path="/api/*")) == 1 + 3  # 2,000 files and 10 folders
    assert len({request.connection for request in hub.log}) <= DEFAULT_JOBS + 4


def test_a_token_opens_a_gated_repo_and_its_lack_is_explained(
    bloom: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    import secrets

    token = "made-up-" + secrets.token_hex(8)
    hub = start_hub(gated=[BLOOM], tokens=[token])
    shell = shell_at(hub.endpoint)
    refused = shell.run(BLOOM)
    assert refused.code == 4
    assert f"https://huggingface.co/{BLOOM}" in refused.err
    wrong = shell.run(BLOOM, "--token", "made-up-wrong-" + secrets.token_hex(4))
    assert wrong.code == 4
    assert shell.run(BLOOM, "--hf-token", token, "--local-dir", "a").code == 0
    from_env = shell.with_env(HF_TOKEN=token)
    assert from_env.run(BLOOM, "--local-dir", "b").code == 0
    assert from_env.run(BLOOM, "--no-token", "--local-dir", "c").code == 4
    assert not any(request.token_seen for request in hub.requests("cdn"))
    assert any(request.token_seen for request in hub.requests("hub"))
