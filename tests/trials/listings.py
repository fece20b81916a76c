"""Section: the listing lies, or is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hub import Fault, effects
from tests.hub.repos import KiB
from tests.trials.scenario import Files, Scenario, everywhere
from tests.trials.trial import Trial

LISTING = "*/tree/*"


def edited(path: str, **changes: Any) -> effects.EditJson:
    """The listing's entry of `path` with `changes`; a value None removes the field."""

    def edit(page: Any) -> Any:
        for entry in page:
            if entry.get("path") == path:
                for name, value in changes.items():
                    if name.startswith("lfs_"):
                        entry["lfs"][name[4:]] = value
                    elif value is None:
                        entry.pop(name, None)
                    else:
                        entry[name] = value
        return page

    return effects.EditJson(edit)


def upper(page: Any) -> Any:
    for entry in page:
        entry["oid"] = str(entry.get("oid", "")).upper()
        if "lfs" in entry:
            entry["lfs"]["oid"] = entry["lfs"]["oid"].upper()
    return page


def pages(edit: Callable[[Any], Any]) -> Fault:
    return everywhere(effects.EditJson(edit), path=LISTING)


def without_siblings(info: Any) -> Any:
    return {name: value for name, value in info.items() if name != "siblings"}


def with_a_ghost(info: Any) -> Any:
    return {**info, "siblings": [*info["siblings"], {"rfilename": "ghost.bin"}]}


NESTED: Files = {"w.bin": 300 * KiB, "c.json": "{}", "sub/r.md": "hello\n", "sub/x/y.bin": 3 * KiB}
INFO = "/api/models/org/m"
NO_SIBLINGS = everywhere(effects.EditJson(without_siblings), path=INFO)
NO_SIZE = everywhere(effects.NoRoute(), path="*/treesize/*")
NO_PATHS = everywhere(effects.NoRoute(405), path="*/paths-info/*")
NO_TREE = everywhere(effects.NoRoute(), path=LISTING)
NO_QUERY = everywhere(effects.NoRoute(400, lambda head: bool(head.query)), path=LISTING)
DROPPED_LINK = everywhere(effects.Headers(strip=("Link",)), path=LISTING)
DROPPED_QUERY = everywhere(effects.Target(lambda target: target.partition("?")[0]), path=LISTING)
EMPTY = pages(lambda page: [])
BLOBS = pages(lambda page: [{**entry, "type": "blob"} for entry in page])
CUT, KIND, TWO, ODD, OTHER, ROUTE = (
    "corruption: a listing without its query or its Link",
    "corruption: a listing that is empty or of unknown kind",
    "corruption: pages of two commits",
    "corruption: hashes that contradict each other",
    "corruption: a listing that another endpoint gives otherwise",
    "corruption: an endpoint without a route or a parameter",
)


def _mended(name: str, line: str, *faults: Fault, says: tuple[str, ...] = ()) -> Scenario:
    hub = {"page_size": 2} if DROPPED_LINK in faults else {}
    return Scenario(name, (line,), name, files=NESTED, faults=faults, hub=hub, says=says)


def _not_whole(name: str, line: str, *faults: Fault, says: str) -> Scenario:
    """Nothing is fetched of what may not be all."""
    return Scenario(
        name,
        (line,),
        name,
        codes=(5,),
        files=NESTED,
        faults=faults,
        lost=tuple(NESTED),
        says=(says,),
    )


def _listed_elsewhere(trial: Trial) -> None:
    """An earlier run had the listing from a mirror that gives one file another hash."""
    lie = Fault(edited("w.bin", lfs_oid="a" * 64), origin="foreign", path=LISTING, times=1)
    trial.add_fault(lie)
    first = trial.run(trial.scenario.repo, "c.json", "--endpoint", trial.hub.foreign)
    assert first.result.code == 0, first.result.err


def _bad_entry(name: str, **changes: Any) -> Scenario:
    return Scenario(
        f"{name}",
        ("row 21",),
        f"b.bin listed with {changes}",
        codes=(6,),
        faults=(everywhere(edited("b.bin", **changes), path=LISTING),),
        lost=("b.bin",),
        names_host=False,
        says=("cannot be verified",),
    )


SCENARIOS = (
    _bad_entry("a negative size", size=-5, lfs_size=-5),
    _bad_entry("a fraction as size", size=1.5, lfs_size=1.5),
    _bad_entry("a size of 2^63", size=1 << 63, lfs_size=1 << 63),
    _bad_entry("no size", size=None, lfs_size=None),
    _bad_entry("a text as size", size="12", lfs_size="12"),
    _bad_entry("true as size", size=True, lfs_size=True),
    Scenario(
        "another size than the CDN's",
        ("row 21", "corruption: listing says size A, CDN B"),
        "b.bin listed with 10 bytes more",
        codes=(6,),
        faults=(
            everywhere(edited("b.bin", size=300 * KiB + 10, lfs_size=300 * KiB + 10), path=LISTING),
        ),
        lost=("b.bin",),
    ),
    Scenario(
        "a smaller size than the CDN's",
        ("row 21", "corruption: listing says size A, CDN B"),
        "b.bin listed with 10 bytes less",
        codes=(6,),
        faults=(
            everywhere(edited("b.bin", size=300 * KiB - 10, lfs_size=300 * KiB - 10), path=LISTING),
        ),
        lost=("b.bin",),
    ),
    Scenario(
        "hashes in upper case",
        ("row 22",),
        "every hash in upper case",
        faults=(pages(upper),),
    ),
    *(
        Scenario(
            f"hash {name}",
            ("row 22",),
            f"b.bin listed with the hash {value!r}",
            codes=(6,),
            faults=(everywhere(edited("b.bin", lfs_oid=value), path=LISTING),),
            lost=("b.bin",),
            says=("no usable hash",),
            names_host=False,
        )
        for name, value in (
            ("too short", "abc"),
            ("too long", "a" * 65),
            ("no hex", "g" * 64),
            ("null", None),
            ("a number", 5),
            ("empty", ""),
        )
    ),
    Scenario(
        "another right hash",
        ("row 14", "row 22"),
        "b.bin listed with the hash of something else",
        codes=(6,),
        faults=(everywhere(edited("b.bin", lfs_oid="a" * 64), path=LISTING),),
        lost=("b.bin",),
    ),
    Scenario(
        "a hash that contradicts the git id",
        (ODD,),
        "b.bin listed with the hash of something else",
        codes=(6,),
        faults=(everywhere(edited("b.bin", lfs_oid="a" * 64), path=LISTING),),
        lost=("b.bin",),
        says=("1 LFS file", "does not fit the git id"),
    ),
    _mended("the query is dropped", CUT, DROPPED_QUERY),
    _mended("the query is dropped, no siblings", CUT, DROPPED_QUERY, NO_SIBLINGS, NO_SIZE),
    _mended("Link is dropped", CUT, DROPPED_LINK),
    _mended("Link is dropped, no paths-info", CUT, DROPPED_LINK, NO_PATHS),
    _not_whole(
        "a file that only the info names",
        CUT,
        everywhere(effects.EditJson(with_a_ghost), path=INFO),
        says="ghost.bin",
    ),
    _mended("an empty tree", KIND, EMPTY),
    _mended("entries that are called blobs", KIND, BLOBS),
    _not_whole("an empty tree, no siblings", KIND, EMPTY, NO_SIBLINGS, says="0 of the"),
    _not_whole(
        "entries that are called blobs, no siblings",
        KIND,
        *(BLOBS, NO_SIBLINGS, NO_SIZE),
        says="no known kind",
    ),
    _mended("no route for the tree", ROUTE, NO_TREE, says=("has no route that lists a repo",)),
    _mended("no route for tree and paths-info", ROUTE, NO_TREE, NO_PATHS),
    _mended("a query that is refused", ROUTE, NO_QUERY, says=("recursive=true (HTTP 400)",)),
    _not_whole(
        "no route for the tree, no siblings",
        ROUTE,
        *(NO_TREE, NO_SIBLINGS),
        says="has no route that lists a repo",
    ),
    Scenario(
        "a page of another commit, once",
        (TWO,),
        "X-Repo-Commit of one page names another commit",
        files=NESTED,
        hub={"page_size": 2},
        faults=(
            Fault(effects.Headers(put={"X-Repo-Commit": "d" * 40}), path=LISTING, times=1, skip=1),
        ),
    ),
    _not_whole(
        "pages of another commit, always",
        TWO,
        everywhere(effects.Headers(put={"X-Repo-Commit": "d" * 40}), path=LISTING),
        says="answers for commit dddddddddddd",
    ),
    Scenario(
        "two endpoints differ",
        (OTHER,),
        "an earlier run had another hash of w.bin from a mirror",
        codes=(8,),
        files=NESTED,
        prepare=_listed_elsewhere,
        lost=None,
        says=("differently", "--force"),
        again_arguments=("--force",),
    ),
    Scenario(
        "garbage instead of JSON",
        ("row 24",),
        "the listing is no JSON, twice",
        faults=(
            Fault(
                effects.Status(200, {"Content-Type": "application/json"}, b"{not json"),
                path=LISTING,
                times=2,
            ),
        ),
    ),
)
