"""What a repo is now, beside what it was in a lock file or a download (pure)."""

from __future__ import annotations

from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.model import FileChange, RepoChange
from hfget.system import count_text, size_text
from hfget.ui.sentences import shown

_MOST_FILES = 20
_SHORT_COMMIT = 7


def change_text(change: RepoChange) -> str:
    """A line for the repo, and one for each file of it that is another now."""
    if not change.before:
        return translated(_head(change))
    rows = [_row(file) for file in change.files[:_MOST_FILES]]
    if len(change.files) > _MOST_FILES:
        rows.append(texts.CHANGES_MORE(more=len(change.files) - _MOST_FILES))
    return "\n".join(map(translated, [_head(change), *rows]))


def _head(change: RepoChange) -> str:
    name = shown(str(change.ref))
    if change.folder != change.ref.name:
        name = texts.IN_FOLDER(name=name, folder=shown(change.folder))
    before, after = (shown(commit[:_SHORT_COMMIT]) for commit in (change.before, change.after))
    cost = texts.TO_FETCH(fetch=size_text(change.need)) if change.need else texts.NOTHING_TO_FETCH
    if not before:
        files = count_text(len(change.files), "file")
        size = size_text(change.total)
        return texts.LOCKED_AT(name=name, commit=after, files=files, size=size, cost=cost)
    if before == after and not change.files:
        return texts.UP_TO_DATE(name=name, commit=after)
    commits = after if before == after else f"{before} → {after}"
    if not change.files:
        return texts.SAME_FILES(name=name, commits=commits)
    files = count_text(len(change.files), "file")
    return texts.FILES_CHANGED(name=name, commits=commits, files=files, cost=cost)


def _row(file: FileChange) -> str:
    path = shown(file.path)
    if file.before is None:
        return texts.FILE_NEW(path=path, size=size_text(file.after or 0))
    if file.after is None:
        return texts.FILE_GONE(path=path, size=size_text(file.before))
    if file.before == file.after:
        return texts.FILE_CHANGED(path=path, size=size_text(file.after))
    sizes = f"{size_text(file.before)} → {size_text(file.after)}"
    return texts.FILE_CHANGED(path=path, size=sizes)
