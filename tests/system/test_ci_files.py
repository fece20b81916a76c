"""The action, the GitLab job and the image: they parse, and their commands do what they are for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import Shell, ShellAt, tree
from tests.support.needs import needs

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "hfget" / "action.yml"
GITLAB = ROOT / "docs" / "deploy" / "gitlab-ci.yml"
DOCKERFILE = ROOT / "docs" / "deploy" / "Dockerfile"
REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 300_000, "c.json": "{}", "d e.txt": "d\n"}


def bash(shell: Shell, script: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the services do: bash that ends at the first failure, hfget on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=shell.directory,
        env={**shell.environment(), "PATH": path, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def steps() -> list[dict[str, Any]]:
    loaded = yaml.safe_load(ACTION.read_text())
    assert loaded["runs"]["using"] == "composite"
    found: list[dict[str, Any]] = loaded["runs"]["steps"]
    return found


@needs("bash")
def test_the_action_gives_the_path(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    shell = shell_at(start_hub().endpoint)
    output = shell.directory / "output"
    step = steps()[-1]
    assert set(step["env"]) == {"REPO", "ARGUMENTS"}
    given = {"GITHUB_OUTPUT": str(output), "CI": "true", "GITHUB_ACTIONS": "true"}
    done = bash(shell, step["run"], REPO=REPO, ARGUMENTS="--exclude *.txt", **given)
    assert done.returncode == 0, done.stderr
    assert output.read_text() == f"path={shell.directory / 'm'}\n"
    assert set(tree(shell.directory / "m")) == {"w.bin", "c.json"}
    done = bash(shell, step["run"], REPO=REPO, ARGUMENTS="", **given)
    assert done.returncode == 0 and tree(shell.directory / "m") == tree(source)
    done = bash(shell, step["run"], REPO="org/missing", ARGUMENTS="", **given)
    assert done.returncode == 3 and output.read_text().count("path=") == 2


def test_no_input_is_pasted_into_a_script_of_the_action() -> None:
    for step in steps():
        assert step["shell"] == "bash" and "${{" not in step["run"]


@needs("bash")
def test_the_gitlab_job_fetches_and_resumes_into_what_it_keeps(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    job = yaml.safe_load(GITLAB.read_text())[".hfget"]
    shell = shell_at(start_hub().endpoint)
    script = "\n".join(job["script"])
    for _ in range(2):
        done = bash(shell, script, HFGET_REPO=REPO, HFGET_ARGUMENTS="", CI="1", GITLAB_CI="true")
        assert done.returncode == 0, done.stderr
    assert tree(shell.directory / "models" / "m") == tree(source)
    assert job["cache"]["paths"] == ["models/"]


def instructions() -> dict[str, list[str]]:
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text())
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            found.setdefault(word, []).append(rest.strip())
    return found


@needs("setpriv", "unshare", "mount")
def test_the_image_needs_neither_root_nor_a_root_that_can_be_written(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    """Its user, its environment, its folder, on a root file system that is mounted read-only."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("needs the right to mount")
    given = instructions()
    uid, _, gid = given["USER"][0].partition(":")
    assert int(uid) > 0 and int(gid) > 0
    user = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    if subprocess.run([*user, sys.executable, "-c", "import hfget"], check=False).returncode:
        pytest.skip("another user cannot read this environment")
    source = make_model(repos_root, REPO, FILES)
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, int(uid), int(gid))
    for folder in (data, *data.parents):
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    mounts = f"mount --bind {data} {data} && mount -o remount,bind,ro / && cd {data} && exec "
    environment = [one.replace("/data", str(data)) for one in given["ENV"][0].split() if "=" in one]
    command = [*user, sys.executable, "-m", "hfget", REPO]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mounts + '"$@"', "sh", *command],
        env={
            "PATH": os.environ["PATH"],
            "HF_ENDPOINT": start_hub().endpoint,
            "HOME": "/",
            **dict(one.split("=", 1) for one in environment),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert tree(data / "m") == tree(source)
    assert {path.name for path in data.iterdir()} <= {"m", ".huggingface"}
