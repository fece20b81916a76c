"""Section: right bytes under wrong labels, and answers that are odd for a while."""

from __future__ import annotations

from tests.hub import Fault, effects
from tests.hub.repos import MiB
from tests.trials.scenario import MIXED, Scenario, everywhere

_LABELS = {
    "text/html": {"Content-Type": "text/html; charset=utf-8"},
    "aws-chunked": {"Content-Encoding": "aws-chunked"},
    "utf-8": {"Content-Encoding": "utf-8"},
    "gzip, though plain": {"Content-Encoding": "gzip"},
    "deflate, though plain": {"Content-Encoding": "deflate"},
    "br, though plain": {"Content-Encoding": "br"},
}


SCENARIOS = (
    *(
        Scenario(
            f"labelled {name}",
            ("corruption: gzip though identity was asked",),
            f"right bytes, labelled {headers}",
            faults=(everywhere(effects.Headers(put=headers), path="*/resolve/*"),)
            if "Content-Type" in headers
            else (everywhere(effects.Headers(put=headers), origin="cdn"),),
            files=MIXED,
            most=1.25,
        )
        for name, headers in _LABELS.items()
    ),
    Scenario(
        "a part that does not say which, always",
        ("row 15", "corruption: Content-Range of another place or total"),
        "206 without Content-Range",
        faults=(everywhere(effects.Headers(strip=("Content-Range",)), origin="cdn"),),
        files=MIXED,
        most=2.0,
    ),
    Scenario(
        "416 for the first parts",
        ("row 15", "refusals: 416 on resume"),
        "416 four times",
        faults=(Fault(effects.Status(416), origin="cdn", times=4),),
        files={"w.bin": 80 * MiB, "c.json": "{}"},
    ),
    *(
        Scenario(
            f"{status} for a while",
            ("refusals: 408, 5xx for a while",),
            f"{status} twice from the CDN, once from the hub",
            faults=(
                Fault(effects.Status(status), origin="cdn", times=2),
                Fault(effects.Status(status), path="*/api/*", origin="hub"),
            ),
        )
        for status in (202, 425, 520, 530)
    ),
    *(
        Scenario(
            f"Retry-After: {text}",
            ("refusals: 429",),
            "a wait that is none",
            faults=(Fault(effects.Status(429, {"Retry-After": text}), origin="cdn", times=2),),
        )
        for text in ("0", "-1", "NaN", "1e9", effects.http_date(0))
    ),
    Scenario(
        "an error with status 200, once",
        ("refusals: 408, 5xx for a while",),
        '{"error": ...} in place of the repo info and of the listing',
        faults=(
            Fault(
                effects.Status(
                    200, {"Content-Type": "application/json"}, b'{"error": "backend timed out"}'
                ),
                path="*/api/*",
                origin="hub",
                times=2,
            ),
        ),
    ),
)
