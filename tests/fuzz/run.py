"""Runs properties of hypothesis over and over, on inputs that a seed decides, and counts them."""

from __future__ import annotations

import inspect
import random
import time
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from hypothesis import seed, settings

from tests.fuzz.targets import Target
from tests.support.verdicts import Tally

#: Where hypothesis keeps the settings of a property: it takes no others once there are some.
_SETTINGS = "_hypothesis_internal_use_settings"


class Count(NamedTuple):
    """What a target was given: how many inputs, in how many seconds; `mark` tells which."""

    inputs: int
    refused: int
    seconds: float
    mark: str


def shares(targets: tuple[Target, ...], inputs: int) -> list[int]:
    """The number of inputs of each target: by weight, together at least `inputs`."""
    whole = sum(target.weight for target in targets)
    return [max(1, -int(-inputs * target.weight // whole)) for target in targets]


def run(target: Target, inputs: int, number: int, fixtures: Mapping[str, Any]) -> Count:
    """Check a target's property on so many inputs. Raises what the property raises."""
    check, name = target.check, target.check.__name__
    original = check.hypothesis.inner_test
    wanted = {key: fixtures[key] for key in inspect.signature(check).parameters}
    seeds = random.Random(f"{number} {name}")
    known: settings = getattr(check, _SETTINGS)
    given = seen = 0

    def counted(*args: Any, **kwargs: Any) -> None:
        nonlocal given, seen
        if given >= inputs:
            return
        given += 1
        drawn = {key: value for key, value in kwargs.items() if key not in wanted}
        text = repr((args, sorted(drawn.items())))
        seen = zlib.crc32(text.encode("utf-8", "backslashreplace"), seen)
        original(*args, **kwargs)

    begun, before = time.monotonic(), Tally.refused
    check.hypothesis.inner_test = counted
    try:
        while given < inputs:
            # More than are wanted would be made, only to be thrown away.
            few = min(known.max_examples, inputs - given)
            setattr(check, _SETTINGS, settings(known, max_examples=few))
            seed(seeds.getrandbits(64))(check)(**wanted)
    finally:
        check.hypothesis.inner_test = original
        setattr(check, _SETTINGS, known)
    seconds = time.monotonic() - begun
    return Count(given, Tally.refused - before, seconds, f"{seen:08x}")
