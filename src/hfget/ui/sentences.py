"""What hfget says, as sentences: events, plans, reports and errors turned into text (pure).

Every string from outside goes through `shown`: secrets out first, then everything that could
steer a terminal, then the cut, so that a cut never leaves half a secret behind.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from hfget import events
from hfget.errors import HfgetError, InterruptedRunError, NetworkError, TimeLimitError
from hfget.messages import Text, advice, joined, translated
from hfget.messages import ui_texts as texts
from hfget.model import Failure, ItemState, Plan, PlanItem, Report, Snapshot
from hfget.system import count_text as count_text
from hfget.system import duration_text, redact, safe_text, safe_url, size_text
from hfget.ui.figures import eta_text, pair_text, percent, speed_text
from hfget.ui.mirror_lines import mirror_lines
from hfget.ui.next_step import next_lines

_PATHS_PER_BLOCK = 10
_BLOCKS_PER_REPORT = 20
_MESSAGE_LIMIT = 1000
#: Kinds of errors whose message says it all; others name their place in docs/errors.md.
_PLAIN = ("usage", "time-limit", "interrupted", "")


def shown(text: str, limit: int = 300) -> str:
    """`text` fit to be shown: without secrets, without control characters, at most `limit` long."""
    return safe_text(redact(translated(text)), limit)


def listed(parts: Iterable[str]) -> str:
    """The parts of a sentence, one after another."""
    return translated(joined(parts, texts.COMMA))


def folder_text(root: Path) -> str:
    """A folder as the user may type it: a relative one begins with a dot."""
    text = str(root)
    if not root.is_absolute() and not text.startswith("."):
        text = f".{os.sep}{text}"
    return shown(text)


def host_text(url: str) -> str:
    """The host (and port) of a URL."""
    return shown(urlsplit(safe_url(url)).netloc)


def header_line(snapshot: Snapshot, root: Path | None = None) -> str:
    """`bigscience/bloom-560m @ 4a5b6c7 from https://hf-mirror.com → ./bloom-560m`"""
    revision = snapshot.ref.revision
    commit = shown(snapshot.commit[:7])
    if revision and revision != "main" and not snapshot.commit.startswith(revision):
        commit = f"{shown(revision, 80)} ({commit})"
    ref = shown(str(snapshot.ref))
    line = texts.HEADER_ALONE(ref=ref, commit=commit)
    if snapshot.endpoint:
        endpoint = shown(safe_url(snapshot.endpoint))
        line = texts.HEADER(ref=ref, commit=commit, endpoint=endpoint)
    line = translated(line)
    return line if root is None else f"{line} → {folder_text(root)}"


def plan_line(plan: Plan) -> str:
    """`12 files, 3.4 GB; 1.2 GB already here, 2.2 GB to fetch`"""
    line, gone = _files_line(plan), count_text(len(plan.removals), "other file")
    return translated(texts.TO_DELETE_TOO(plan=line, files=gone) if plan.removals else line)


def _files_line(plan: Plan) -> str:
    line = files_line(len(plan.items), plan.total_bytes)
    present = [item for item in plan.items if item.state is ItemState.ADOPTABLE]
    others = [item for item in plan.items if item.state is not ItemState.ADOPTABLE]
    check = sum(item.file.size for item in present)
    cached, copied = plan.cached_bytes, plan.copied_bytes
    here = sum(item.have for item in others) - cached - copied
    fetch = sum(item.need for item in others)
    if not plan.items:
        return texts.NO_FILES
    if not present and not here and not cached and not copied:
        return texts.FILES_TO_FETCH(line=line) if fetch else texts.ALL_HERE(line=line)
    if not present and not cached and not fetch:
        return texts.ALL_HERE(line=line)
    parts = []
    if here:
        parts.append(texts.HERE(here=size_text(here)))
    if cached:
        parts.append(texts.IN_HUB_CACHE(cached=size_text(cached)))
    if check:
        parts.append(texts.PRESENT(check=size_text(check)))
    if fetch:
        parts.append(texts.TO_FETCH(fetch=size_text(fetch)))
    parts += [texts.COPIED(copied=size_text(copied))] if copied else []
    return translated(joined([line, listed(parts)], texts.SEMICOLON)) if parts else line


def files_line(count: int, size: int) -> str:
    """`12 files, 3.4 GB`"""
    return translated(texts.FILES_AND_SIZE(files=count_text(count, "file"), size=size_text(size)))


def state_text(item: PlanItem) -> str:
    """What a dry run says about one file."""
    if item.file.defect:
        return translated(texts.CANNOT_BE_FETCHED(defect=shown(item.file.defect, 80)))
    if item.state is ItemState.PARTIAL:
        return translated(texts.PARTIAL(need=size_text(item.need)))
    text = {
        ItemState.COMPLETE: texts.STATE_HERE,
        ItemState.ADOPTABLE: texts.STATE_PRESENT,
        ItemState.MISSING: texts.STATE_MISSING,
        ItemState.OUTDATED: texts.STATE_OUTDATED,
        ItemState.CACHED: texts.STATE_CACHED,
        ItemState.TWIN: texts.STATE_TWIN,
    }[item.state]
    return translated(text)


def note_line(note: events.Note) -> str:
    said = texts.CAUTION if note.level == "warning" else texts.NOTE
    return translated(said(text=shown(note.text, _MESSAGE_LIMIT)))


def retry_line(event: events.Retrying, more: int = 0) -> str:
    """`more` counts like retries that were not told since the last line."""
    soon = event.wait < 0.05
    when = texts.AGAIN_AT_ONCE if soon else texts.AGAIN_IN(wait=duration_text(event.wait))
    about = [texts.TRY(number=event.attempt + 1)] if event.attempt > 0 else []
    if event.path:
        about.append(shown(event.path, 120))
    if more:
        about.append(texts.MORE_LIKE_IT(more=more))
    tail = texts.IN_BRACKETS(text=listed(about)) if about else ""
    return translated(
        texts.RETRY(host=shown(event.host, 120), reason=shown(event.reason), when=when, tail=tail)
    )


def progress_line(progress: events.Progress) -> str:
    """`62%, 2.1/3.4 GB, 5/12 files, 52 MB/s, 24 s left`"""
    parts = [
        f"{percent(progress.bytes_done, progress.bytes_total)}%",
        pair_text(progress.bytes_done, progress.bytes_total),
        f"{progress.files_done}/{translated(count_text(progress.files_total, 'file'))}",
    ]
    if progress.bytes_done >= progress.bytes_total:
        parts.append(texts.VERIFYING)
    else:
        parts.append(speed_text(progress.speed))
        if left := eta_text(progress.eta):
            parts.append(texts.LEFT(time=left))
    return listed(parts)


def file_line(event: events.FileDone) -> str:
    return translated(texts.FILE_VERIFIED(path=shown(event.path), size=size_text(event.size)))


def failed_line(failure: Failure) -> str:
    """One line for a file that was just given up; the report says the rest."""
    message = shown(failure.message, _MESSAGE_LIMIT)
    if not failure.path:
        return translated(texts.FAILED(message=message))
    return translated(texts.FAILED_FILE(path=shown(failure.path), message=message))


def error_text(error: HfgetError) -> str:
    """The block that ends a run: what failed, the file, the host, what to do next."""
    word = texts.STOPPED if isinstance(error, InterruptedRunError) else texts.ERROR
    paths = [error.path] if error.path else []
    return _block(word, error.message, error.kind, paths, error.url, error.hint)


def repo_failed_text(event: events.RepoFailed) -> str:
    """The block for a repo of several that was given up."""
    failure, name = event.failure, event.name
    named = name in failure.message
    text = failure.message if named else texts.ABOUT(name=name, line=failure.message)
    paths = [failure.path] if failure.path else []
    return _block(texts.ERROR, text, failure.kind, paths, failure.url, failure.hint)


def failures_text(failures: Iterable[Failure]) -> str:
    """A block for each reason, with the files it hit."""
    groups: dict[tuple[str, str, str, str], list[Failure]] = {}
    for failure in failures:
        host = host_text(failure.url) if failure.url else ""
        key = (failure.message, failure.kind, failure.hint, host)
        groups.setdefault(key, []).append(failure)
    blocks = [
        _block(
            texts.ERROR,
            message,
            kind,
            [one.path for one in group if one.path],
            group[0].url,
            hint,
        )
        for (message, kind, hint, _), group in list(groups.items())[:_BLOCKS_PER_REPORT]
    ]
    if len(groups) > _BLOCKS_PER_REPORT:
        rest = sum(len(group) for group in list(groups.values())[_BLOCKS_PER_REPORT:])
        blocks.append(translated(texts.OTHER_FAILURES(rest=count_text(rest, "other failure"))))
    return "\n".join(blocks)


def report_text(
    report: Report, command: str = "", kept: int = 0, name: str = "", plan: Plan | None = None
) -> str:
    """How the run ended; `command` is the command line that would go on.

    `kept` are the bytes on disk, those of unfinished files included; `name` the repo's of several.
    With a `plan` what loads it comes last.
    """
    failures, line = report.failures, outcome_line(report, 0 if name else kept)
    if name:
        failures = tuple(replace(one, path=f"{name}/{one.path}") for one in failures)
        line, plan = translated(texts.ABOUT(name=shown(name), line=line)), None
    lines = [failures_text(failures), line] if failures else [line]
    lines += [shown(line, _MESSAGE_LIMIT) for line in mirror_lines(report.mirrors)]
    if _goes_on(report):
        again = shown(command, _MESSAGE_LIMIT) if command else advice.RUN_AGAIN_TO_GO_ON
        lines.append(translated(texts.BLOCK_NEXT(hint=again)))
    elif report.ok and plan:
        lines += next_lines(plan)
    return "\n".join(lines)


def _goes_on(report: Report) -> bool:
    """Whether the same command can do better. What it cannot mend says itself what can."""
    passing = (NetworkError.exit_code, TimeLimitError.exit_code)
    stopped = report.interrupted_by is not None
    return stopped or any(failure.exit_code in passing for failure in report.failures)


def outcome_line(report: Report, kept: int = 0) -> str:
    """The one line of the report."""
    gone = count_text(report.deleted, "other file")
    deleted = translated(texts.DELETED(files=gone)) if report.deleted else ""
    return translated(_outcome(report, kept)) + deleted


def _outcome(report: Report, kept: int) -> str:
    spent = duration_text(report.seconds)
    folder = folder_text(report.root)
    if report.ok:
        verified = size_text(report.bytes_total - report.range_bytes)
        line = texts.DONE(files=count_text(report.files_total, "file"), size=verified)
        if not report.received and not report.from_cache and not report.range_bytes:
            return texts.DONE_HERE(line=line, spent=spent)
        speed = speed_text(report.received / report.seconds) if report.seconds > 0 else ""
        ways = []
        if report.range_bytes:
            ways.append(texts.RANGES_HERE(size=size_text(report.range_bytes)))
        if report.from_cache:
            ways.append(texts.FROM_HUB_CACHE(from_cache=size_text(report.from_cache)))
        if saved := report.reused - report.from_cache:
            ways.append(texts.HERE(here=size_text(saved)))
        if report.received:
            ways += filter(None, (texts.FETCHED(size=size_text(report.received)), speed))
        return texts.VERIFIED_IN(line=line, spent=spent, ways=listed(ways))
    files = texts.FILES_OF(done=report.files_done, files=count_text(report.files_total, "file"))
    here = min(max(kept, report.bytes_done), report.bytes_total)
    size = texts.SIZE_OF(here=size_text(here), size=size_text(report.bytes_total))
    if report.interrupted_by is not None:
        return texts.INTERRUPTED(files=files, size=size, folder=folder)
    return texts.INCOMPLETE(files=files, size=size, folder=folder, spent=spent)


def _block(
    word: Text, message: str, kind: str, paths: list[str], url: str | None, hint: str
) -> str:
    place = "" if kind in _PLAIN else f" [{shown(kind, 40)}]"
    lines = [word(message=shown(message, _MESSAGE_LIMIT) + place)]
    lines += [texts.BLOCK_FILE(path=shown(path)) for path in paths[:_PATHS_PER_BLOCK]]
    if len(paths) > _PATHS_PER_BLOCK:
        lines.append(texts.BLOCK_MORE_FILES(more=len(paths) - _PATHS_PER_BLOCK))
    if url and (host := host_text(url)):
        lines.append(texts.BLOCK_HOST(host=host))
    if hint:
        lines.append(texts.BLOCK_NEXT(hint=shown(hint, _MESSAGE_LIMIT)))
    return "\n".join(map(translated, lines))
