"""The real command on pipes: plain lines, results on stdout, JSON as the schema says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.hub import Fault, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import HFGET, Shell, ShellAt, wait_until

REPO = "org/model"
SCHEMA = Path(__file__).parents[2] / "docs" / "ndjson.schema.json"


@pytest.fixture
def model(repos_root: Path) -> Path:
    return make_model(
        repos_root, REPO, {"w.safetensors": 12 * MiB, "config.json": "{}", "t.json": "[1]"}
    )


def valid(out: str) -> list[dict[str, Any]]:
    """The objects in `out`, each of which is as the schema says."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    objects = [json.loads(line) for line in out.splitlines()]
    for one in objects:
        validator.validate(one)
    return objects


def test_a_pipe_gets_plain_lines_and_the_path(
    model: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    shell = shell_at(start_hub().endpoint)
    done = shell.run(REPO)
    assert done.out == f"{shell.directory / 'model'}\n"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.err)
    lines = done.err.splitlines()
    assert lines[0].startswith(f"{REPO} @ ") and lines[-1].startswith("done: 3 files, ")
    assert all(len(line) < 200 for line in lines)


def by_shell(program: str, line: str, shell: Shell) -> subprocess.CompletedProcess[str]:
    """What `program` makes of a line whose commands are processes of their own, to the very end."""
    return subprocess.run(
        [program, "-c", line],
        cwd=shell.directory,
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_quiet_prints_the_path_alone(model: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    shell = shell_at(start_hub().endpoint)
    folder = "spaces and é"
    done = shell.run("--quiet", REPO, "--local-dir", folder)
    assert (done.code, done.out, done.err) == (0, f"{shell.directory / folder}\n", "")
    script = f'DIR=$({shlex.join(HFGET)} -q {REPO}) && test -f "$DIR/config.json" && echo "<$DIR>"'
    ran = by_shell("sh", script, shell)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"<{shell.directory / 'model'}>\n", "")


def test_quiet_still_tells_of_failures(model: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    hub = start_hub()
    hub.faults.add(Fault(effects.Status(404), path="*/t.json", times=None))
    done = shell_at(hub.endpoint).run("-q", REPO)
    assert done.code == 3 and done.out == ""
    assert done.err.startswith("error: ") and "t.json" in done.err


def test_debug_tells_of_requests_but_no_signature(
    model: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, "--debug")
    assert (done.code, done.out) == (0, f"{shell.directory / 'model'}\n")
    assert re.search(r'"GET /api/models/org/model HTTP/1.1" 200', done.err)
    signed = [request for request in hub.requests("cdn") if request.query]
    assert signed and all(request.query not in done.err for request in signed)
    assert "?***" in done.err and "?X" not in done.err


def test_the_repair_that_verify_names_repairs(
    model: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    shell = shell_at(start_hub().endpoint)
    assert shell.run(REPO).code == 0
    folder = shell.directory / "model"
    (folder / "config.json").unlink()
    with open(folder / "w.safetensors", "r+b") as file:
        file.write(b"changed")
    done = shell.run("verify", "model")
    assert done.code == 6
    assert "error: 1 changed, 1 missing of 3 files [verification]\n" in done.err
    _, _, command = done.err.rstrip("\n").rpartition("  next: hfget ")
    again = shell.run(*shlex.split(command))
    assert again.code == 0, again.err
    done = shell.run("verify", "model")
    assert done.code == 0
    assert done.err == "verified: 3 files, 12.6 MB, all as recorded\n"


def test_json_is_as_the_schema_says(model: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    hub.faults.add(Fault(effects.Reset(after_bytes=MiB), origin="cdn"))
    hub.faults.add(Fault(effects.Status(404), path="*/t.json", times=None))
    runs = {
        "dry": (0, ["--dry-run", REPO]),
        "ls": (0, ["ls", REPO]),
        "failed": (3, [REPO]),
        "again": (0, [REPO, "w.safetensors", "config.json"]),
        "verify": (6, ["verify", "model"]),
        "missing": (3, ["org/none"]),
        "wrong": (2, [REPO, "--jobs", "none"]),
    }
    kinds = {}
    for name, (code, arguments) in runs.items():
        done = shell.run(*arguments, "--json")
        assert (done.code, done.err) == (code, ""), name
        kinds[name] = {one["event"] for one in valid(done.out)}
    assert kinds["failed"] >= {"resolved", "plan", "retry", "file_done", "file_failed", "report"}
    assert kinds["dry"] >= {"plan_file", "total"} and kinds["ls"] >= {"file", "total"}
    assert "report" in kinds["again"] and kinds["verify"] >= {"verified", "error"}
    assert kinds["missing"] == kinds["wrong"] == {"error"}


def test_json_of_an_interrupted_run_ends_with_the_report(
    model: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    hub = start_hub(rate_total=4 * MiB)
    process = shell_at(hub.endpoint).start(REPO, "--json")
    wait_until(lambda: hub.bytes_sent("cdn") > 2 * MiB)
    process.terminate()
    out, err = process.communicate(timeout=20)
    *_, report = valid(out.decode())
    assert (report["event"], report["exit_code"], report["interrupted_by"]) == ("report", 143, 15)
    assert err == b"" and process.returncode == 143


def test_a_reader_that_goes_away_is_no_catastrophe(
    model: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    shell = shell_at(start_hub().endpoint)
    for arguments in (["ls", REPO], [REPO, "--json"], [REPO]):
        command = shlex.join([*HFGET, *arguments])
        line = f"{command} | {shlex.quote(sys.executable)} -c ''; echo ${{PIPESTATUS[0]}}"
        ran = by_shell("bash", line, shell)
        assert ran.stdout == "0\n", (arguments, ran)
        assert "Traceback" not in ran.stderr and "BrokenPipe" not in ran.stderr
    assert (shell.directory / "model" / "config.json").exists()


@pytest.mark.parametrize("stream", ["1", "2"])
def test_what_a_full_disk_cannot_take_is_not_said(
    stream: str, model: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    shell = shell_at(start_hub().endpoint)
    command = f"{shlex.join([*HFGET, REPO, '--json'])} {stream}>/dev/full"
    ran = by_shell("bash", command, shell)
    assert ran.returncode == 0 and ran.stderr == "", ran
    assert (shell.directory / "model" / "config.json").exists()
