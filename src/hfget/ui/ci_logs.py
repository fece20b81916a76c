"""Lines for the logs of CI services: a clock in front, annotations and sections where they exist.

GitHub reads workflow commands from the log, and a summary from a file that GITHUB_STEP_SUMMARY
names; GitLab folds what stands between two markers of a section. Sources: docs.github.com,
"Workflow commands for GitHub Actions"; docs.gitlab.com, "CI/CD job logs", custom sections.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from hfget.errors import HfgetError
from hfget.events import Event, Finished, Note, Planned, RepoFailed
from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.model import Failure, Report
from hfget.system import count_text, duration_text, redact, size_text
from hfget.ui.lines import LinesDisplay
from hfget.ui.output import Sink
from hfget.ui.sentences import shown

#: Annotations of one step; GitHub shows ten of each kind.
_MOST_ANNOTATIONS = 10
_SECTION = "hfget"


class _ClockedSink(Sink):
    """Each line begins with the time of day."""

    def line(self, text: str) -> None:
        now = time.strftime("%H:%M:%S ")
        super().line("\n".join(now + line for line in text.split("\n")))


class _GitHubSink(Sink):
    """No text from outside becomes a workflow command: `##[` is one anywhere in a line."""

    def line(self, text: str) -> None:
        super().line(text.replace("##[", "# #["))


class ClockedLines(LinesDisplay):
    """Plain lines behind a clock, for logs whose service puts none in front."""

    _advises = False

    def __init__(self, stream: TextIO, *, command: str = "", results: TextIO | None = None) -> None:
        super().__init__(stream, command=command, results=results, sink=_ClockedSink(stream))


class GitLabLines(ClockedLines):
    """The lines of a download fold away below one that says what it is of."""

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, Planned):
            self._mark("start", "[collapsed=false]")
        elif isinstance(event, Finished):
            self._mark("end")
        super().__call__(event)

    def _mark(self, which: str, options: str = "") -> None:
        mark = f"section_{which}:{int(time.time())}:{_SECTION}{options}"
        self._sink.write(f"\x1b[0K{mark}\r\x1b[0K" + ("" if which == "start" else "\n"))


class GitHubLines(LinesDisplay):
    """Failures and warnings are annotations too; the end of a run is a row of the summary."""

    _advises = False

    def __init__(self, stream: TextIO, *, command: str = "", results: TextIO | None = None) -> None:
        super().__init__(stream, command=command, results=results, sink=_GitHubSink(stream))
        self._left = {"error": _MOST_ANNOTATIONS, "warning": _MOST_ANNOTATIONS}

    def __call__(self, event: Event, /) -> None:
        super().__call__(event)
        if isinstance(event, Note) and event.level == "warning":
            self._annotate("warning", event.text)
        elif isinstance(event, Finished):
            for failure in event.report.failures:
                self._annotate("error", _failure_text(failure))
            _append_summary(summary_of(event.report))
        elif isinstance(event, RepoFailed):
            self._failed(f"{event.name}: {event.failure.message}", event.failure.exit_code)

    def error(self, err: HfgetError) -> None:
        super().error(err)
        self._failed(_about(err.path, err.message), err.exit_code)

    def _failed(self, text: str, exit_code: int) -> None:
        """What ended before there was a report."""
        self._annotate("error", text)
        said = f"- **{exit_code}** `{_code(self._command)}`: `{_code(text)}`\n"
        _append_summary(redact(said))

    def _annotate(self, level: str, text: str) -> None:
        if self._left[level] > 0:
            self._left[level] -= 1
            self._sink.write(f"::{level} title=hfget::{_escaped(shown(text, 1000))}\n")


def summary_of(report: Report) -> str:
    """The end of a run in Markdown: what, from which commit, how much, what failed."""
    snapshot = report.snapshot
    state = "0" if report.ok else f"**{report.exit_code}**"
    cells = [
        f"`{_code(str(snapshot.ref.repo_id))}`",
        f"`{_code(snapshot.commit[:12])}`",
        translated(
            texts.FILES_OF(done=report.files_done, files=count_text(report.files_total, "file"))
        ),
        size_text(report.bytes_total),
        size_text(report.received),
        duration_text(report.seconds),
        state,
    ]
    lines = [
        translated(texts.SUMMARY_COLUMNS),
        "|---|---|---|---|---|---|---|",
        f"| {' | '.join(cells)} |",
        "",
    ]
    failures = report.failures[:_MOST_ANNOTATIONS]
    lines += [f"- `{_code(_failure_text(failure))}`" for failure in failures]
    if len(report.failures) > len(failures):
        more = len(report.failures) - len(failures)
        lines.append(translated(texts.SUMMARY_MORE(more=more)))
    return redact("\n".join([*lines, ""]))


def service_lines(env: Mapping[str, str]) -> Callable[..., LinesDisplay]:
    """The plain display that fits this environment."""
    if env.get("GITHUB_ACTIONS") == "true":
        return GitHubLines
    if env.get("GITLAB_CI") == "true":
        return GitLabLines
    return ClockedLines


def _failure_text(failure: Failure) -> str:
    return _about(failure.path, failure.message)


def _about(path: str | None, message: str) -> str:
    return translated(texts.ABOUT(name=path, line=message) if path else message)


def _append_summary(text: str) -> None:
    """Add to the summary of this step; where there is none, or no room, nothing is lost."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with suppress(OSError), Path(path).open("a", encoding="utf-8") as summary:
            summary.write(text + "\n")


def _escaped(text: str) -> str:
    """The data of a workflow command: what would end it is written with a percent sign."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _code(text: str) -> str:
    """Text from outside for a span of code in a table: nothing in it ends either."""
    return shown(text, 300).replace("`", "'").replace("|", "/")
