"""What of a served folder may be seen.

Shown is what a download put there, and what is not hidden and readable by all. Never shown are
git's own folder, download records, and whatever huggingface_hub keeps in its home (HF_HOME:
tokens, logins) beside the cache.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from hfget.system import home_folder, hub_home, login_file

_GIT, _CACHE = ".git", (".cache", "huggingface")
#: Part of every repo on the Hub; says which files are under LFS, and nothing else.
_PLAIN = ".gitattributes"
_CACHED_REPO = ("models--", "datasets--", "spaces--")


def is_never_shown(parts: tuple[str, ...]) -> bool:
    """Whether a path runs through `.git` or `.cache/huggingface`, at any depth."""
    return _GIT in parts or (_CACHE[0] in parts and _CACHE in pairwise(parts))


def is_hidden(parts: tuple[str, ...]) -> bool:
    """Whether a part of a path begins with a dot."""
    dotted = [part for part in parts if part.startswith(".")]
    return bool(dotted) and (dotted != [_PLAIN] or parts[-1] != _PLAIN)


def is_text(name: str) -> bool:
    """Whether a name can be written in JSON and in a URL."""
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_closed_to_others(found: os.stat_result) -> bool:
    """Whether others on this machine may not read a file, or not enter a folder."""
    wanted = stat.S_IXOTH if stat.S_ISDIR(found.st_mode) else stat.S_IROTH
    return os.name != "nt" and not found.st_mode & wanted


def looks_like_home(names: Collection[str]) -> bool:
    """Whether a folder with these entries is a home of huggingface_hub, wherever it lies."""
    return "stored_tokens" in names or {"token", "hub"} <= set(names)


def is_cached_repo(name: str) -> bool:
    """Whether a Hub cache would name a repo's folder so: `models--org--name`."""
    return name.startswith(_CACHED_REPO)


def default_homes() -> tuple[Path, ...]:
    """The homes of huggingface_hub on this machine, and the files it keeps tokens in."""
    home, login = home_folder(), login_file(os.environ)
    places = [
        hub_home(os.environ),
        home and home / ".cache" / "huggingface",
        login,
        login and login.with_name("stored_tokens"),
    ]
    return tuple({Path(os.path.realpath(place)) for place in places if place})


@dataclass(frozen=True, slots=True)
class Visibility:
    """The rules for everything under `root`, which is resolved.

    With `everything`, hidden and private files are shown too. What lies in `homes` is not.
    """

    root: Path
    everything: bool = False
    homes: tuple[Path, ...] = field(default_factory=default_homes)

    def in_home(self, real: Path) -> bool:
        return any(real.is_relative_to(home) for home in self.homes)

    def is_restricted(self, parts: tuple[str, ...], found: os.stat_result) -> bool:
        """Whether only a download record makes the file or folder at `parts` visible."""
        return not self.everything and (is_hidden(parts) or is_closed_to_others(found))

    def allows(self, real: Path) -> bool:
        """Whether a link may lead to the resolved path `real`."""
        if not real.is_relative_to(self.root) or self.in_home(real):
            return False
        parts = real.relative_to(self.root).parts
        return not is_never_shown(parts) and (self.everything or not is_hidden(parts))
