"""Workflows, templates and editor settings: they parse, and what they name exists."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.needs import needs

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted(
    path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][\w-]*):", MAKEFILE, flags=re.MULTILINE))


class _Unique(yaml.SafeLoader):  # type: ignore[misc]
    """YAML as it is, but a key that stands twice is an error: one of the two would be lost."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{node.start_mark}: a key stands twice"
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Unique)


def makes(command: str) -> list[str]:
    """The targets that a command line of `make` names."""
    return [
        word
        for line in re.findall(r"\bmake((?: [\w./=$-]+)+)", command)
        for word in line.split()
        if re.fullmatch(r"[a-z][a-z-]*", word)
    ]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_jobs_of_steps_that_can_run(path: Path) -> None:
    workflow = load(path)
    assert workflow["name"] == path.stem
    assert True in workflow, "`on` is read as a boolean by YAML 1.1"
    assert workflow["permissions"] == {"contents": "read"}, "rights are given job by job"
    for name, job in workflow["jobs"].items():
        assert job["runs-on"] and 0 < job["timeout-minutes"] <= 60, name
        assert set(job.get("needs", "").split()) <= set(workflow["jobs"])
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step), step
            assert "@" in step.get("uses", "@"), f"{step}: which version?"
            assert set(makes(step.get("run", ""))) <= TARGETS, step
            for script in re.findall(r"(?<=bash )\S+", step.get("run", "")):
                assert (ROOT / script).is_file(), script


def test_the_matrix_has_every_python_that_is_promised() -> None:
    matrix = load(ROOT / ".github/workflows/ci.yml")["jobs"]["matrix"]["strategy"]["matrix"]
    assert f'\nrequires-python = ">={matrix["python"][0]}"\n' in PYPROJECT
    minors = [int(version.partition(".")[2]) for version in matrix["python"]]
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_only_the_release_can_publish_and_it_keeps_no_secret() -> None:
    for path in WORKFLOWS:
        assert "secrets." not in path.read_text(encoding="utf-8"), path.name
    jobs = load(ROOT / ".github/workflows/release.yml")["jobs"]
    rights = {name: set(job.get("permissions", ())) for name, job in jobs.items()}
    assert rights == {"build": set(), "publish": {"id-token", "attestations"}}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_an_issue_form_asks_for_named_fields(path: Path) -> None:
    form = load(path)
    assert form["name"] and form["description"]
    names = [field["id"] for field in form["body"]]
    assert names and len(names) == len(set(names))
    for field in form["body"]:
        assert field["type"] in {"textarea", "input", "dropdown", "checkboxes"}
        assert field["attributes"]["label"]
    assert load(path.with_name("config.yml")) == {"blank_issues_enabled": True}


def test_the_pull_request_template_names_what_exists() -> None:
    text = (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")
    named = re.findall(r"`make ([\w-]+)`", text)
    assert named and set(named) <= TARGETS
    assert "*Unreleased*" in text
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_hooks_run_before_a_commit_what_make_lint_runs() -> None:
    (repo,) = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    programs = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in repo["hooks"]}
    lint = MAKEFILE.split("\nlint:")[1].split("\n\n")[0]
    assert programs == set(re.findall(r"\$\(BIN\)/([\w-]+)", lint))
    assert all(hook["language"] == "system" for hook in repo["hooks"])


def test_the_editor_settings_are_those_of_ruff() -> None:
    settings = configparser.ConfigParser()
    settings.read_string("[top]\n" + (ROOT / ".editorconfig").read_text(encoding="utf-8"))
    assert settings["top"]["root"] == "true"
    assert f"\nline-length = {settings['*']['max_line_length']}\n" in PYPROJECT
    assert settings["*"]["charset"] == "utf-8" and settings["*"]["end_of_line"] == "lf"
    assert settings["Makefile"]["indent_style"] == "tab"


def test_make_targets_are_declared_and_explained() -> None:
    phony = set(re.findall(r"[\w-]+", MAKEFILE.split(".PHONY:")[1].split("\n\n")[0]))
    assert phony == TARGETS
    for target in TARGETS - {"clean"}:
        assert re.search(rf"^{target}:.*## .", MAKEFILE, flags=re.MULTILINE), target


@needs("bash")
def test_the_script_of_the_ci_is_sound_and_names_what_exists() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=30)
    code = re.sub(r"(?m)#.*$", "", script.read_text(encoding="utf-8"))
    wanted = set(makes(code))
    assert wanted <= TARGETS
    assert {"lint", "test", "test-oldest", "test-interop"} <= wanted
