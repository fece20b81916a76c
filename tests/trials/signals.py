"""Section: signals, and limits that the system sets."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable

from tests.hub.repos import MiB
from tests.trials.disk import ONE, limited, shim
from tests.trials.resumption import signalled
from tests.trials.scenario import MIXED, Scenario
from tests.trials.trial import Trial

_YEAR = 365 * 24 * 3600

_SIGNALS = ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129))


def _killed_with_a_clock(ahead: int) -> Callable[[Trial], None]:
    """Killed while the wall clock is so many seconds ahead, then gone on with while it is right."""

    def drive(trial: Trial) -> None:
        shim(f"clock::1:{ahead}:0")(trial)
        trial.run(act=signalled(signal.SIGKILL))
        trial.run(env={"SHIM": ""})

    return drive


SCENARIOS = (
    *(
        Scenario(
            f"signal {number.name}",
            ("row 36", "death: SIGTERM, SIGINT, SIGHUP"),
            f"{number.name} amid the download",
            codes=(code,),
            files=MIXED,
            hub={"rate_total": 12 * MiB},
            lost=None,
            act=signalled(number),
            says=("org/m",),
            most_again=1.5,
        )
        for number, code in _SIGNALS
    ),
    Scenario(
        "two interrupts",
        ("row 36",),
        "SIGINT twice at once",
        codes=(130,),
        files=MIXED,
        hub={"rate_total": 12 * MiB},
        lost=None,
        act=signalled(signal.SIGINT, 2),
        most_again=1.8,
    ),
    Scenario(
        "killed",
        ("row 33", "death: kill -9"),
        "SIGKILL amid the download",
        codes=(-9,),
        files=MIXED,
        hub={"rate_total": 12 * MiB},
        lost=None,
        act=signalled(signal.SIGKILL),
        most_again=1.6,
    ),
    *(
        Scenario(
            f"few {name}",
            ("row 38",),
            f"ulimit: {value} {name}",
            codes=codes,
            files={**ONE, **{f"s/{n}.txt": f"{n}" for n in range(40)}},
            lost=None,
            drive=limited(which, value),
        )
        for name, which, value, codes in (
            ("descriptors", resource.RLIMIT_NOFILE, 32, (0,)),
            ("descriptors, too few", resource.RLIMIT_NOFILE, 12, (0, 7)),
            ("bytes of memory", resource.RLIMIT_AS, 420 * MiB, (0, 7)),
        )
    ),
    *(
        Scenario(
            f"few threads, {count}",
            ("row 38",),
            f"EAGAIN from pthread_create after {count}",
            codes=(0, 7),
            files=MIXED,
            lost=None,
            prepare=shim(f"thread::{count + 1}:11:0"),
            needs=("gcc",),
        )
        for count in (1, 3, 6)
    ),
    *(
        Scenario(
            f"the clock jumps {word} amid the download",
            ("death: machine clock jumps",),
            f"the wall clock is {seconds} s ahead from the tenth time on that it is asked",
            files={**MIXED, **{f"s/{n}.txt": f"{n}" for n in range(20)}},
            prepare=shim(f"clock::10:{seconds}:0"),
            most=1.1,
            most_again=1.1,
            needs=("gcc",),
        )
        for word, seconds in (("a year ahead", _YEAR), ("a year back", -_YEAR))
    ),
    *(
        Scenario(
            f"killed while the clock is {word}, then it is right",
            ("death: machine clock jumps", "death: kill -9"),
            f"SIGKILL while the wall clock is {seconds} s ahead",
            files=MIXED,
            hub={"rate_total": 12 * MiB},
            drive=_killed_with_a_clock(seconds),
            most=1.6,
            seconds=90,
            needs=("gcc",),
        )
        for word, seconds in (("a year ahead", _YEAR), ("a year back", -_YEAR))
    ),
)
