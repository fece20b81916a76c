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
        for status in (202, 204, 304, 425, 501, 520, 530, 599)
    ),
    *(
        Scenario(
            f"{status} from the data host for a while",
            ("refusals: 403 of an expired signature",),
            f"{status} twice from the CDN: the hub is asked for another address",
            faults=(Fault(effects.Status(status), origin="cdn", times=2),),
        )
        for status in (402, 412, 421, 449, 498)
    ),
    Scenario(
        "203 for all that is sent",
        (
            "corruption: labels that contradict right bytes",
            "corruption: status that contradicts right bytes",
        ),
        "203 in place of 200 and 206, as of a proxy that has changed something",
        faults=(everywhere(effects.Relabel(200, 203)), everywhere(effects.Relabel(206, 203))),
        files=MIXED,
    ),
    *(
        Scenario(
            f"the listing labelled {coding}",
            ("corruption: labels that contradict right bytes",),
            f"plain JSON with Content-Encoding: {coding}",
            faults=(everywhere(effects.Headers(put={"Content-Encoding": coding}), path="*/api/*"),),
        )
        for coding in ("gzip", "br", "utf-8")
    ),
    Scenario(
        "all files labelled x-gzip",
        ("corruption: labels that contradict right bytes",),
        "plain files, tiny ones too, with Content-Encoding: x-gzip",
        faults=(
            everywhere(effects.Headers(put={"Content-Encoding": "x-gzip"}), path="*/resolve/*"),
            everywhere(effects.Headers(put={"Content-Encoding": "x-gzip"}), origin="cdn"),
        ),
        files={**MIXED, "sub/t.txt": "t\n"},
        most=1.25,
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
