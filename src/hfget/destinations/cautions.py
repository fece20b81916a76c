"""Where a download may do harm though no byte leaves its folder: names and places.

Names are not refused: a repo may have good reasons for them, and they lie below the folder that
was asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hfget.destinations.local_dir.other_downloaders import is_pointer
from hfget.destinations.safe_paths import quoted, warnings_for, with_rest
from hfget.messages import destination_texts as texts
from hfget.messages import joined
from hfget.model import RemoteFile
from hfget.system import lazy_pattern

_NAMED = 3

#: What shells, Python, ssh and editors read where it lies in the right folder.
_ACTED_ON = lazy_pattern(
    r"(?i)(?:.*/)?(?:"
    r"\.env(?:\.[^/]*)?|\.envrc|(?:site|user)customize\.py|"
    r"\.(?:bash(?:rc|_profile|_login|_logout)|profile|zshrc|zshenv|zprofile|zlogin)|"
    r"\.(?:gitconfig|netrc|npmrc|pypirc|vimrc)|"
    r"\.(?:ssh|vscode|idea)/.+)",
    re.DOTALL,
)


def risky_names(files: Iterable[RemoteFile]) -> list[str]:
    """Up to two lines on files that Windows cannot have, and that other programs act on."""
    files = list(files)
    lines = []
    if odd := warnings_for((file.path for file in files), most=_NAMED):
        lines.append(texts.NOT_EVERYWHERE(names=joined(odd, "; ")))
    if found := [file.path for file in files if _is_acted_on(file)]:
        names = with_rest([quoted(path) for path in found[:_NAMED]], len(found))
        lines.append(texts.ACTED_ON(names=joined(names)))
    return lines


def risky_place(folder: Path, files: Iterable[RemoteFile] = ()) -> str:
    """What `folder` is, if no one is likely to want `files` right in it; else empty.

    A work tree with a pointer to one of them is a clone that waits for them.
    """
    if os.path.lexists(folder / ".git"):
        return "" if any(_is_pointed_to(folder, file) for file in files) else texts.GIT_ROOT
    home = os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111
    return texts.HOME if os.path.realpath(folder) == home else ""


def _is_pointed_to(folder: Path, file: RemoteFile) -> bool:
    target = os.path.join(folder, file.path)
    with suppress(OSError):
        return file.is_lfs and is_pointer(target, os.lstat(target).st_size, file)
    return False


def _is_acted_on(file: RemoteFile) -> bool:
    """A small `.pth` may be lines that Python runs; a large one is weights."""
    if file.path.endswith(".pth"):
        return not file.is_lfs
    return _ACTED_ON.fullmatch(file.path) is not None
