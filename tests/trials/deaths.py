"""Section: signals, and limits that the system sets."""

from __future__ import annotations

import resource
import signal

from tests.hub.repos import MiB
from tests.trials.disk import ONE, limited
from tests.trials.folders import signalled
from tests.trials.scenario import MIXED, Scenario

_SIGNALS = ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129))


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
)
