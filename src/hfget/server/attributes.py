"""Which paths a `.gitattributes` file puts under LFS (gitattributes(5), `filter=lfs`), pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(.*)')


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    whole_path: bool
    lfs: bool


class LfsRules:
    """The `filter` attribute of a root `.gitattributes`; later lines win over earlier ones."""

    def __init__(self, text: str = "") -> None:
        self._rules = tuple(rule for line in text.splitlines() if (rule := _parse(line)))

    def matches(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        for rule in reversed(self._rules):
            if rule.pattern.fullmatch(path if rule.whole_path else name):
                return rule.lfs
        return False


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
    if lfs is None or not pattern or pattern.startswith("!") or pattern.endswith("/"):
        return None
    return _Rule(_regex(pattern.lstrip("/")), "/" in pattern, lfs)


def _regex(pattern: str) -> re.Pattern[str]:
    """A git wildmatch pattern as a regex: `*` stops at a slash, `**` as a segment does not."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        bracket = re.compile(r"\[[!^]?\]?[^\]]*\]").match(pattern, at)
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            out.append("(?:.*/)?")
            at += 3
        elif pattern[at:] == "**" and pattern[at - 1 : at] == "/":
            out.append(".*")
            at += 2
        elif pattern[at] == "*":
            out.append("[^/]*")
            at += 1
        elif pattern[at] == "?":
            out.append("[^/]")
            at += 1
        elif bracket:
            inner = bracket[0][1:-1].replace("\\", "\\\\").replace("[", "\\[")
            out.append("[" + re.sub(r"^[!^]", "^", inner) + "]")
            at = bracket.end()
        else:
            at += pattern[at] == "\\" and at + 1 < len(pattern)
            out.append(re.escape(pattern[at]))
            at += 1
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern))
