"""Several repos in one command: named one after the other, and from a list."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hfget.events import ignore
from hfget.operations import Batch, Run, batch
from hfget.options import DownloadOptions
from hfget.system import Stop
from tests.hub import LocalHub
from tests.hub.repos import MiB, content, make_dataset, make_model
from tests.support.command import HFGET, Shell, tree, wait_until

StartHub = Callable[..., LocalHub]
ShellAt = Callable[[str], Shell]
SHARED = content(2 * MiB, "shared")


@dataclass
class Hub:
    """A hub with repos that share their weights, one that is gated, and a dataset."""

    hub: LocalHub
    shell: Shell
    root: Path

    def write(self, *lines: str) -> None:
        (self.shell.directory / "models.txt").write_text("\n".join(lines) + "\n")

    def folder(self, name: str) -> dict[str, str]:
        return tree(self.shell.directory / name)

    def folders(self, *names: str) -> str:
        """The lines on stdout: whole paths."""
        return "".join(f"{self.shell.directory / name}\n" for name in names)

    def repo(self, name: str) -> dict[str, str]:
        return tree(self.root / "org" / name)


@pytest.fixture
def it(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> Hub:
    for name in ("a", "b", "c"):
        make_model(repos_root, f"org/{name}", {"w.bin": SHARED, "c.json": f'"{name}"'})
    make_model(repos_root, "org/gated", {"c.json": "{}"})
    make_dataset(repos_root, "org/d", {"data/x.parquet": MiB, "README.md": "hi"})
    hub = start_hub(gated=["org/gated"])
    return Hub(hub, shell_at(hub.endpoint), repos_root)


def test_each_repo_goes_to_its_own_place_and_twins_come_once(it: Hub) -> None:
    done = it.shell.run("org/a", "org/b", "org/c", "datasets/org/d")
    assert (done.code, done.out) == (0, it.folders("a", "b", "c", "d")), done.err
    for name in ("a", "b", "c"):
        assert it.folder(name) == it.repo(name)
    assert "README.md" in it.folder("d")
    assert it.hub.bytes_sent("cdn") == len(SHARED) + MiB
    assert "4 of 4 repos complete" in done.err
    again = it.shell.run("org/a", "org/b", "--json")
    assert [one["received"] for one in again.events if one["event"] == "report"] == [0, 0]


def test_a_list_of_twenty_with_one_gated_and_one_missing(it: Hub) -> None:
    for number in range(18):
        make_model(it.root, f"many/m{number}", {"c.json": f"{number}", "n.txt": f"{number}"})
    it.hub.rescan()
    names = [f"many/m{number}" for number in range(18)]
    it.write("# all of them", *names[:9], "org/gated  # ask first", "", "org/none", *names[9:])
    done = it.shell.run("-i", "models.txt", "--json")
    assert done.code == 4
    reports = {one["repo_id"]: one for one in done.events if one["event"] == "report"}
    assert reports.keys() == {*names, "org/gated"}
    assert [name for name, one in reports.items() if not one["ok"]] == ["org/gated"]
    (failed,) = [one for one in done.events if one["event"] == "repo_failed"]
    assert (failed["repo"], failed["code"]) == ("org/none", 3)
    assert all(it.folder(f"m{number}") for number in range(18))
    files = {one["file"] for one in done.events if one["event"] == "file_done"}
    assert {f"{name}/c.json" for name in names} <= files
    totals = {one["files_total"] for one in done.events if one["event"] == "progress"}
    assert totals == {37}, "one progress over all"
    for_people = it.shell.run("-i", "models.txt")
    assert for_people.code == 4 and for_people.out == it.folders(*(n[5:] for n in names))
    assert "18 of 20 repos complete; not org/gated, org/none" in for_people.err
    assert "file: org/gated/c.json" in for_people.err and "org/none" in for_people.err


def test_fail_fast_ends_all_repos_and_calls_none_complete_that_is_not(it: Hub) -> None:
    it.hub.set_rate(200_000)
    done = it.shell.run("org/gated", "org/a", "datasets/org/d", "--fail-fast", "--json")
    reports = [event for event in done.events if event["event"] == "report"]
    assert done.code == 4 and [one["ok"] for one in reports] == [False] * 3, done.out
    assert [one["failures"][0]["kind"] for one in reports] == ["gated", "unexpected", "unexpected"]
    said = it.shell.run("org/gated", "org/a", "--fail-fast")
    assert (said.code, said.out) == (4, "")
    assert "incomplete" in said.err and "done:" not in said.err
    missing = it.shell.run("org/none", "org/a", "--fail-fast")
    assert (missing.code, missing.out) == (3, "") and "org/a @" not in missing.err
    it.hub.set_rate(None)
    again = it.shell.run("org/a", "datasets/org/d", "--fail-fast")
    assert (again.code, again.out) == (0, it.folders("a", "d"))


def test_a_line_has_options_of_its_own(it: Hub) -> None:
    it.write(
        "org/a --include '*.json' --local-dir sub/a",
        "org/b c.json",
        "datasets/org/d README.md",
        "org/c",
        "org/c",
    )
    done = it.shell.run("org/a", "-i", "models.txt", "--exclude", "w.bin")
    assert (done.code, done.out) == (0, it.folders("sub/a", "b", "d", "c", "a")), done.err
    for name, files in {"sub/a": 1, "b": 1, "d": 1, "c": 1, "a": 1}.items():
        assert len(it.folder(name)) == files, name


def test_a_list_may_come_by_stdin(it: Hub) -> None:
    done = subprocess.run(
        [*HFGET, "-i", "-"],
        cwd=it.shell.directory,
        env=it.shell.environment(),
        input=b"org/a c.json\norg/b c.json\n",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, it.folders("a", "b").encode()), done.stderr


def test_two_of_one_name_are_told_how_the_other_gets_a_folder(it: Hub) -> None:
    make_model(it.root, "other/a", {"c.json": "other"})
    it.hub.rescan()
    done = it.shell.run("org/a", "other/a", "--json")
    assert done.code == 2
    resolved = [one["repo_id"] for one in done.events if one["event"] == "resolved"]
    assert resolved == ["org/a", "other/a"]  # the second word was taken for a file first
    [failed] = [one for one in done.events if one["event"] == "repo_failed"]
    assert failed["hint"] == "download it by itself: hfget --local-dir DIR other/a"
    assert it.folder("a") == it.repo("a")
    assert it.shell.run("--local-dir", "DIR", "--", "other/a").code == 0


def test_twins_in_one_repo_are_not_called_here(it: Hub) -> None:
    make_model(it.root, "org/twins", {"a.txt": "same", "b.txt": "same"})
    it.hub.rescan()
    done = it.shell.run("org/twins")
    assert done.code == 0 and "4 B to fetch, 4 B of the same content" in done.err
    assert "already" not in done.err
    (it.shell.directory / "twins" / "b.txt").unlink()
    again = it.shell.run("org/twins", "--json")
    assert again.report["received"] == 0 and again.report["reused"] == 8


def test_two_of_one_place_come_one_after_the_other(it: Hub) -> None:
    make_model(it.root, "other/a", {"other.json": "{}"})
    it.hub.rescan()
    it.write("org/a c.json", "org/a w.bin", "other/a")
    done = it.shell.run("-i", "models.txt")
    assert it.folder("a") == it.repo("a")
    assert done.code == 2 and "holds another repo" in done.err
    assert "2 of 3 repos complete; not other/a" in done.err


def test_the_hub_cache_takes_several(it: Hub) -> None:
    done = it.shell.run("org/a", "org/b", "--cache")
    assert done.code == 0 and len(done.out.splitlines()) == 2, done.err
    assert it.hub.bytes_sent("cdn") == len(SHARED)
    assert not (it.shell.directory / "a").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("org/a --jobs 3", "models.txt line 2: --jobs is about all repos"),
        ("org/a --token made-up", "models.txt line 2: --token is about all repos"),
        ("org/a --json", "models.txt line 2: --json is about all repos"),
        ("org/a --jbos 3", "models.txt line 2: no such option: --jbos"),
        ("org/a --include '*.json", "models.txt line 2: no closing quotation"),
        ("org/a --help", "models.txt line 2: --help and --version"),
        ("https://example.org/x/y", "models.txt line 2: example.org is not a hub"),
        ("--include x", "models.txt line 2: no repo is named"),
    ],
)
def test_a_line_that_makes_no_sense_is_named_before_anything_is_done(
    it: Hub, line: str, said: str
) -> None:
    it.write("org/a", line)
    refused = it.shell.run("-i", "models.txt")
    assert refused.code == 2 and said in refused.err, refused.err
    assert it.hub.log == [] and not (it.shell.directory / "a").exists()


def test_a_list_that_is_none_is_said(it: Hub) -> None:
    it.write("", "# nothing")
    assert "models.txt names no repo" in it.shell.run("-i", "models.txt").err
    assert "cannot read the list none.txt" in it.shell.run("-i", "none.txt").err
    assert "missing argument 'REPO'" in it.shell.run("--force").err


def test_a_first_repo_that_is_missing_does_not_stop_the_others(it: Hub) -> None:
    done = it.shell.run("org/none", "org/a", "org/b")
    assert (done.code, done.out) == (3, it.folders("a", "b")), done.err
    assert "no model org/none" in done.err and "2 of 3 repos complete" in done.err
    alone = it.shell.run("org/none", "data/x.parquet")
    assert (alone.code, alone.out) == (3, "") and "no model org/none" in alone.err
    assert "org/none" in it.shell.run("org/none", "a").err


@pytest.mark.parametrize("where", [(), ("--cache",)])
def test_repos_that_are_here_are_known_as_such_without_the_hub(
    where: tuple[str, ...], it: Hub
) -> None:
    assert it.shell.run("org/a", "datasets/org/d", *where).code == 0
    it.hub.refuse("hub")
    it.hub.clear_log()
    for shell in (it.shell, it.shell.with_env(HF_HUB_OFFLINE="1")):
        done = shell.run("org/a", "datasets/org/d", *where, "--json")
        reports = [one for one in done.events if one["event"] == "report"]
        assert done.code == 0 and [one["repo_id"] for one in reports] == ["org/a", "org/d"]
        assert not [one for one in done.events if one["event"] == "retry"]
    offline = it.shell.with_env(HF_HUB_OFFLINE="1")
    assert offline.run("org/a", "org/b", *where).code == 5, "which is not here"
    assert offline.run("org/a", "c.json", *where).code == 0


def test_a_folder_of_the_repo_is_one_though_a_repo_has_its_name(it: Hub) -> None:
    make_model(it.root, "org/outer", {"org/a/c.json": "inner", "d.json": "{}"})
    assert it.shell.run("org/outer").code == it.shell.run("org/a").code == 0
    done = it.shell.run("org/outer", "org/a", "--json")
    assert done.code == 0 and done.report["repo_id"] == "org/outer"
    assert [one["file"] for one in done.events if one["event"] == "file_done"] == []


def test_a_word_that_is_a_file_is_one(it: Hub) -> None:
    make_model(it.root, "org/parts", {"org/a": "a file", "datasets/org/d": "1", "x.json": "{}"})
    it.hub.rescan()
    assert it.shell.run("org/parts", "org/a", "datasets/org/d").code == 0
    assert sorted(it.folder("parts")) == ["datasets/org/d", "org/a"]


def test_a_word_that_is_no_file_and_no_repo_is_said_to_be_neither(it: Hub) -> None:
    neither = it.shell.run("org/a", "onnx/model")
    assert neither.code == 2 and "no file matches onnx/model" in neither.err
    assert "none of these is a repo either: onnx/model" in neither.err
    assert not (it.shell.directory / "a").exists()
    url = f"{it.hub.endpoint}/datasets/org/d"
    mixed = it.shell.run("org/a", "c.json", url)
    assert mixed.code == 2 and f"{url} is a repo, c.json a file" in mixed.err
    files = it.shell.run("org/a", "c.json", "datasets/org/d")
    assert files.code == 2 and "no file matches datasets/org/d" in files.err
    shared = it.shell.run("org/a", "org/b", "--local-dir", "x")
    assert shared.code == 2 and "--local-dir is the folder of one repo" in shared.err


def test_a_dry_run_of_several_writes_nothing(it: Hub) -> None:
    it.write("org/a", "org/none", "org/b")
    planned = it.shell.run("-i", "models.txt", "--dry-run")
    assert planned.code == 3 and planned.out.count("missing\tw.bin") == 2
    assert not (it.shell.directory / "a").exists()


def test_an_interrupted_list_goes_on(it: Hub) -> None:
    make_model(it.root, "org/large", {"w.bin": 24 * MiB})
    make_model(it.root, "org/larger", {"w.bin": 25 * MiB})
    it.hub.rescan()
    it.hub.set_rate(4 * MiB)
    started = it.shell.start("org/large", "org/larger")
    try:
        wait_until(lambda: it.hub.bytes_sent("cdn") > 0 or started.poll() is not None, 60)
        wait_until(lambda: len(it.hub.requests("cdn")) >= 2 or started.poll() is not None, 60)
        started.send_signal(signal.SIGINT)
        _, err = started.communicate(timeout=60)
    finally:
        started.kill()
    assert started.returncode == 130, err
    assert b"org/large: interrupted" in err and b"org/larger: interrupted" in err
    it.hub.set_rate(None)
    assert it.shell.run("org/large", "org/larger").code == 0
    assert it.folder("large") == it.repo("large") and it.folder("larger") == it.repo("larger")


def test_the_rate_is_that_of_all_together(it: Hub) -> None:
    """All are given up at the limit of time: what came is about what the rate allows, not twice."""
    make_model(it.root, "org/large", {"w.bin": 24 * MiB})
    make_model(it.root, "org/larger", {"w.bin": 25 * MiB})
    it.hub.rescan()
    done = it.shell.run(
        "org/large", "org/larger", "--limit-rate", "500K", "--max-time", "8", "--json"
    )
    assert done.code == 124
    received = max(one["received"] for one in done.events if one["event"] == "progress")
    assert 0 < received < 500_000 * 8 * 1.5


def test_the_speed_of_several_is_remembered_too(it: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    monkeypatch.setattr(batch, "remember_speed", lambda received, seconds: kept.append(received))
    runs = [
        Run(
            f"org/{name}",
            DownloadOptions(endpoint=[it.hub.endpoint], local_dir=it.root / "at" / name),
        )
        for name in ("a", "b")
    ]
    results = Batch(runs, ignore, Stop()).download()
    assert [result.exit_code for result in results] == [0, 0]
    assert kept == [sum(result.report.received for result in results if result.report)]
    assert kept[0] > len(SHARED)
