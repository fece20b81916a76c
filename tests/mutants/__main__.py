"""Do the tests see it if a module that safety rests on is changed?

`python -m tests.mutants [--sample N] [--seed N] [FILE…]` changes a copy of each module in N ways,
drawn by the seed, and runs its unit tests: a mutant is killed if one of them fails. With
`--checks` the checks of `tests.mutants.checks` are removed in turn instead.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence

from tests.mutants.change import difference
from tests.mutants.checks import remove_in_turn
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.modules import MODULES, Module
from tests.mutants.sandbox import End, Sandbox, sandbox

LEAST_KILLED = 0.95


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--checks", action="store_true", help="remove the checks in turn")
    parser.add_argument("--sample", type=int, default=30, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("files", nargs="*", help="modules, as partials/journal.py")
    options = parser.parse_args(arguments)
    modules = [module for module in MODULES if not options.files or module.file in options.files]
    with sandbox() as box:
        if options.checks:
            return remove_in_turn(box, options.files)
        results = [_try_module(box, module, options.sample, options.seed) for module in modules]
    killed, counted = (sum(column) for column in zip(*results, strict=True))
    rate = killed / counted if counted else 1.0
    print(f"seed {options.seed}: {killed} of {counted} mutants killed ({rate:.1%})")
    return 0 if rate >= LEAST_KILLED else 1


def _try_module(box: Sandbox, module: Module, sample: int, seed: int) -> tuple[int, int]:
    """How many mutants were killed, of how many that are not equivalent."""
    from tests.mutants.operators import mutants

    begun = time.monotonic()
    end, said = box.run(module.tests, 300)
    if end is not End.PASSED:
        raise RuntimeError(f"the tests of {module.file} fail without any change:\n{said}")
    bound = 20 + 3 * (time.monotonic() - begun)
    found = mutants(box.source(module.file), module.only)
    chosen = random.Random(f"{seed} {module.file}").sample(found, min(sample, len(found)))
    killed = equivalent = 0
    for mutant in sorted(chosen, key=lambda mutant: mutant.line):
        change = difference(box.source(module.file), mutant.text)
        if change is not None and (module.file, *change) in EQUIVALENT:
            equivalent += 1
            continue
        with box.changed(module.file, mutant.text):
            end, _ = box.run(module.tests, bound)
        killed += end is not End.PASSED
        if end is End.PASSED:
            print(f"  survived: {module.file}:{mutant.line} {mutant.operator}")
            print(f"    - {mutant.before}\n    + {mutant.after}", flush=True)
    counted = len(chosen) - equivalent
    print(
        f"{module.file}: {killed} of {counted} killed, {equivalent} equivalent "
        f"({len(found)} possible, {time.monotonic() - begun:.0f} s)",
        flush=True,
    )
    return killed, counted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
