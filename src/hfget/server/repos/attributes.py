"""Which paths a `.gitattributes` file puts under LFS (gitattributes(5), `filter=lfs`).

Patterns are pathspec's. The file may come from anywhere, and a pattern with many stars takes
time that grows with a power of their number: what is beyond any real use is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pathspec.patterns.gitignore.base import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

MOST_BYTES = 256 << 10
_MOST_RULES = 500
_MOST_PATTERN = 512
_MOST_STARS = 2
_MOST_DOUBLE_STARS = 2
_MOST_PATH = 1024
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(.*)')


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    lfs: bool

    def matches(self, path: str) -> bool:
        # unlike in .gitignore, a pattern that fits a folder says nothing of what is in it
        found = self.pattern.match(path)
        return found is not None and found.groupdict().get("ps_d") is None


class LfsRules:
    """The `filter` attribute of a root `.gitattributes`; later lines win over earlier ones."""

    def __init__(self, text: str = "") -> None:
        rules = [rule for line in text.splitlines() if (rule := _parse(line))]
        self._rules = tuple(reversed(rules[-_MOST_RULES:]))

    def matches(self, path: str) -> bool:
        if len(path) > _MOST_PATH:
            return False
        return next((rule.lfs for rule in self._rules if rule.matches(path)), False)


def _parse(line: str) -> _Rule | None:
    line = line.strip()
    if not line or line.startswith("#"):
        return None
    if quoted := _QUOTED.match(line):
        pattern, attributes = re.sub(r"\\(.)", r"\1", quoted[1]), quoted[2].split()
    else:
        pattern, *attributes = line.split()
    lfs: bool | None = None
    for attribute in attributes:
        if attribute.lstrip("-!").partition("=")[0] == "filter":
            lfs = attribute == "filter=lfs"
    if lfs is None or not _is_sensible(pattern):
        return None
    try:
        regex, _ = GitIgnoreSpecPattern.pattern_to_regex(pattern)
    except (GitIgnorePatternError, ValueError):
        return None
    return None if regex is None else _Rule(re.compile(regex, re.DOTALL), lfs)


def _is_sensible(pattern: str) -> bool:
    # a negative pattern is forbidden, one that ends in a slash matches no file
    if not pattern or pattern[0] in "!#" or pattern.endswith("/") or len(pattern) > _MOST_PATTERN:
        return False
    segments = pattern.split("/")
    return segments.count("**") <= _MOST_DOUBLE_STARS and all(
        segment.count("*") <= _MOST_STARS for segment in segments
    )
