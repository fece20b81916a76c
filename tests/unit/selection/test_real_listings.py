"""The choice of files on listings of real repos, as data: `listings/*.json`.

A listing has `files` (path → bytes) and `cases`: `args` as on the command line, or a reference in
`ref`; `all` and `none` are globs of what must and must not be chosen, `once` globs of which each
matches one file, `says` and `says_not` words that are told (alternatives by `|`), `why` the
program that loads it.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from hfget.errors import UsageError
from hfget.model import RemoteFile
from hfget.operations.from_options import selection_of
from hfget.options.download import DownloadOptions
from hfget.reference import parse
from hfget.selection.patterns import select, selection_remarks

LISTINGS = [
    json.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parents[2] / "support" / "listings").glob("*.json"))
]
CASES = [
    pytest.param(
        listing, case, id=f"{listing['id']}: {case.get('ref', '')} {' '.join(case['args'])}"
    )
    for listing in LISTINGS
    for case in listing["cases"]
]


def options_of(args: list[str]) -> DownloadOptions:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("files", nargs="*")
    for name in ("--include", "--exclude", "--weights", "--quant"):
        parser.add_argument(name, action="append", default=[])
    parser.add_argument("--revision")
    parser.add_argument("--safe-only", action="store_true")
    parser.add_argument("--all-variants", action="store_true")
    return DownloadOptions(**vars(parser.parse_intermixed_args(args)))


def outcome(listing: dict[str, Any], case: dict[str, Any]) -> tuple[list[str], str, int]:
    """The paths that are chosen, what is told, the exit code."""
    files = listing.get("revisions", {}).get(case.get("revision"), listing["files"])
    tree = [RemoteFile(path, size, "0" * 40) for path, size in sorted(files.items())]
    ref = parse(case.get("ref") or listing["id"])
    if len(ref.trail) > 1:
        ref = parse(listing["id"])
        case = {**case, "args": [*case["args"], "/".join(parse(case["ref"]).trail[1:])]}
    selection = selection_of(options_of(case["args"]), ref)
    try:
        chosen = select(tree, selection)
        told = selection_remarks(tree, selection)
    except UsageError as error:
        return [], f"{error.message}; {error.hint}", error.exit_code
    return [file.path for file in chosen], "\n".join(told), 0


@pytest.mark.parametrize(("listing", "case"), CASES)
def test_what_must_come_comes(listing: dict[str, Any], case: dict[str, Any]) -> None:
    chosen, told, code = outcome(listing, case)
    files = listing.get("revisions", {}).get(case.get("revision"), listing["files"])
    assert code == case.get("exit", 0), told
    for glob in case.get("all", ()):
        meant = {path for path in files if fnmatchcase(path, glob)}
        assert meant
        assert not meant - set(chosen), glob
    for glob in case.get("none", ()):
        assert not [path for path in chosen if fnmatchcase(path, glob)], glob
    for glob in case.get("once", ()):
        assert len([path for path in chosen if fnmatchcase(path, glob)]) == 1, glob
    if "max_bytes" in case:
        assert sum(files[path] for path in chosen) <= case["max_bytes"]
    for words in case.get("says", ()):
        assert any(word in told for word in words.split("|")), told
    for words in case.get("says_not", ()):
        assert words not in told
