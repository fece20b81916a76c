"""`python -m tests.fuzz [--inputs N] [--seed N]`: hostile input, counted, by a seed.

Each target is a property of the unit tests: whatever comes, nothing but the documented errors is
raised, nothing lies outside, nothing unsafe is believed. The same seed gives the same inputs:
`mark` is a checksum of them. The first input that breaks a property ends the run, shrunk.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

_PROFILE = "fuzz"


class _Folders:
    """What pytest's fixture of that name does, as far as properties need it."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def getbasetemp(self) -> Path:
        return self._base

    def mktemp(self, name: str) -> Path:
        folder = self._base / name
        folder.mkdir(exist_ok=True)
        return folder


@contextmanager
def _fixtures() -> Iterator[dict[str, Any]]:
    """The fixtures that properties ask for; unlike pytest's they live as long as the run."""
    from hfget.destinations import record_codec
    from tests.unit.hub.test_pages_hostile import parrot_server

    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-")))
        records = base / ".cache" / "huggingface"
        record_codec.prepare(records)
        yield {
            "tmp_path": base,
            "tmp_path_factory": _Folders(base),
            "records": records,
            "parrot": stack.enter_context(parrot_server()),
        }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args(arguments)
    number = secrets.randbits(32) if options.seed is None else options.seed
    # Before the properties are imported: they inherit from it.
    settings.register_profile(
        _PROFILE, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    settings.load_profile(_PROFILE)
    from tests.fuzz.run import run, shares
    from tests.fuzz.targets import TARGETS

    print(f"seed {number}", flush=True)
    total = refused = 0
    with _fixtures() as fixtures:
        for target, share in zip(TARGETS, shares(TARGETS, options.inputs), strict=True):
            count = run(target, share, number, fixtures)
            total, refused = total + count.inputs, refused + count.refused
            name = target.check.__name__.removeprefix("test_").replace("_", " ")
            print(
                f"{target.area:9} {count.inputs:6} inputs: {count.inputs - count.refused:6} "
                f"accepted, {count.refused:6} refused {count.seconds:6.1f} s  "
                f"mark {count.mark}  {name}",
                flush=True,
            )
    print(f"total     {total:6} inputs: {total - refused:6} accepted, {refused:6} refused")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
