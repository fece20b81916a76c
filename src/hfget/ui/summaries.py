"""Results on stdout: the listing of `ls`, the table of a dry run, the verdicts of `verify`.

On a terminal they are columns for people; on a pipe tab-separated fields, one file a line,
sizes in bytes.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TextIO

from hfget.errors import HfgetError
from hfget.messages import joined, translated
from hfget.messages import ui_texts as texts
from hfget.model import Plan, RepoChange, Snapshot
from hfget.selection import Group, groups_of, loaders_of
from hfget.system import cells, free_bytes, last_speed, padded, size_text
from hfget.ui.changes import change_text
from hfget.ui.choosing import can_ask, choose
from hfget.ui.figures import eta_text, speed_text
from hfget.ui.output import Sink, write_at_once
from hfget.ui.sentences import (
    count_text,
    error_text,
    files_line,
    header_line,
    plan_line,
    shown,
    state_text,
)
from hfget.ui.tables import Records, Table, field_lines, table_lines, table_rows, wrapped
from hfget.ui.tree_rows import tree_lines
from hfget.ui.verdicts import Verdict, all_well, verdict_state

_WHOLE_PATH = 1 << 20


class Summaries:
    """The part that all displays for people share."""

    def __init__(self, results: TextIO | None = None) -> None:
        self._results = Sink(results or sys.stdout)

    def can_ask(self) -> bool:
        return can_ask()

    def choose(self, question: str, rows: Sequence[Sequence[str]]) -> int | None:
        return choose(question, rows)

    def ask(self, question: str) -> bool:
        """Whether a user sits at a terminal and says yes."""
        if not can_ask():
            return False
        print(
            translated(texts.QUESTION(question=shown(question))),
            end="",
            file=sys.stderr,
            flush=True,
        )
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def dry_run(self, plan: Plan) -> None:
        """Size, state and path of every planned file, then the sum."""
        items = plan.items
        if self._results.is_terminal:
            rows = [(size_text(i.size), state_text(i), i.file.path) for i in items]
            gone = translated(texts.TO_DELETE)
            rows += [(size_text(one.size), gone, one.path) for one in plan.removals]
            self._write([*_columns(rows), plan_line(plan), *_decision_lines(plan)])
        else:
            self._write(_fields(str(i.size), i.state.name.lower(), i.file.path) for i in items)
            self._write(_fields(str(gone.size), "obsolete", gone.path) for gone in plan.removals)

    def listing(self, snapshot: Snapshot, *, tree: bool = False) -> None:
        """Size, `lfs` or `git`, and path of every file; on a terminal also sum and groups."""
        files = snapshot.files
        if self._results.is_terminal:
            rows = [(size_text(f.size), "lfs" if f.is_lfs else "", f.path) for f in files]
            sum_line = files_line(len(files), sum(file.size for file in files))
            body = tree_lines(files) if tree else _columns(rows)
            width = shutil.get_terminal_size().columns
            head = wrapped(header_line(snapshot), width)
            self._write([*head, *body, sum_line, *_group_lines(snapshot, width)])
        elif tree:
            self._write(tree_lines(files))
        else:
            self._write(_fields(str(f.size), "lfs" if f.is_lfs else "git", f.path) for f in files)

    def changed(self, change: RepoChange) -> None:
        self._write([change_text(change)])

    def verified(self, verdicts: Sequence[Verdict], summary: str) -> None:
        """On a terminal what is not as it should be, on a pipe every file.

        The summary is a message, left to the error where something is wrong.
        """
        if self._results.is_terminal:
            odd = [
                (verdict_state(state), detail, path)
                for path, state, detail in verdicts
                if state != "ok"
            ]
            self._write(_columns(odd, right=False))
        else:
            self._write(_fields(state, path, detail) for path, state, detail in verdicts)
        if all_well(verdicts):
            self._tell(translated(texts.VERIFIED(summary=shown(summary))))

    def result(self, table: Table, lines: Sequence[str], records: Records) -> None:
        """The table and what is said of it; on a pipe the fields of its rows, where it has any."""
        if table.fields is not None and not self._results.is_terminal:
            self._write(field_lines(table))
            return
        width = shutil.get_terminal_size().columns if self._results.is_terminal else None
        below = [part for line in lines for part in wrapped(shown(line, _WHOLE_PATH), width)]
        self._write([*table_lines(table, width), *below])

    def abandon(self, error: HfgetError) -> None:
        """Say why, without waiting for anything."""
        write_at_once(f"{error_text(error)}\n")

    def _tell(self, text: str) -> None:
        """Say `text` among the messages."""

    def _write(self, lines: Iterable[str]) -> None:
        if text := "\n".join(lines):
            self._results.line(text)


def _group_lines(snapshot: Snapshot, width: int) -> list[str]:
    """The groups and how one is chosen, where there is more than one; what loads them if that
    fits `width`.
    """
    found = groups_of(snapshot)
    if len(found) < 2:
        return []
    rows = [
        (
            size_text(g.size),
            translated(count_text(len(g.files), "file")),
            _group_text(g),
            loaders_of(g.kind),
        )
        for g in found
    ]
    lines = table_rows(rows, right=frozenset({0}))
    if max(map(cells, lines)) > width:
        lines = table_rows([row[:-1] for row in rows], right=frozenset({0}))
    hint = _choice_line(found)
    return ["", *lines, *(wrapped(hint, width) if hint else [])]


def _decision_lines(plan: Plan) -> list[str]:
    """What helps to decide: groups with what is here of them, room on the disk, and the time."""
    lines = []
    need = {item.file.path: item.need for item in plan.items}
    found = groups_of(replace(plan.snapshot, files=tuple(item.file for item in plan.items)))
    if len(found) > 1:
        head = (texts.HEAD_WEIGHTS, texts.HEAD_FILES, texts.HEAD_SIZE, texts.HEAD_HERE)
        rows = []
        for group in found:
            missing = sum(need[file.path] for file in group.files)
            files, here = str(len(group.files)), size_text(group.size - missing)
            cost = size_text(missing) if missing else "-"
            sizes = (files, size_text(group.size), here, cost)
            rows.append((_group_text(group), *sizes, loaders_of(group.kind)))
        names = [translated(name) for name in (*head, texts.HEAD_TO_FETCH, texts.HEAD_LOADED_BY)]
        width = shutil.get_terminal_size().columns
        table = Table(names, rows, frozenset({1, 2, 3, 4}))
        hint = _choice_line(found)
        lines += ["", *table_lines(table, width), *(wrapped(hint, width) if hint else [])]
    free, speed = free_bytes(plan.root), last_speed()
    if free is not None:
        lines.append(translated(texts.FREE_SPACE(size=size_text(free))))
    if speed and plan.need_bytes:
        left = eta_text(plan.need_bytes / speed)
        lines.append(translated(texts.TIME_AT_LAST_SPEED(time=left, speed=speed_text(speed))))
    return lines


def _fields(*fields: str) -> str:
    return "\t".join(shown(field, _WHOLE_PATH) for field in fields)


def _columns(rows: Sequence[tuple[str, str, str]], *, right: bool = True) -> list[str]:
    """Two aligned columns and the path, which is last because its width is not known."""
    first = max((cells(row[0]) for row in rows), default=0)
    middle = [shown(row[1], 120) for row in rows]
    second = max(map(cells, middle), default=0)
    lines = []
    for (head, _, path), text in zip(rows, middle, strict=True):
        begin = padded(head, first, right=right)
        gap = f"{padded(text, second)}  " if second else ""
        lines.append(f"  {begin}  {gap}{shown(path, _WHOLE_PATH)}")
    return lines


def _group_text(group: Group) -> str:
    """`safetensors`, `gguf Q4_K_M`, `all else`."""
    return shown(group.name) if group.is_weights else translated(texts.ALL_ELSE)


def _choice_line(groups: Sequence[Group]) -> str:
    """How one of the groups is chosen, empty where nothing is to choose."""
    kinds = list(dict.fromkeys(group.kind for group in groups if group.is_weights))
    quants = [group.quant for group in groups if group.quant]
    ways = [f"--weights {kinds[0]}"] if len(kinds) > 1 else []
    ways += [f"--quant {shown(quants[0])}"] if len(quants) > 1 else []
    if not ways:
        return ""
    return translated(texts.CHOICE(ways=joined([*ways, "--pick"], texts.OR)))
