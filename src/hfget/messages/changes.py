"""What a repo is now, beside what it was in a lock file or a download (pure)."""

from __future__ import annotations

from hfget.messages.sentences import shown
from hfget.model import FileChange, RepoChange
from hfget.system import count_text, size_text

_MOST_FILES = 20
_SHORT_COMMIT = 7


def change_text(change: RepoChange) -> str:
    """A line for the repo, and one for each file of it that is another now."""
    if not change.before:
        return _head(change)
    rows = [_row(file) for file in change.files[:_MOST_FILES]]
    if len(change.files) > _MOST_FILES:
        rows.append(f"  and {len(change.files) - _MOST_FILES} more; --json lists all of them")
    return "\n".join([_head(change), *rows])


def _head(change: RepoChange) -> str:
    name = shown(str(change.ref))
    if change.folder != change.ref.name:
        name += f" in {shown(change.folder)}"
    before, after = (shown(commit[:_SHORT_COMMIT]) for commit in (change.before, change.after))
    cost = f"{size_text(change.need)} to fetch" if change.need else "nothing to fetch"
    if not before:
        files = count_text(len(change.files), "file")
        return f"{name}: locked at {after}, {files}, {size_text(change.total)}, {cost}"
    if before == after and not change.files:
        return f"{name}: {after} is up to date"
    commits = after if before == after else f"{before} → {after}"
    if not change.files:
        return f"{name}: {commits}, the files are the same"
    return f"{name}: {commits}, {count_text(len(change.files), 'file')} changed, {cost}"


def _row(file: FileChange) -> str:
    path = shown(file.path)
    if file.before is None:
        return f"  new      {path}, {size_text(file.after or 0)}"
    if file.after is None:
        return f"  gone     {path}, {size_text(file.before)}"
    if file.before == file.after:
        return f"  changed  {path}, {size_text(file.after)}"
    return f"  changed  {path}, {size_text(file.before)} → {size_text(file.after)}"
