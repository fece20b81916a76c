"""`hfget urls`: lists that the real aria2c, wget, curl and sha256sum take as they are."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from hfget.external import FORMATS
from tests.hub import Fault, LocalHub, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_dataset, make_model
from tests.support.command import Shell, ShellAt, tree
from tests.support.needs import needs

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {
    "w.bin": 300_000,
    "a dir/v #1?é.bin": 4000,
    "c.json": '{"a": 1}',
    "empty.txt": b"",
}


@pytest.fixture
def source(repos_root: Path) -> Path:
    return make_model(repos_root, REPO, FILES)


@needs("bash", "aria2c", "wget", "curl", "sha256sum")
@pytest.mark.parametrize(
    "line",
    [
        "aria2c -q -d got -i <(hfget urls org/m --format aria2c)",
        "hfget urls org/m --format wget | wget -q -x -nH --cut-dirs=4 -P got -i -",
        "mkdir got; cd got; hfget urls org/m --format curl | curl -s -K -",
        "mkdir got; cd got; hfget urls org/m --format curl > ../list; curl -s -K ../list",
    ],
    ids=["aria2c", "wget", "curl", "curl, a file"],
)
def test_a_program_brings_the_whole_repo(line: str, source: Path, shell: Shell) -> None:
    done = shell.typed(line)
    assert done.code == 0, done.err
    assert tree(shell.directory / "got") == tree(source)
    checked = shell.typed("hfget urls org/m --format checksums | (cd got; sha256sum --strict -c)")
    assert checked.code == 0, checked.err
    assert checked.out.count(": OK") == 2
    assert "2 files without a sha256" in checked.err and "hfget verify" in checked.err
    (shell.directory / "got" / "w.bin").write_bytes(b"wrong")
    checked = shell.typed("hfget urls org/m --format checksums | (cd got; sha256sum -c)")
    assert checked.code == 1 and "w.bin: FAILED" in checked.out


@needs("bash", "aria2c")
def test_aria2c_holds_what_comes_against_the_list(hub: LocalHub, shell: Shell) -> None:
    hub.faults.add(Fault(effects.BitFlip(10), origin="cdn", times=None))
    done = shell.typed("aria2c -q -d got -i <(hfget urls org/m w.bin --format aria2c)")
    assert done.code == 32, "the checksum"


def test_the_choice_is_that_of_ls_and_the_addresses_are_pinned(hub: LocalHub, shell: Shell) -> None:
    commit = hub.commit(REPO)
    for words in (
        ("--include", "*.bin"),
        ("c.json",),
        ("--exclude", "a dir/", "--revision", commit),
        ("--repo_type=model",),
    ):
        listed = shell.run("ls", REPO, *words).out.splitlines()
        rows = [
            json.loads(line)
            for line in shell.run("urls", REPO, *words, "--format=json").out.splitlines()
        ]
        assert [f"{row['size']}\t{row['file']}" for row in rows] == [
            "\t".join((size, path)) for size, _, path in (line.split("\t") for line in listed)
        ]
        assert all(f"{hub.endpoint}/{REPO}/resolve/{commit}/" in row["url"] for row in rows)
        assert {row["hash_kind"]: len(row["hash"]) for row in rows}.items() <= {
            "sha256": 64,
            "git-sha1": 40,
        }.items()
    assert shell.run("urls", REPO, "--include", "*.none").code == 2
    help, done = shell.run("urls", "--help"), shell.run("urls", REPO, "--format", "xml")
    assert done.code == 2
    for name in FORMATS:
        assert name in done.err and name in help.out
    assert not (shell.directory / "m").exists()


def test_the_depth_of_a_dataset_is_said(repos_root: Path, hub: LocalHub, shell: Shell) -> None:
    make_dataset(repos_root, "org/d", {"data/train.parquet": 100})
    hub.rescan()
    done = shell.run("urls", "datasets/org/d", "--format", "wget")
    assert done.code == 0 and "--cut-dirs=5" in done.err


def test_no_list_holds_a_token_unless_that_is_said(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    token = f"made-up-{secrets.token_hex(12)}"
    make_model(repos_root, "org/gated", FILES)
    hub = start_hub(gated=["org/gated"], tokens=[token])
    shell = shell_at(hub.endpoint).with_env(HF_TOKEN=token)
    for name in FORMATS:
        done = shell.run("urls", "org/gated", "--format", name)
        assert done.code == 0 and token not in f"{done.out}{done.err}"
        done = shell.run("urls", "org/gated", "--format", name, "--with-token")
        assert token not in done.err
        if name in ("aria2c", "curl", "json"):
            assert done.code == 0 and f"Authorization: Bearer {token}" in done.out.replace(
                '": "', ": "
            )
            assert "contains your token" in done.err
            assert ("every host" in done.err) == (name == "aria2c")
        else:
            assert done.code == 2 and "no place for a token" in done.err and not done.out
    done = shell.with_env(HF_TOKEN="").run("urls", "org/gated", "--format=json", "--with-token")
    assert done.code == 2 and "no token is known" in done.err


@needs("bash", "curl")
def test_curl_takes_the_token_to_the_hub_alone(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    token = f"made-up-{secrets.token_hex(12)}"
    source = make_model(repos_root, "org/gated", FILES)
    hub = start_hub(gated=["org/gated"], tokens=[token])
    shell = shell_at(hub.endpoint).with_env(HF_TOKEN=token)
    line = "mkdir got; cd got; hfget urls org/gated --format curl --with-token | curl -s -K -"
    assert shell.typed(line).code == 0
    assert tree(shell.directory / "got") == tree(source)
    assert not [one for one in hub.requests("cdn") if one.token_seen or one.authorization]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/x"])
def test_names_that_lead_out_are_refused(path: str, hub: LocalHub, shell: Shell) -> None:
    def planted(entries: list[dict[str, object]]) -> list[dict[str, object]]:
        return [
            {**entry, "path": path} if entry["path"] == "c.json" else entry for entry in entries
        ]

    hub.faults.add(Fault(effects.EditJson(planted), origin="hub", path="*/tree/*", times=None))
    for name in FORMATS:
        done = shell.run("urls", REPO, "--format", name)
        assert (done.code, done.out) == (8, ""), done.err


def test_a_name_that_aria2c_would_change_is_refused_there(
    repos_root: Path, hub: LocalHub, shell: Shell
) -> None:
    make_model(repos_root, "org/blank", {" a.txt": "one", "a.txt": "two"})
    done = shell.run("urls", "org/blank", "--format", "aria2c")
    assert (done.code, done.out) == (2, "")
    assert "' a.txt'" in done.err
    assert shell.run("urls", "org/blank", "--format", "curl").code == 0
