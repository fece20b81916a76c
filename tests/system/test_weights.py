"""The choice of weights with the real command against the local hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfget import plan
from tests.hub.fixtures import StartHub
from tests.hub.repos import KiB, make_model
from tests.support.command import Shell, ShellAt, tree

PLAIN = {"README.md", "config.json"}
#: path → bytes of content; large enough to be LFS files.
TINY = {
    "model-00001-of-00002.safetensors": 40 * KiB,
    "model-00002-of-00002.safetensors": 30 * KiB,
    "pytorch_model.bin": 70 * KiB,
    "tf_model.h5": 70 * KiB,
    "2_Dense/pytorch_model.bin": 20 * KiB,
}
GGUF = {
    "tiny-Q8_0.gguf": 50 * KiB,
    "Q4_K_M/tiny-Q4_K_M-00001-of-00002.gguf": 40 * KiB,
    "Q4_K_M/tiny-Q4_K_M-00002-of-00002.gguf": 30 * KiB,
    "tiny-UD-Q4_K_M.gguf": 60 * KiB,
    "mmproj-F16.gguf": 20 * KiB,
    "mmproj-F32.gguf": 40 * KiB,
}
Q4_K_M = {path for path in GGUF if path.startswith("Q4_K_M/")} | {"mmproj-F16.gguf"}


@pytest.fixture
def shell(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> Shell:
    plain: dict[str, bytes | str | int] = dict.fromkeys(PLAIN, "{}")
    tiny = {**plain, **TINY, "model.safetensors.index.json": "{}", "2_Dense/config.json": "{}"}
    make_model(repos_root, "org/tiny", tiny)
    make_model(repos_root, "org/tiny-GGUF", {**plain, **GGUF})
    return shell_at(start_hub().endpoint)


def fetched(shell: Shell, *arguments: str) -> set[str]:
    done = shell.run(*arguments)
    assert done.code == 0, done.err
    return set(tree(shell.directory / done.out.strip()))


def test_one_kind_of_weights_comes_with_all_that_is_not_weights(shell: Shell) -> None:
    expected = {*PLAIN, "2_Dense/config.json", "2_Dense/pytorch_model.bin"}
    expected.add("model.safetensors.index.json")
    expected |= {path for path in TINY if path.endswith(".safetensors")}
    assert fetched(shell, "org/tiny", "--weights", "safetensors") == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ("org/tiny-GGUF", "--quant", "q4_k_m"),
        ("org/tiny-GGUF:Q4_K_M",),
        ("hf.co/org/tiny-GGUF:Q4_K_M",),
    ],
)
def test_one_quantisation_comes_whole_with_its_projector(
    shell: Shell, arguments: tuple[str, ...]
) -> None:
    assert fetched(shell, *arguments) == PLAIN | Q4_K_M


def test_several_labels(shell: Shell) -> None:
    labels = fetched(shell, "org/tiny-GGUF", "--quant", "UD-Q4_K_M,mmproj-f32", "--quant", "Q8_0")
    assert labels == {*PLAIN, "tiny-UD-Q4_K_M.gguf", "mmproj-F32.gguf", "tiny-Q8_0.gguf"}


def test_a_choice_that_is_not_there_is_wrong_use_and_lists_those_that_are(shell: Shell) -> None:
    refused = shell.run("org/tiny-GGUF:Q4_K_S")
    assert (refused.code, refused.out) == (2, "")
    for label in ("Q4_K_M (71.7 kB)", "UD-Q4_K_M (61.4 kB)", "Q8_0 (51.2 kB)"):
        assert label in refused.err
    refused = shell.run("org/tiny", "--weights", "onnx")
    assert refused.code == 2
    assert "safetensors (71.7 kB)" in refused.err
    assert shell.run("org/tiny", "--weights", "bin", "--include", "*.json").code == 2
    assert not (shell.directory / "tiny").exists()
    assert not (shell.directory / "tiny-GGUF").exists()


def test_names_come_first_and_excludes_last(shell: Shell) -> None:
    assert fetched(
        shell, "org/tiny", "--include", "*model*", "--weights", "bin", "--exclude", "2_Dense/"
    ) == {"pytorch_model.bin"}
    assert fetched(
        shell, "org/tiny-GGUF:Q4_K_M", "Q4_K_M/", "README.md", "--local-dir", "named"
    ) == {"README.md"} | (Q4_K_M - {"mmproj-F16.gguf"})


def test_an_exclude_that_matches_nothing_is_said(shell: Shell) -> None:
    done = shell.run("org/tiny", "--dry-run", "--exclude", "2_Dense", "--exclude", "*.gguf")
    assert "--exclude 2_Dense matches no file; --exclude '2_Dense/' leaves 2 files out" in done.err
    assert "--exclude *.gguf matches no file" in done.err
    listed = shell.run("ls", "org/tiny", "--exclude", "safetensors")
    assert "--exclude '*safetensors*' leaves 3 files out" in listed.err
    assert listed.code == 0


def test_a_second_set_of_the_same_weights_comes_when_it_is_asked_for(
    repos_root: Path, shell: Shell
) -> None:
    both = {"model.safetensors": 40 * KiB, "model.fp16.safetensors": 20 * KiB}
    make_model(repos_root, "org/both", {"config.json": "{}", **both})
    done = shell.run("org/both", "--weights", "safetensors", "--dry-run")
    assert "model.fp16.safetensors" not in done.out
    assert "left out: model.fp16.safetensors (20.5 kB)" in done.err
    assert "--all-variants" in done.err
    every = fetched(shell, "org/both", "--weights", "safetensors", "--all-variants")
    assert every == {"config.json", *both}


def test_pickles_are_told_of_where_safetensors_are_there_too(shell: Shell) -> None:
    line = "warning: 2 files can run code when loaded; --weights safetensors leaves 1 of them out"
    done = shell.run("org/tiny", "--dry-run")
    assert done.code == 0
    assert done.err.splitlines().count(line) == 1
    assert line in shell.run("org/tiny").err.splitlines()
    chosen = shell.run("org/tiny", "--weights", "safetensors", "--local-dir", "safe")
    assert "not there as safetensors, so they come as they are: 2_Dense/pytorch_" in chosen.err
    assert "warning: 1 file can run code when loaded; no safetensors file has" in chosen.err
    # Advice is for what is to be done yet, and for those who did not choose otherwise.
    assert "can run code" not in shell.run("org/tiny").err
    assert "can run code" not in shell.run("org/tiny", "--exclude", "*.safetensors").err
    assert "can run code" not in shell.run("org/tiny-GGUF:Q8_0").err
    (shell.directory / "tiny").rename(shell.directory / "aside")
    assert line in shell.run("lock", "org/tiny").err.splitlines(), "which takes that option"
    assert "can run code" not in shell.run("sync").err, "which does not"


def test_safe_only_leaves_pickles_out(shell: Shell) -> None:
    done = shell.run("org/tiny", "--safe-only")
    assert done.code == 0, done.err
    assert "left out by --safe-only" in done.err
    assert not [path for path in tree(shell.directory / "tiny") if path.endswith(".bin")]


def test_ls_shows_groups_as_json_and_not_on_a_pipe(shell: Shell) -> None:
    listed = shell.run("ls", "org/tiny-GGUF", "--json")
    groups = {
        (event["kind"], event["quant"]): (event["files"], event["bytes"])
        for event in listed.events
        if event["event"] == "group"
    }
    assert groups[("gguf", "Q4_K_M")] == (2, 70 * KiB)
    assert groups[("gguf", "mmproj-F16")] == (1, 20 * KiB)
    assert groups[("other", None)][0] == len(PLAIN)
    piped = shell.run("ls", "org/tiny-GGUF:Q4_K_M")
    assert piped.err == ""
    assert {line.split("\t")[2] for line in piped.out.splitlines()} == PLAIN | Q4_K_M


def test_the_library_takes_a_word_or_several(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    made = plan("org/tiny", endpoint=shell.endpoint, weights="tensorflow,safetensors")
    assert {item.file.path for item in made.items} >= {"tf_model.h5", *PLAIN}
    made = plan("org/tiny-GGUF:Q8_0", endpoint=shell.endpoint, quant=["mmproj-F32"])
    expected = {*PLAIN, "tiny-Q8_0.gguf", "mmproj-F32.gguf"}
    assert {item.file.path for item in made.items} == expected
