"""The cluster files: an array on a real Slurm, and what Kubernetes would start."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hfget import download
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import ShellAt, tree
from tests.support.needs import needs
from tests.support.slurm import PROGRAMS, slurm

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
REPO = "org/name"
FILES: dict[str, bytes | str | int] = {f"w{n}.bin": 300_000 + n for n in range(12)}


@needs(*PROGRAMS)
@pytest.mark.skipif(os.geteuid() != 0, reason="Slurm starts jobs as their users: needs root")
def test_a_slurm_array_fills_one_folder(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    given = {**shell.environment(), "REPO": REPO, "REVISION": hub.commit(REPO)}
    given["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with slurm(tmp_path / "slurm") as env:
        done = subprocess.run(
            ["sbatch", "--wait", "--export=ALL", str(DEPLOY / "slurm-array.sh")],
            cwd=shell.directory,
            env={**given, "SLURM_CONF": env["SLURM_CONF"]},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    logs = [path.read_text() for path in sorted(shell.directory.glob("hfget-*.log"))]
    assert done.returncode == 0, (done.stderr, logs)
    assert len(logs) == 4
    assert any("all 4 shards are here: 12 files" in log for log in logs), logs
    assert hub.bytes_sent("cdn") == sum(size for size in FILES.values() if isinstance(size, int))
    assert tree(shell.directory / "models" / "name") == tree(source)


def documents(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text())


def test_the_pods_of_an_indexed_job_fill_one_folder(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    """What each pod is started with, on this machine: its arguments, its variables, its volume."""
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    spec = documents("kubernetes-job.yaml")["spec"]
    assert spec["completionMode"] == "Indexed"
    [container] = spec["template"]["spec"]["containers"]
    mounted = {one["name"] for one in container["volumeMounts"]}
    assert mounted == {one["name"] for one in spec["template"]["spec"]["volumes"]}
    for index in range(spec["completions"]):
        arguments = [
            str(one).replace("/data", str(tmp_path / "data")).replace("COMMIT", hub.commit(REPO))
            for one in container["args"]
        ]
        done = shell.with_env(JOB_COMPLETION_INDEX=str(index)).run(*arguments)
        assert done.code == 0, done.err
    assert f"all {spec['completions']} shards are here" in done.err
    assert tree(tmp_path / "data" / "name") == tree(source)


def test_the_init_container_brings_what_the_server_reads(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    spec = documents("kubernetes-init.yaml")["spec"]
    [first], [server] = spec["initContainers"], spec["containers"]
    arguments = [
        str(one).replace("/data", str(tmp_path)).replace("COMMIT", hub.commit(REPO))
        for one in first["args"]
    ]
    assert shell_at(hub.endpoint).run(*arguments).code == 0
    model = server["args"][server["args"].index("--model") + 1].replace("/data", str(tmp_path))
    assert tree(Path(model)) == tree(source)


def test_no_container_may_be_root() -> None:
    for name in ("kubernetes-job.yaml", "kubernetes-init.yaml"):
        spec = documents(name)["spec"]
        spec = spec.get("template", {}).get("spec", spec)
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"]
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            if container["image"].startswith("hfget"):
                assert container["securityContext"]["readOnlyRootFilesystem"]


def test_the_script_for_ray_calls_what_there_is() -> None:
    """tests/interop runs it where Ray is."""
    calls = [
        node
        for node in ast.walk(ast.parse((DEPLOY / "ray_shards.py").read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "download"
    ]
    assert len(calls) == 1
    inspect.signature(download).bind("repo", **{str(word.arg): 0 for word in calls[0].keywords})


@needs("bash")
def test_the_array_script_needs_its_variables(tmp_path: Path) -> None:
    bash = shutil.which("bash") or "bash"
    done = subprocess.run(
        [bash, str(DEPLOY / "slurm-array.sh")],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0 and "REVISION" in done.stderr
    assert re.search(r"^#SBATCH --array=1-4$", (DEPLOY / "slurm-array.sh").read_text(), re.M)
