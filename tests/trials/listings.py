"""Section: the listing lies, or is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hub import Fault, effects
from tests.hub.repos import KiB
from tests.trials.scenario import Scenario, everywhere

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
        ("row 21", "lies: listing says size A, CDN B"),
        "b.bin listed with 10 bytes more",
        codes=(6,),
        faults=(
            everywhere(edited("b.bin", size=300 * KiB + 10, lfs_size=300 * KiB + 10), path=LISTING),
        ),
        lost=("b.bin",),
    ),
    Scenario(
        "a smaller size than the CDN's",
        ("row 21", "lies: listing says size A, CDN B"),
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
