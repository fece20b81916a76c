"""The choice of weights on listings of many families: exactly what is left out.

`listing_families.json` has `files` as lines of paths with a size at the end (1 kB without one),
where `{a,b}` and `{1..3}` stand for each of them, and `cases`: `args` as on the command line,
`out` globs of what is left out (all else comes), `says` words that are told (alternatives by `|`),
`says_not` words that are not, `exit` the code of a refusal, `why` a reason that is not plain.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.unit.selection.test_real_listings import outcome

FAMILIES = json.loads(
    (Path(__file__).parents[2] / "support" / "listing_families.json").read_text("utf-8")
)
PREFIXES = {"dataset": "datasets/", "space": "spaces/"}
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def expanded(text: str) -> list[str]:
    """`a{b,c}{1..2}` → `ab1`, `ab2`, `ac1`, `ac2`."""
    found = re.search(r"\{([^{}]*)\}", text)
    if found is None:
        return [text]
    if numbers := re.fullmatch(r"(\d+)\.\.(\d+)", found[1]):
        words = [str(n) for n in range(int(numbers[1]), int(numbers[2]) + 1)]
    else:
        words = found[1].split(",")
    return [
        path
        for word in words
        for path in expanded(text[: found.start()] + word + text[found.end() :])
    ]


def files_in(lines: list[str]) -> dict[str, int]:
    files: dict[str, int] = {}
    for line in lines:
        *paths, last = line.split()
        sized = re.fullmatch(r"([\d.]+)([kMG]?)", last)
        size = int(float(sized[1]) * UNITS[sized[2]]) if sized else 1_000
        for word in paths if sized else [*paths, last]:
            files.update(dict.fromkeys(expanded(word), size))
    return files


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family["id"])
def test_all_comes_but_what_a_loader_does_not_take(family: dict[str, Any]) -> None:
    files = files_in(family["files"])
    listing = {"id": PREFIXES.get(family.get("type", ""), "") + family["id"], "files": files}
    for case in family["cases"]:
        chosen, told, code = outcome(listing, {**case, "args": case["args"].split()})
        assert code == case.get("exit", 0), (case, told)
        globs = case.get("out", "").split()
        left = {path for path in files if any(fnmatchcase(path, glob) for glob in globs)}
        assert all(any(fnmatchcase(path, glob) for path in files) for glob in globs), case
        if not code:
            assert set(files) - set(chosen) == left, case
        assert not [words for words in case.get("says_not", ()) if words in told], (case, told)
        for words in case.get("says", ()):
            assert any(word in told for word in words.split("|")), (case, told)
