"""`--quiet`: nothing but errors, on stderr."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TextIO

from hfget.errors import HfgetError
from hfget.events import Event, Finished, Progress, RepoFailed
from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.ui.output import Sink
from hfget.ui.sentences import error_text, repo_failed_text, report_text, shown
from hfget.ui.summaries import Summaries
from hfget.ui.verdicts import Verdict, verdict_state


class QuietDisplay(Summaries):
    """Failures when the run is over, errors, and the results that were asked for."""

    def __init__(self, stream: TextIO, *, command: str = "", results: TextIO | None = None) -> None:
        super().__init__(results)
        self._sink = Sink(stream)
        self._command = command
        self._kept = 0

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, Progress):
            self._kept = event.bytes_done
        elif isinstance(event, Finished) and not event.report.ok:
            self._sink.message(report_text(event.report, self._command, self._kept, event.name))
        elif isinstance(event, RepoFailed):
            self._sink.message(repo_failed_text(event))

    def ask(self, question: str) -> bool:
        return False

    def can_ask(self) -> bool:
        return False

    def choose(self, question: str, rows: Sequence[Sequence[str]]) -> int | None:
        return None

    def __enter__(self) -> QuietDisplay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def error(self, err: HfgetError) -> None:
        self._sink.message(error_text(err))

    def verified(self, verdicts: Sequence[Verdict], summary: str) -> None:
        """Files that are missing or changed are errors; the rest is not worth a word."""
        bad = [verdict for verdict in verdicts if verdict[1] in ("missing", "changed")]
        for path, state, detail in bad:
            why = f" ({shown(detail)})" if detail else ""
            message = f"{verdict_state(state)}: {shown(path)}{why}"
            self._sink.message(translated(texts.ERROR(message=message)))
