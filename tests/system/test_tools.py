"""`--tool aria2c`, `wget`, `curl`: the real programs, killed, lied to, watched for secrets."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import Shell, ShellAt, Started, leftovers, tree, wait_until
from tests.support.needs import needs

Files = dict[str, bytes | str | int]
TOOLS = ("aria2c", "wget", "curl")
BENCH = Path(__file__).parents[2] / "docs" / "bench.md"
REPO = "org/m"
SIZE = 16 * MiB + 3
SLOW = 12 * MiB

pytestmark = needs(*TOOLS)


@pytest.fixture
def source(repos_root: Path) -> Path:
    files: Files = {"w.bin": SIZE, "sub/v.bin": 3 * MiB, "c.json": '{"a": 1}', "empty.txt": b""}
    return make_model(repos_root, REPO, files)


def nothing_left(folder: Path) -> bool:
    return not leftovers(folder) and not list(folder.rglob("*.aria2*"))


def children(pid: int) -> list[int]:
    """The processes that this one has started and that still run."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return found


def programs(pid: int, tool: str) -> list[int]:
    """Those of them that are the program."""
    found = []
    for child in children(pid):
        with suppress(OSError):
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if os.fsdecode(words[0]).endswith(tool):
                found.append(child)
    return found


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@contextmanager
def running(shell: Shell, *arguments: str) -> Iterator[Started]:
    process = shell.start(*arguments)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=60)


@pytest.mark.parametrize("tool", TOOLS)
def test_the_program_brings_the_repo_and_hfget_verifies_it(
    tool: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    done = shell.run(REPO, "--tool", tool, "--json")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    assert nothing_left(shell.directory / "m")
    assert done.report["received"] == SIZE + 3 * MiB + 8
    names = {"aria2c": "aria2/", "wget": "Wget/", "curl": "curl/"}
    brought = [request for request in hub.requests("cdn") if request.bytes_sent > 1]
    assert brought
    assert {names[tool]} == {
        request.headers["user-agent"][: len(names[tool])] for request in brought
    }
    again = shell.run(REPO, "--json")
    assert again.code == 0 and again.report["received"] == 0, "recorded as hfget's own"


@pytest.mark.parametrize("tool", TOOLS)
def test_progress_is_that_of_hfget(tool: str, hub: LocalHub, shell: Shell) -> None:
    hub.set_rate(SLOW / 4)
    done = shell.run(REPO, "w.bin", "--tool", tool, "--json")
    assert done.code == 0, done.err
    samples = [event for event in done.events if event["event"] == "progress"]
    between = [event for event in samples if 0 < event["bytes_done"] < SIZE]
    assert between and max(event["connections"] for event in between) > 0
    assert all(event["bytes_total"] == SIZE for event in samples)


@pytest.mark.parametrize(
    ("tool", "blow", "then"),
    [
        ("aria2c", signal.SIGINT, "the same"),
        ("aria2c", signal.SIGKILL, "the same"),
        ("aria2c", signal.SIGKILL, "hfget"),
        ("wget", signal.SIGKILL, "the same"),
        ("curl", signal.SIGINT, "hfget"),
    ],
)
def test_an_interrupted_run_is_continued(
    tool: str, blow: signal.Signals, then: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    hub.set_rate(SLOW)
    with running(shell, REPO, "w.bin", "--tool", tool) as process:
        wait_until(lambda: hub.bytes_sent("cdn") > SIZE // 2, 60)
        started = programs(process.pid, tool)
        process.send_signal(blow)
        process.wait(timeout=30)
    assert process.returncode == (130 if blow == signal.SIGINT else -blow)
    assert started, "it was not running"
    hub.set_rate(None)
    wait_until(lambda: not any(map(is_there, started)), 60)
    assert not (shell.directory / "m" / "w.bin").exists()
    done = shell.run(REPO, "--tool", tool if then == "the same" else "hfget", "--json")
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    assert nothing_left(shell.directory / "m")
    assert done.report["received"] < SIZE + 3 * MiB, "it began anew"


def test_what_hfget_has_begun_is_continued_with_a_program(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    for tool in ("aria2c", "curl"):
        shutil.rmtree(shell.directory / "m", ignore_errors=True)
        hub.clear_log()
        hub.set_rate(SLOW)
        with running(shell, REPO, "w.bin") as process:
            wait_until(lambda: hub.bytes_sent("cdn") > SIZE // 2, 60)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
        hub.set_rate(None)
        done = shell.run(REPO, "--tool", tool, "--json")
        assert done.code == 0, done.err
        assert tree(shell.directory / "m") == tree(source)
        assert done.report["received"] < SIZE


@pytest.mark.parametrize("tool", TOOLS)
def test_a_program_that_is_killed_is_started_again(
    tool: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    hub.set_rate(SLOW)
    with running(shell, REPO, "w.bin", "--tool", tool, "--json") as process:
        for more in (SIZE // 4, SIZE // 2):
            wait_until(lambda more=more: hub.bytes_sent("cdn") > more, 60)  # type: ignore[misc]
            wait_until(lambda: bool(programs(process.pid, tool)), 60)
            for pid in programs(process.pid, tool):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        hub.set_rate(None)
        out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert b"was ended by SIGKILL" in out
    assert tree(shell.directory / "m")["w.bin"] == tree(source)["w.bin"]


@pytest.mark.parametrize("tool", ["aria2c", "curl"])
def test_wrong_bytes_never_get_the_name(
    tool: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    fault = hub.faults.add(Fault(effects.BitFlip(2 * MiB), origin="cdn", path="*", times=None))
    done = shell.run(REPO, "--tool", tool, "--exclude", "sub/")
    assert fault.fired and done.code == 6, done.err
    said = "not those of the listing" if tool == "aria2c" else "do not match the listing"
    assert said in done.err and "--endpoint" in done.err
    assert sorted(tree(shell.directory / "m")) == ["c.json", "empty.txt"]
    hub.faults.clear()
    assert shell.run(REPO, "--tool", tool).code == 0
    assert tree(shell.directory / "m") == tree(source)


@pytest.mark.parametrize("tool", TOOLS)
def test_bytes_that_are_wrong_once_are_fetched_again(
    tool: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    fault = hub.faults.add(Fault(effects.BitFlip(1000), origin="cdn", times=1))
    done = shell.run(REPO, "sub/v.bin", "--tool", tool)
    assert fault.fired == 1 and done.code == 0, done.err
    assert "fetching them again" in done.err
    assert tree(shell.directory / "m") == {"sub/v.bin": tree(source)["sub/v.bin"]}


@pytest.mark.parametrize("tool", TOOLS)
def test_faults_that_pass_are_survived(
    tool: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    """A fault for each file, all in one run."""
    passing = {
        "expired": Fault(effects.Status(403), origin="cdn", times=1),
        "503": Fault(effects.Status(503), origin="cdn", times=1),
        "reset": Fault(effects.Reset(after_bytes=MiB), origin="cdn", times=1),
        "reset-at-once": Fault(effects.Reset(), origin="cdn", times=1),
        "cut": Fault(effects.Close(after_bytes=MiB), origin="cdn", times=1),
        "elsewhere": Fault(effects.Redirect("{foreign}{target}", 307), times=2),
    }
    source = make_model(repos_root, "org/faults", {f"{name}.bin": 3 * MiB for name in passing})
    hub = start_hub()
    for name, fault in passing.items():
        content = sha256((source / f"{name}.bin").read_bytes()).hexdigest()
        fault.path = f"*/{name}.bin" if fault.origin is None else f"*{content}*"
        hub.faults.add(fault)
    shell = shell_at(hub.endpoint)
    done = shell.run("org/faults", "--tool", tool)
    assert done.code == 0, done.err
    assert not [name for name, fault in passing.items() if not fault.fired]
    assert tree(shell.directory / "faults") == tree(source)
    assert nothing_left(shell.directory / "faults")


@pytest.mark.parametrize("tool", ["aria2c", "curl"])
def test_a_host_that_serves_no_parts(
    tool: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, "org/large", {"w.bin": 33 * MiB})
    hub = start_hub()
    fault = hub.faults.add(Fault(effects.WholeBody(), origin="cdn", times=None))
    shell = shell_at(hub.endpoint)
    done = shell.run("org/large", "--tool", tool)
    assert fault.fired and done.code == 0, done.err
    assert tree(shell.directory / "large") == tree(source)


@pytest.mark.parametrize("tool", ["aria2c", "curl"])
def test_a_missing_file_is_said_as_ever(tool: str, hub: LocalHub, shell: Shell) -> None:
    missing = effects.Status(404, {"X-Error-Code": "EntryNotFound"})
    hub.faults.add(Fault(missing, origin="hub", path="*/resolve/*/w.bin", times=None))
    done = shell.run(REPO, "--tool", tool)
    assert done.code == 3 and "w.bin" in done.err
    assert (shell.directory / "m" / "sub" / "v.bin").exists(), "the others have come"


@pytest.mark.parametrize("tool", TOOLS)
def test_no_secret_is_seen_in_a_process_list_or_left_behind(
    tool: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    token = f"made-up-{secrets.token_hex(12)}"
    files: Files = {"w.bin": 6 * MiB, "t.json": '{"text": "t"}'}
    source = make_model(repos_root, "org/gated", files)
    hub = start_hub(gated=["org/gated"], tokens=[token], rate_total=6 * MiB)
    redirect = effects.Redirect("{foreign}{target}")
    hub.faults.add(Fault(redirect, origin="cdn", times=1))
    shell = shell_at(hub.endpoint)
    kept = shell.directory / "home" / "token"
    kept.write_text(token)
    kept.chmod(0o600)
    seen, looked = set(), 0
    with running(shell, "org/gated", "--tool", tool, "--token-file", str(kept)) as process:
        deadline = time.monotonic() + 90
        while process.poll() is None and time.monotonic() < deadline:
            for pid in children(process.pid):
                looked += 1
                for name in ("cmdline", "environ"):
                    with suppress(OSError):
                        seen.add(Path(f"/proc/{pid}/{name}").read_bytes())
            time.sleep(0.01)
    assert process.returncode == 0 and looked
    assert any(tool.encode() in line for line in seen), "the program was not seen"
    assert tree(shell.directory / "gated") == tree(source)
    shown = b"\n".join(seen).decode(errors="replace")
    hidden = [token, "X-Amz-", *hub.signatures]
    assert not [word for word in hidden if word in shown]
    kept.unlink()
    for path in shell.directory.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("latin-1")
            assert not [word for word in hidden if word in text], path
    for origin in ("cdn", "foreign"):
        asked = hub.requests(origin)
        assert not [one for one in asked if one.token_seen or one.authorization], origin
    with_token = [one for one in hub.requests("hub") if one.token_seen]
    agents = {one.headers.get("user-agent", "")[:5] for one in with_token}
    assert with_token and not any(agent.startswith("aria2") for agent in agents)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_program_that_is_not_installed_is_named_with_its_package(
    tool: str, hub: LocalHub, shell: Shell, tmp_path: Path
) -> None:
    nowhere = tmp_path / "empty"
    nowhere.mkdir()
    done = shell.with_env(PATH=str(nowhere)).run(REPO, "--tool", tool)
    assert (done.code, done.out) == (2, "")
    assert f"{tool} is not installed" in done.err
    package = {"aria2c": "aria2"}.get(tool, tool)
    assert f"apt install {package}" in done.err and "leave --tool" in done.err
    assert not (shell.directory / "m").exists() and not hub.log


def test_aria2c_may_lie_anywhere(source: Path, hub: LocalHub, shell: Shell, tmp_path: Path) -> None:
    mine = tmp_path / "my aria2c"
    mine.symlink_to(str(shutil.which("aria2c")))
    elsewhere = shell.with_env(PATH="/nowhere")
    done = elsewhere.run(REPO, "--tool", "aria2c", "--aria2c_path", mine)
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    done = elsewhere.run(REPO, "--tool", "aria2c", "--aria2c-path", tmp_path / "none")
    assert done.code == 2 and "--aria2c-path" in done.err


@pytest.mark.parametrize("tool", ["wget2", "axel"])
def test_no_other_program_is_a_tool(tool: str, hub: LocalHub, shell: Shell) -> None:
    done = shell.run(REPO, "--tool", tool)
    assert done.code == 2 and "not one of hfget, aria2c, wget, curl" in done.err
    assert not hub.log


@pytest.mark.parametrize("tool", ["aria2c", "wget"])
def test_into_the_hub_cache_and_twice_the_same_content(
    tool: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, "org/twins", {"a.bin": b"\0" * 2 * MiB, "c.json": "{}"})
    (source / "b.bin").write_bytes((source / "a.bin").read_bytes())
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    done = shell.run("org/twins", "--tool", tool, "--cache")
    assert done.code == 0, done.err
    assert tree(Path(done.out.strip())) == tree(source)
    asked = hub.requests("hub", path="*/resolve/*.bin")
    assert len({request.path for request in asked}) == 1, "twins come once"
    assert shell.run("verify", done.out.strip()).code == 0


@pytest.mark.parametrize("tool", ["aria2c", "curl"])
def test_a_planted_link_is_not_written_through(
    tool: str, source: Path, hub: LocalHub, shell: Shell
) -> None:
    target = shell.directory / "mine"
    target.write_text("mine")
    hub.set_rate(SLOW)
    with running(shell, REPO, "w.bin", "--tool", tool) as process:
        wait_until(lambda: hub.bytes_sent("cdn") > 4 * MiB, 60)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    hub.set_rate(None)
    for path in (shell.directory / "m" / ".cache").rglob("*.incomplete*"):
        path.unlink()
        path.symlink_to(target)
    done = shell.run(REPO, "--tool", tool)
    assert done.code == 0, done.err
    assert target.read_text() == "mine"
    assert tree(shell.directory / "m") == tree(source)


def test_a_limit_of_the_rate_holds_for_every_program(shell: Shell, hub: LocalHub) -> None:
    for tool in TOOLS:
        shutil.rmtree(shell.directory / "m", ignore_errors=True)
        done = shell.run(REPO, "sub/v.bin", "--tool", tool, "--limit-rate", "2Mi", "--json")
        assert done.code == 0, done.err
        rate = done.report["received"] / done.report["seconds"]
        assert rate < 2.5 * MiB, f"{tool} was not held back"


@pytest.mark.parametrize("tool", TOOLS)
def test_the_proxy_is_the_one_that_hfget_uses(tool: str, hub: LocalHub, shell: Shell) -> None:
    """What a program would take from the environment by itself does not count."""
    dead = "http://127.0.0.1:9"
    done = shell.with_env(http_proxy=dead, HTTP_PROXY=dead, NO_PROXY="127.0.0.1").run(
        REPO, "c.json", "sub/v.bin", "--tool", tool
    )
    assert done.code == 0, done.err


def test_the_help_says_when_which_is_better_as_it_was_measured(shell: Shell) -> None:
    text = " ".join(shell.run("--help-all").out.split())
    said = re.search(r"--tool TOOL hfget \(([\d.]+)-([\d.]+)x as fast as aria2c, but for", text)
    assert said is not None
    best = []
    for part in BENCH.read_text().split("\n### ")[1:]:
        rows = re.findall(r"^\| aria2c [^|]*\|[^|]*\|[^|]*\| ([\d.]+) \|", part, re.MULTILINE)
        best += [min(map(float, rows))] if rows else []
    faster = [times for times in best if times >= 1]
    measured = f"{min(faster):.1f}", f"{max(faster):.0f}"
    assert measured == said.groups(), "change the help of --tool, and docs/tools.md"
    assert len(faster) == len(best) - 1, "but for tiny files"
