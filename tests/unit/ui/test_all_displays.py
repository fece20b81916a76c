"""A made-up run with hostile names, told by every display: what may reach a stream."""

from __future__ import annotations

import io
import json
import re
import secrets
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TextIO

import pytest
from rich.console import Console

from hfget.cli.commands import list as listing_command
from hfget.cli.commands import prune, which_mirror
from hfget.destinations.local_holdings import LocalHolding, PartialStore
from hfget.errors import NetworkError
from hfget.events import (
    ActiveFile,
    Event,
    FileDone,
    FileFailed,
    Finished,
    Note,
    Planned,
    Progress,
    RepoFailed,
    Resolved,
    Retrying,
)
from hfget.model import (
    Failure,
    FileChange,
    ItemState,
    Plan,
    PlanItem,
    RemoteFile,
    RepoChange,
    RepoRef,
    Report,
    Snapshot,
)
from hfget.operations.on_disk.found_downloads import FoundDownload
from hfget.operations.on_disk.prune_partials import Prunable, Pruned
from hfget.operations.probes.endpoint_probe import Probed
from hfget.operations.probes.probe_findings import Finding
from hfget.operations.probes.report_facts import Fact
from hfget.operations.probes.side_by_side import SideBySide
from hfget.partials.abandoned import Abandoned
from hfget.system.redaction import Secret
from hfget.ui import Display
from hfget.ui.lines import LinesDisplay
from hfget.ui.live import LiveDisplay
from hfget.ui.ndjson import NdjsonDisplay
from hfget.ui.quiet import QuietDisplay
from hfget.ui.verdicts import Verdict

HOSTILE = (
    "plain.bin",
    "model[/foo].bin",
    "[bold red]x[/]",
    "esc\x1b[2J\x1b]0;title\x07.bin",
    "clip\x1b]52;c;QUJD\x07.bin",
    "link\x1b]8;;http://x\x1b\\y",
    "c1\x9b31m\x90q\x9c.bin",
    "bidi\u202egnp.exe",
    "zero\u200b\ufeff.bin",
    "line\none\r\x85two\u2028.bin",
    "long" * 2500 + ".bin",
    "wide" + "数" * 3000 + ".bin",
    "zalgo" + "\u0301" * 3000,
    "lone\ud800\udc80\udcff.bin",
    "tab\tdel\x7f\x08.bin",
)
pytestmark = pytest.mark.usefixtures("capable_terminal")
# Our own sequences: colours, cursor up, one right, erase, autowrap, cursor visibility.
_OURS = re.compile(r"\x1b\[(?:[0-9;]*m|\d*A|C|2?K|J|\?7[hl]|\?25[hl])|\r")


class Stream(io.TextIOWrapper):
    """A UTF-8 stream whose written bytes can be read back; a terminal if it is told to be."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        self.bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.bytes, encoding=encoding, newline="\n", write_through=True)

    def isatty(self) -> bool:
        return super().isatty() or self._terminal

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode(self.encoding)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def snapshot_of(*paths: str, size: int = 20_000_000) -> Snapshot:
    files = tuple(RemoteFile(path, size, "a" * 40, "b" * 64) for path in paths)
    return Snapshot(RepoRef("org/name"), "https://hub.example", "4a5b6c7" + "d" * 33, files)


def plan_of(snapshot: Snapshot, state: ItemState = ItemState.MISSING, have: int = 0) -> Plan:
    items = tuple(PlanItem(file, Path("name") / "x", state, have) for file in snapshot.files)
    return Plan(snapshot, Path("name"), items)


def report_of(snapshot: Snapshot, *failures: Failure, interrupted_by: int | None = None) -> Report:
    total = sum(file.size for file in snapshot.files)
    return Report(
        snapshot=snapshot,
        root=Path("name"),
        files_total=len(snapshot.files),
        files_done=len(snapshot.files) - len(failures),
        bytes_total=total,
        bytes_done=total,
        received=total,
        reused=0,
        requests=7,
        seconds=4.0,
        failures=failures,
        interrupted_by=interrupted_by,
    )


def progress_of(*active: ActiveFile, done: int = 1_200_000_000) -> Progress:
    return Progress(5, 12, done, 3_400_000_000, done, 52e6, 42.0, 8, active)


def run(names: tuple[str, ...] = HOSTILE, extra: str = "") -> Iterator[Event]:
    """The events of a run in which every string from outside carries `extra` or a hostile name."""
    snapshot = snapshot_of(*(name + extra for name in names))
    active = tuple(ActiveFile(f.path, f.size, 7_000_000, 0, 2) for f in snapshot.files)
    yield Resolved(snapshot)
    yield Planned(plan_of(snapshot))
    for name in names:
        said = name + extra
        yield Note(f"the server says {said}", "warning")
        yield Retrying(said, f"host{said}", f"reset {said}", 1.5, 1)
        yield FileDone(said, 20_000_000, 20_000_000, "sha256", "b" * 64)
    for start in range(len(active)):
        yield Progress(1, 9, 7, 100, 7, 5e6, 9.0, 4, active[start:])
        yield Progress(1, 9, 7, 100, 7, 5e6, 9.0, 4, active[start:])
    failures = tuple(
        Failure(
            n + extra, "network", f"bad {n}{extra}", f"try {extra}", f"https://h/{n}?{extra}", 5
        )
        for n in names
    )
    for failure in failures:
        yield FileFailed(failure)
    yield Finished(report_of(snapshot, *failures))


class Make(Protocol):
    def __call__(self, messages: TextIO, results: TextIO, command: str = "") -> Display: ...


def make_live(messages: TextIO, results: TextIO, command: str = "") -> LiveDisplay:
    console = Console(file=messages, force_terminal=True, width=80, height=24, highlight=False)
    return LiveDisplay(console, command=command, results=results)


def make_lines(messages: TextIO, results: TextIO, command: str = "") -> LinesDisplay:
    return LinesDisplay(messages, results=results, command=command)


def make_quiet(messages: TextIO, results: TextIO, command: str = "") -> QuietDisplay:
    return QuietDisplay(messages, results=results, command=command)


def make_json(messages: TextIO, results: TextIO, command: str = "") -> NdjsonDisplay:
    return NdjsonDisplay(results)


ALL: tuple[Make, ...] = (make_live, make_lines, make_quiet, make_json)


def change_of(snapshot: Snapshot) -> RepoChange:
    files = tuple(FileChange(file.path, None, file.size) for file in snapshot.files)
    return RepoChange(snapshot.ref, "a\x1b[2J folder", "0" * 40, snapshot.commit, files, 9, 4)


def results_of(snapshot: Snapshot, extra: str) -> Iterator[tuple[Any, list[str], Any]]:
    """What commands show as a table, with the same hostile names in each cell."""
    names = [file.path for file in snapshot.files]
    findings = tuple(Finding(name, f"bad {name}", f"go {name}") for name in names)
    url = f"https://user:word@hub.test/?{extra}"
    odd = [
        Probed(url, name, True, name, 3, 0.1, name, True, 1e6, name, name, 0.5, (name,), findings)
        for name in names
    ]
    yield which_mirror.shown(SideBySide(snapshot.ref, (*odd, Probed(url, "known"))))
    held = [
        LocalHolding(Path(name), "model", name, name, name, 2, 1 << 50, 1e9, False, snapshot.files)
        for name in names
    ]
    yield listing_command.shown([FoundDownload(one, 1) for one in held])
    gone = Abandoned(tuple(map(Path, names)), 5, 1e9)
    stores = [PartialStore(Path(name), Path(name), ()) for name in names]
    yield prune.shown([Prunable(one, (gone,), 9.0) for one in stores], Pruned(), dry_run=True)
    yield which_mirror.shown_facts([Fact("setting", name, name, name) for name in names])


def show_everything(display: Display, extra: str = "") -> None:
    """The whole run, a table of each kind, and an error, through one display."""
    snapshot = snapshot_of(*(name + extra for name in HOSTILE))
    verdicts: list[Verdict] = [(f.path, "changed", f"found {f.path}") for f in snapshot.files]
    with display:
        for event in run(extra=extra):
            display(event)
            if isinstance(display, LiveDisplay):
                display.paint()
    display.dry_run(plan_of(snapshot))
    display.listing(snapshot)
    display.verified(verdicts, f"summary {extra}")
    display.changed(change_of(snapshot))
    for file in snapshot.files:
        gone = Failure(
            "", "gated", f"no {file.path}", "ask", f"https://u:p@h/{file.path}?{extra}", 4
        )
        display(RepoFailed(f"org/{file.path}", gone))
    for result in results_of(snapshot, extra):
        display.result(*result)
    for path in (file.path for file in snapshot.files):
        url = f"https://user:word@h/{path}?{extra}"
        display.error(NetworkError(f"bad {path}", hint=f"go {path}", path=path, url=url))


def unprintable(text: str) -> set[str]:
    """The characters in `text` that could steer a terminal, line ends and tabs aside."""
    bad = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    return {char for char in set(text) if unicodedata.category(char) in bad} - {"\n", "\t"}


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_only_printable_text_reaches_a_stream(make: Make, terminal: bool, encoding: str) -> None:
    messages = Stream(terminal=terminal, encoding=encoding)
    results = Stream(terminal=terminal, encoding=encoding)
    show_everything(make(messages, results))
    written = messages.text
    if make is make_live:
        assert "\x1b[" in written
        written = _OURS.sub("", written)
    assert unprintable(written) == set()
    assert unprintable(results.text) == set()
    assert "plain.bin" in written + results.text
    if make is not make_json:
        # quiet tells of no listing, but of every failed file
        assert "model[/foo].bin" in written + results.text
        assert "\\x1b]52" in written + results.text


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("terminal", [True, False])
def test_no_secret_reaches_a_stream(make: Make, terminal: bool) -> None:
    token = secrets.token_hex(16)
    Secret(token)
    signature = secrets.token_hex(16)
    extra = f"-{token}?X-Amz-Signature={signature}&Expires=99"
    messages, results = Stream(terminal=terminal), Stream(terminal=terminal)
    show_everything(make(messages, results, command=f"hfget org/name --token {token}"), extra)
    for text in (messages.text, results.text):
        for secret in (token, signature):
            pieces = [secret[at : at + 8] for at in range(0, 32, 8)]
            assert [piece for piece in pieces if piece in text] == []
        assert "user:word" not in text
    assert "***" in messages.text + results.text


@pytest.mark.parametrize("make", ALL)
def test_a_reader_that_has_gone_away_is_survived(make: Make) -> None:
    class Gone(Stream):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    show_everything(make(Gone(terminal=True), Gone()))


@pytest.mark.parametrize("make", ALL)
def test_a_closed_stream_is_survived(make: Make) -> None:
    messages, results = Stream(), Stream()
    display = make(messages, results)
    messages.close()
    results.close()
    show_everything(display)


def test_json_lines_are_ascii_and_parse_back() -> None:
    results = Stream()
    show_everything(NdjsonDisplay(results))
    text = results.text
    assert text.isascii()
    records = [json.loads(line) for line in text.splitlines()]
    names = {record["file"] for record in records if record["event"] == "file"}
    readable = {name.encode("utf-8", "backslashreplace").decode() for name in HOSTILE}
    assert names == readable
