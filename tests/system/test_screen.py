"""The real command in a real terminal: what is seen, and what is left behind."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import ShellAt
from tests.support.terminal import TMUX, Terminal

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is missing: no terminal to look at")

REPO = "org/model"
FILES = {"model.safetensors": 12 * MiB, "tokenizer.json": 4 * MiB, "onnx/model.onnx": 4 * MiB}
SMALL = {f"logs/{number}.json": f'{{"step": {number}}}' for number in range(20)}
RATE = 10 * MiB


@pytest.fixture
def hub(repos_root: Path, start_hub: StartHub) -> LocalHub:
    make_model(repos_root, REPO, {**FILES, **SMALL})
    return start_hub(rate_total=RATE)


def running(text: str) -> bool:
    return "B/s" in text and "model.safetensors" in text


@pytest.mark.parametrize(("width", "height"), [(40, 24), (80, 10), (120, 50), (200, 24)])
def test_one_region_stays_and_leaves_only_messages(
    hub: LocalHub, shell_at: ShellAt, width: int, height: int
) -> None:
    shell = shell_at(hub.endpoint)
    with Terminal(shell, width, height) as terminal:
        terminal.type(f"hfget {REPO}")
        seen: list[str] = []
        while not seen or not seen[-1].rstrip().endswith("\n$"):
            seen.append(terminal.screen())
            assert len(seen) < 1000
            time.sleep(0.1)
        shots = [text for text in seen if running(text)]
        assert len(shots) >= 8
        for text in shots:
            rows = [line for line in text.splitlines() if "/23" in line]
            assert len(rows) == 1, text
            assert re.search(r"\d+/23.* \d+(\.\d)? [kM]?B/s", rows[0]), text
            assert len(re.findall(r"\d/21\.0 MB", text)) == 1, text
            assert text.count("model.safetensors") == 1, text
        assert any(re.search(r"B/s +\d+ s", text) for text in shots), "the time that is left"
        # A busy machine may make the hub late: what is told of that may push the rest up.
        calm = [text for text in shots if "retry: " not in text]
        scrolled = [text for text in calm if not text.startswith(f"$ hfget {REPO}")]
        assert scrolled == [], "it scrolled away"
        left = [line for line in terminal.everything().split("\n") if not line.startswith("retry")]
        text = re.sub(r"\n  (?=\S)", " ", "\n".join(left))  # messages, broken between words
        *_, done, folder, prompt = lines = text.split("\n")[:6]
        assert lines[0] == f"$ hfget {REPO}"
        assert lines[1].startswith(f"{REPO} @ ") and lines[1].endswith("→ ./model")
        assert lines[2] == "23 files, 21.0 MB to fetch"
        assert done.startswith("done: 23 files, 21.0 MB verified in ")
        assert (folder, prompt.rstrip()) == (str(shell.directory / "model"), "$")


def test_a_window_that_is_dragged_gets_no_debris(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {**FILES, **SMALL})
    hub = start_hub(rate_total=4 * MiB)
    shell = shell_at(hub.endpoint)
    with Terminal(shell, 100, 24) as terminal:
        terminal.type("seq 40")
        terminal.type(f"hfget {REPO}")
        terminal.wait_for(running)
        for width in (*range(100, 70, -2), *range(70, 101, 2)):
            terminal.resize(width, 24)
            time.sleep(0.02)
        for height in (16, 30, 24):
            terminal.resize(100, height)
            time.sleep(0.1)
        text = terminal.wait_for(running)
        assert text.count("B/s") == 1 and text.count("model.safetensors") == 1, text
        terminal.wait_for_prompt()
        _, *rest = terminal.everything().split(f"$ hfget {REPO}\n")
        lines = [line for line in rest[0].split("\n") if line.strip() and "retry: " not in line]
        folder = str(shell.directory / "model")
        assert [line.split(" ")[0] for line in lines] == [REPO, "23", "done:", folder, "$"]


def test_ctrl_c_says_what_is_kept_and_how_to_go_on(hub: LocalHub, shell_at: ShellAt) -> None:
    with Terminal(shell_at(hub.endpoint)) as terminal:
        terminal.type(f"hfget {REPO}; echo code $?")
        terminal.wait_for(lambda text: running(text) and re.search(r" [2-9]\d%", text) is not None)
        terminal.press("C-c")
        terminal.wait_for(lambda text: "code 130" in text)
        assert terminal.ask("cursor_flag") == "1" and terminal.ask("wrap_flag") == "1"
        lines = terminal.everything().split("\n")
        kept = re.fullmatch(
            r"interrupted: \d+ of 23 files done; (\d+\.\d) MB of 21.0 MB kept in ./model", lines[3]
        )
        assert kept and float(kept[1]) > 2, lines
        assert lines[4:6] == [f"  next: hfget {REPO}", "code 130"]
        terminal.type(f"clear; {lines[4].removeprefix('  next: ')}")
        terminal.wait_for(lambda text: "done: " in text)
        assert f"{kept[1]} MB already here" in terminal.screen()


def test_ctrl_c_twice_and_a_kill_leave_a_clean_screen(hub: LocalHub, shell_at: ShellAt) -> None:
    with Terminal(shell_at(hub.endpoint)) as terminal:
        terminal.type(f"hfget {REPO}; echo code $?")
        terminal.wait_for(running)
        terminal.press("C-c", "C-c")
        terminal.wait_for(lambda text: "code 130" in text)
        lines = terminal.everything().rstrip("\n").split("\n")
        assert lines[3].startswith("interrupted: ") and lines[4] == f"  next: hfget {REPO}"
        assert lines[5] == "code 130" and len(lines) == 7
        assert terminal.ask("cursor_flag") == "1" and terminal.ask("wrap_flag") == "1"
        terminal.type(f"clear; hfget {REPO} & sleep 2; kill $!; wait $!; echo code $?")
        terminal.wait_for(lambda text: f"code {128 + signal.SIGTERM}" in text)
        assert "B/s" not in terminal.screen() and "interrupted: " in terminal.screen()


def test_names_cannot_steer_the_terminal(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    names = (
        "数据集-" * 12 + "x.bin",
        "rocket-🚀🔥.bin",
        "[bold red]m[/].bin",
        "e\u0301" * 40 + ".bin",
    )
    make_model(repos_root, REPO, dict.fromkeys(names, 4 * MiB))
    make_model(
        repos_root, "org/evil", {"a\x1b[31m\x1b]0;title\x07.bin": "x", "b\u202egnp.exe": "x"}
    )
    hub = start_hub(rate_total=RATE)
    with Terminal(shell_at(hub.endpoint), 70) as terminal:
        terminal.type(f"hfget {REPO}")
        text = terminal.wait_for(lambda text: "rocket-🚀🔥.bin" in text and "B/s" in text)
        rows = text.split("\n")
        assert sum("[bold red]m[/].bin" in row for row in rows) == 1
        assert sum("数据集-数据集-" in row and "…" in row for row in rows) == 1
        bars = [re.split("[━╸─]", row)[0] for row in rows if row.count("MB") == 1 and "/4.2" in row]
        assert len(bars) == 4 and len(set(map(cell_len, bars))) == 1, text
        terminal.wait_for_prompt()
        terminal.type("clear; hfget ls org/evil; hfget org/evil; echo code $?")
        terminal.wait_for(lambda text: "code 8" in text)
        shown = terminal.colours()
        assert "a\\x1b[31m\\x1b]0;title\\x07.bin" in shown and "b\\u202egnp.exe" in shown
        assert set(re.findall(r"\x1b[^m]*m?", shown)) <= {
            f"\x1b[{n}m" for n in (0, 1, 2, 31, 39, 49)
        }
        assert "title" not in terminal.ask("pane_title")


@pytest.mark.parametrize(
    ("setting", "bar", "colour"),
    [("NO_COLOR=1", "━", False), ("PYTHONIOENCODING=ascii", "#", True), ("LC_ALL=C", "━", True)],
)
def test_a_terminal_gets_what_it_can_show(
    hub: LocalHub, shell_at: ShellAt, setting: str, bar: str, colour: bool
) -> None:
    with Terminal(shell_at(hub.endpoint)) as terminal:
        terminal.type(f"{setting} hfget {REPO}")
        terminal.wait_for(lambda text: running(text) and bar in text)
        codes = set(re.findall(r"\x1b\[([\d;]+)m", terminal.colours()))
        assert (
            any(
                int(part) >= 30
                for code in codes
                for part in code.split(";")
                if part not in ("39", "49")
            )
            == colour
        ), codes
        terminal.press("C-c")
        terminal.wait_for_prompt()


def test_a_dumb_terminal_gets_plain_lines(hub: LocalHub, shell_at: ShellAt) -> None:
    with Terminal(shell_at(hub.endpoint)) as terminal:
        terminal.type(f"TERM=dumb hfget {REPO}")
        terminal.wait_for(lambda text: "done: " in text)
        lines = terminal.everything().split("\n")
        assert lines[2] == "23 files, 21.0 MB to fetch"
        assert not any("━" in line for line in lines)


def test_another_process_is_waited_for_and_named(hub: LocalHub, shell_at: ShellAt) -> None:
    with Terminal(shell_at(hub.endpoint)) as terminal:
        terminal.type(f"hfget -q --limit-rate 3M {REPO} & sleep 1.5; echo started $!; hfget {REPO}")
        text = terminal.wait_for(lambda text: "waiting for process" in text)
        number = re.search(r"started (\d+)", text)
        assert number and f"waiting for process {number[1]} " in text
        terminal.wait_for(lambda text: "all here already" in text)


def test_an_outage_is_said_once_not_once_a_thread(hub: LocalHub, shell_at: ShellAt) -> None:
    with Terminal(shell_at(hub.endpoint), 100) as terminal:
        terminal.type(f"hfget {REPO}")
        terminal.wait_for(running)
        hub.refuse("cdn")
        hub.refuse("hub")
        terminal.wait_for(lambda text: "connection refused" in text)
        time.sleep(1.0)
        told = Counter(re.findall(r"^retry: ([^;]+);", terminal.everything(), re.MULTILINE))
        # A reason is told again after five seconds; there are more threads than that.
        assert told and max(told.values()) <= 2, told
        hub.restore("cdn")
        hub.restore("hub")
        terminal.wait_for(lambda text: "done: " in text)


def test_ctrl_z_leaves_the_screen_to_the_shell_and_fg_takes_it_again(
    hub: LocalHub, shell_at: ShellAt
) -> None:
    with Terminal(shell_at(hub.endpoint)) as terminal:
        terminal.type(f"hfget {REPO}")
        terminal.wait_for(running)
        terminal.press("C-z")
        text = terminal.wait_for(lambda text: "Stopped" in text and text.rstrip().endswith("\n$"))
        assert "B/s" not in text and "━" not in text, text
        assert terminal.ask("cursor_flag") == "1" and terminal.ask("wrap_flag") == "1"
        terminal.type("fg")
        text = terminal.wait_for(lambda text: running(text) or "done: " in text)
        assert text.count("B/s") == 1, text
        terminal.wait_for(lambda text: "done: 23 files" in text)


def test_in_the_background_it_paints_over_nothing_and_fg_brings_it_back(
    hub: LocalHub, shell_at: ShellAt
) -> None:
    with Terminal(shell_at(hub.endpoint)) as terminal:
        terminal.type(f"hfget --limit-rate 4M {REPO} &")
        terminal.wait_for(lambda text: "23 files, 21.0 MB to fetch" in text)
        terminal.type("echo I am typing")
        text = terminal.wait_for(lambda text: "\nI am typing\n" in text)
        assert "B/s" not in text and "━" not in text, text
        terminal.type("fg")
        terminal.wait_for(running)
        terminal.press("C-z")
        terminal.wait_for(lambda text: "Stopped" in text and text.rstrip().endswith("\n$"))
        terminal.type("bg")
        text = terminal.wait_for(lambda text: "done: 23 files" in text)
        assert "B/s" not in text.partition("$ bg")[2].partition("done: ")[0], text
        assert text.count(f"{REPO} @ ") == 1 and "━" not in text, text
        assert "\n$\ndone: " in text, "below the prompt, not behind it"
