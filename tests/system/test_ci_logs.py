"""The logs of CI services, and a run that stops at the first failure."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hub import Fault, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import ShellAt, tree

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {
    "w.bin": 2_000_000,
    "c.json": "{}",
    "d##[error]%d.txt": "d\n",
}
GITHUB = {"CI": "true", "GITHUB_ACTIONS": "true"}
GITLAB = {"CI": "true", "GITLAB_CI": "true"}


def test_github_shows_what_failed_as_annotations_and_in_the_summary(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, FILES)
    hub = start_hub()
    summary = repos_root.parent / "summary.md"
    shell = shell_at(hub.endpoint).with_env(**GITHUB, GITHUB_STEP_SUMMARY=str(summary))
    hub.faults.add(Fault(effects.Status(404), path="*/d*", times=None))
    done = shell.run(REPO)
    assert done.code == 3, done.err
    assert re.search(r"^::error title=hfget::d##\[error\]%25d\.txt: ", done.err, re.MULTILINE)
    others = [line for line in done.err.splitlines() if not line.startswith("::")]
    assert any("d# #[error]%d.txt" in line for line in others)
    assert not any("##[" in line for line in others)
    said = summary.read_text()
    assert "| `org/m` | `" in said and "| 2 of 3 files |" in said and "| **3** |" in said
    assert said.count("d##[error]%d.txt") == 1
    hub.faults.clear()
    done = shell.run(REPO)
    assert done.code == 0 and "::error" not in done.err, done.err
    assert summary.read_text().startswith(said) and "| 0 |" in summary.read_text()


def test_an_error_before_the_download_is_an_annotation_too(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    shell = shell_at(start_hub().endpoint).with_env(**GITHUB, GITHUB_STEP_SUMMARY="/no/such")
    done = shell.run("org/missing")
    assert done.code == 3 and done.err.count("::error title=hfget::") == 1, done.err


def test_what_ends_before_a_report_stands_in_the_summary(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, FILES)
    summary = repos_root.parent / "summary.md"
    shell = shell_at(start_hub().endpoint).with_env(**GITHUB, GITHUB_STEP_SUMMARY=str(summary))
    assert shell.run("org/missing").code == 3
    said = summary.read_text()
    assert said.startswith("- **3** `hfget org/missing`: `") and "no model org/missing" in said
    (shell.directory / "list.txt").write_text(f"{REPO}\norg/missing\n")
    done = shell.run("-i", "list.txt")
    assert done.code == 3 and done.err.count("::error title=hfget::org/missing: ") == 1
    text = summary.read_text()
    assert "| `org/m` |" in text and text.count("- **3** `hfget -i list.txt`: `org/missing: ") == 1


def test_gitlab_folds_a_download_and_each_line_has_a_clock(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    done = shell_at(start_hub().endpoint).with_env(**GITLAB).run(REPO)
    assert done.code == 0, done.err
    lines = done.err.replace("\r\x1b[0K", "\r").split("\n")
    marks = [line for line in lines if "section_" in line]
    assert re.match(r"\x1b\[0Ksection_start:\d+:hfget\[collapsed=false\]\r\d\d:", marks[0])
    assert re.fullmatch(r"\x1b\[0Ksection_end:\d+:hfget\r", marks[1]) and len(marks) == 2
    rest = [line for line in lines if line and line not in marks]
    assert rest and all(re.match(r"\d\d:\d\d:\d\d \S", line) for line in rest)
    assert done.out == f"{shell_at('').directory / 'm'}\n"
    assert tree(Path(done.out.strip())) == tree(source)


def test_any_other_service_gets_a_clock_and_no_escape_codes(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, FILES)
    done = shell_at(start_hub().endpoint).with_env(CI="true").run(REPO)
    assert done.code == 0 and "\x1b" not in done.err
    assert all(re.match(r"\d\d:\d\d:\d\d \S", line) for line in done.err.splitlines())


def test_the_first_failure_ends_the_run(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    files: dict[str, bytes | str | int] = {f"f{n:02}.bin": 3_000_000 for n in range(20)}
    source = make_model(repos_root, REPO, files)
    hub = start_hub(rate_total=20_000_000)
    shell = shell_at(hub.endpoint)
    hub.faults.add(Fault(effects.Status(404), path="*/f00.bin", times=None))
    done = shell.run(REPO, "--fail-fast", "--json")
    assert done.code == 3, done.err
    report = done.report
    assert [one["file"] for one in report["failures"]] == ["f00.bin"]
    assert report["interrupted_by"] is None and report["files_done"] < 19
    assert not list((shell.directory / "m").glob("f00.bin"))
    hub.faults.clear()
    assert shell.run(REPO).code == 0
    assert tree(shell.directory / "m") == tree(source)
    assert hub.bytes_sent("cdn") < 1.5 * 60_000_000
