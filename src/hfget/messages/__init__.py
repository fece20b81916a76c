"""What hfget says: every sentence a user can see is made here (pure).

A *sentence* is a template with fields. An *advice* says what to do next, as a command that works.
"""

from __future__ import annotations

from hfget.messages.changes import change_text
from hfget.messages.sentences import (
    Verdict,
    all_well,
    choice_line,
    count_text,
    error_text,
    eta_text,
    failed_line,
    file_line,
    group_text,
    header_line,
    note_line,
    pair_text,
    percent,
    plan_line,
    progress_line,
    repo_failed_text,
    report_text,
    retry_line,
    shown,
    speed_text,
    state_text,
    verdicts_text,
)

__all__ = [
    "Verdict",
    "all_well",
    "change_text",
    "choice_line",
    "count_text",
    "error_text",
    "eta_text",
    "failed_line",
    "file_line",
    "group_text",
    "header_line",
    "note_line",
    "pair_text",
    "percent",
    "plan_line",
    "progress_line",
    "repo_failed_text",
    "report_text",
    "retry_line",
    "shown",
    "speed_text",
    "state_text",
    "verdicts_text",
]
