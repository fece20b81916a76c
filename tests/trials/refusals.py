"""Section: the server says no, for a while or for good."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import Any

from tests.hub import Fault, effects
from tests.hub.faults import Effect
from tests.hub.repos import MiB
from tests.trials.scenario import ALL, MIXED, OUT, SMALL, Files, Scenario, everywhere
from tests.trials.trial import Trial

MANY: Files = {f"part-{n % 5}/{n:03d}.txt": f"{n} " * 20 for n in range(60)}


def _status(status: int, **headers: str) -> Effect:
    return effects.Status(status, {k.replace("_", "-"): v for k, v in headers.items()})


def _once_slowed(trial: Trial) -> None:
    """During a pause nobody asks; one probe comes first."""
    log = [r for r in trial.hub.log if "/resolve/" in r.path]
    refused = [r for r in log if r.status == 429]
    assert len(refused) <= 16, f"{len(refused)} requests were refused"
    last = max(r.at for r in refused)
    early = [r for r in log if last + 0.1 < r.at < last + 1.5]
    assert not early, f"{len(early)} requests during the pause"


def _few_resolves(trial: Trial) -> None:
    """At most one new signed URL per expiry."""
    resolved = [r for r in trial.hub.requests("hub", path="*/resolve/*") if r.status == 302]
    spent = resolved[-1].at - resolved[0].at
    assert len(resolved) <= spent / 1.0 + 2, f"{len(resolved)} resolves in {spent:.1f} s"


def _asked_at_most(count: int, path: str) -> object:
    def check(trial: Trial) -> None:
        asked = len(trial.hub.requests(path=path))
        assert asked <= count, f"{asked} requests to {path}"

    return check


def _spread(trial: Trial) -> None:
    """No 100 ms hold more than a quarter of the retries, as the processes have planned them.

    When they come is also up to the machine, which may be busy.
    """
    log = [request for request in trial.hub.log if "/resolve/" in request.path]
    needed = 4 * len(trial.expected())
    assert len(log) <= 3 * needed, f"{len(log)} requests where {needed} would do"
    events = [event for each in trial.ended for event in _events(each.result.out)]
    waits = [event["wait_seconds"] for event in events if event["event"] == "retry"]
    assert len(waits) >= 30, f"only {len(waits)} retries"
    fullest = max(Counter(int(wait / 0.1) for wait in waits).values())
    assert fullest <= max(8, len(waits) / 4), f"{fullest} of {len(waits)} within 100 ms"


def _events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def _four_at_once(trial: Trial) -> None:
    def run(folder: str) -> None:
        trial.run(trial.scenario.repo, "--json", "--local-dir", folder)

    folders = [OUT, *(f"m{number}" for number in range(3))]
    threads = [threading.Thread(target=run, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(trial.scenario.seconds)
    codes = [each.result.code for each in trial.ended]
    assert codes == [0] * 4, codes


def _beside(trial: Trial) -> None:
    trial.allowed += [f"work/m{number}*" for number in range(3)]


_WAITS: dict[str, tuple[str, str]] = {
    "seconds": ("Retry-After", "1"),
    "a fraction": ("Retry-After", "0.5"),
    "a negative number": ("Retry-After", "-1"),
    "no number": ("Retry-After", "soon"),
    "nan": ("Retry-After", "nan"),
    "an empty value": ("Retry-After", ""),
    "a date that has passed": ("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),
    "the hub's header": ("RateLimit", '"resolvers";r=0;t=1'),
    "a broken hub's header": ("RateLimit", '"resolvers";r=;t=;;'),
}
_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 520)

SCENARIOS = (
    *(
        Scenario(
            f"429 with {name}",
            ("row 25", "refusals: 429"),
            f"{header[0]}: {header[1]} on the first requests, at the API too",
            faults=(
                Fault(effects.Status(429, {header[0]: header[1]}), path="/api/*"),
                Fault(effects.Status(429, {header[0]: header[1]}), path="*/resolve/*", times=3),
            ),
        )
        for name, header in _WAITS.items()
    ),
    Scenario(
        "429 with a date",
        ("row 25", "refusals: 429"),
        "Retry-After as a date two seconds ahead",
        faults=(Fault(effects.Status(429, {"Retry-After": effects.http_date(time.time() + 2)})),),
    ),
    Scenario(
        "429 with nothing",
        ("row 25", "refusals: 429"),
        "no header at all, at hub and CDN",
        faults=(Fault(_status(429), times=3), Fault(_status(429), origin="cdn", times=3)),
    ),
    Scenario(
        "429 with 1e9 at the API",
        ("row 25",),
        "Retry-After: 1e9 at the API",
        codes=(5,),
        faults=(everywhere(_status(429, Retry_After="1e9"), path="/api/*"),),
        lost=ALL,
        says=("429",),
    ),
    Scenario(
        "429 with an hour for the files",
        ("row 25",),
        "Retry-After: 3600 for every file",
        codes=(5,),
        faults=(everywhere(_status(429, Retry_After="3600"), path="*/resolve/*"),),
        lost=ALL,
        says=("wait", "1 h"),
    ),
    Scenario(
        "429 slows all threads once",
        ("row 25", "refusals: a 429 slows the host once"),
        "60 small files, then for a moment 429 with two seconds",
        files=MANY,
        faults=(Fault(_status(429, Retry_After="2"), path="*/resolve/*", times=5, skip=10),),
        check=_once_slowed,
    ),
    Scenario(
        "429 for ever",
        ("row 25", "refusals: 429"),
        "429 with one second, for ever",
        codes=(5,),
        faults=(everywhere(_status(429, Retry_After="1"), path="*/resolve/*"),),
        lost=ALL,
        arguments=("--retries", "3"),
    ),
    *(
        Scenario(
            f"{status} for a while",
            ("refusals: 408, 5xx for a while",),
            f"{status} at hub and CDN",
            faults=(
                Fault(_status(status), times=2),
                Fault(_status(status), path="*/resolve/*", times=2),
                Fault(_status(status), origin="cdn", times=2),
            ),
        )
        for status in _PASSING
    ),
    Scenario(
        "503 for ever at the CDN",
        ("refusals: 408, 5xx for a while",),
        "503 at the CDN, for ever",
        codes=(5,),
        faults=(everywhere(_status(503), origin="cdn"),),
        lost=("w.bin", "b.bin"),
        arguments=("--retries", "2"),
    ),
    Scenario(
        "500 for ever at the listing",
        ("refusals: 408, 5xx for a while",),
        "500 for the listing, for ever",
        codes=(5,),
        faults=(everywhere(_status(500), path="*/tree/*"),),
        lost=ALL,
        arguments=("--retries", "2"),
    ),
    Scenario(
        "500 for the second page only",
        ("refusals: 408, 5xx for a while",),
        "the second page of the listing fails for ever",
        codes=(5,),
        hub={"page_size": 1},
        faults=(everywhere(_status(500), path="*/tree/*", skip=1),),
        lost=ALL,
        arguments=("--retries", "2"),
    ),
    Scenario(
        "a signature that expires",
        ("row 32", "refusals: 403 of an expired signature"),
        "signed URLs live for one second",
        files={"w.bin": 40 * MiB, "c.json": "{}"},
        hub={"cdn_ttl": 1.0, "rate_total": 12 * MiB},
        check=_few_resolves,
        most=1.25,
    ),
    Scenario(
        "signatures that expire at once",
        ("row 32", "refusals: 403 of an expired signature"),
        "signed URLs have expired when they come",
        codes=(5,),
        hub={"cdn_ttl": -1.0},
        lost=("w.bin", "b.bin"),
        again=False,
    ),
    Scenario(
        "403 XML in the middle",
        ("row 32", "refusals: 403 of an expired signature"),
        "the CDN answers 403 with XML some times",
        files=MIXED,
        faults=(
            Fault(
                effects.Status(403, {}, b"<Error><Code>AccessDenied</Code></Error>"),
                origin="cdn",
                times=3,
                skip=2,
            ),
        ),
    ),
    *(
        Scenario(
            f"{status} that is final{', with a code' if headers else ''}",
            ("refusals: final 401, 403, 404",),
            f"{status} for one file, for ever",
            codes=(code,),
            faults=(
                everywhere(effects.Status(status, headers), origin="hub", path="*/resolve/*/b.bin"),
            ),
            lost=("b.bin",),
            check=_asked_at_most(3, "*/resolve/*/b.bin"),  # type: ignore[arg-type]
        )
        for status, headers, code in (
            (401, {}, 4),
            (403, {"X-Error-Code": "GatedRepo"}, 4),
            (404, {"X-Error-Code": "EntryNotFound"}, 3),
            (404, {}, 3),
            (410, {}, 5),
            (451, {}, 4),
        )
    ),
    *(
        Scenario(
            f"{name} at the API",
            ("refusals: final 401, 403, 404",),
            f"HTTP {status} {headers}",
            codes=(code,),
            faults=(everywhere(effects.Status(status, headers), path="/api/*"),),
            lost=ALL,
            check=_asked_at_most(2, "/api/*"),  # type: ignore[arg-type]
        )
        for name, status, headers, code in (
            ("unknown repo", 404, {"X-Error-Code": "RepoNotFound"}, 3),
            ("unknown repo as 401", 401, {"X-Error-Code": "RepoNotFound"}, 3),
            ("unknown revision", 404, {"X-Error-Code": "RevisionNotFound"}, 3),
            ("gated", 403, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Ask first."}, 4),
            ("bare 403", 403, {}, 4),
            ("disabled", 403, {"X-Error-Message": "Access to this resource is disabled."}, 4),
        )
    ),
    Scenario(
        "a token that is refused",
        ("refusals: final 401, 403, 404",),
        "the hub does not know the token",
        codes=(4,),
        hub={"tokens": ["somebody else's"], "private": ["org/m"]},
        lost=ALL,
        says=("HF_TOKEN",),
        again=False,
    ),
    Scenario(
        "a herd on 503",
        ("row 53",),
        "four processes of 16 threads, 503 for two seconds",
        files=MANY,
        prepare=_beside,
        drive=_four_at_once,
        faults=(Fault(_status(503), path="*/resolve/*", times=60, skip=20),),
        check=_spread,
        again=False,
    ),
    Scenario(
        "416 once on a fresh file",
        ("row 19", "refusals: 416 on resume"),
        "416 for the first request",
        faults=(Fault(_status(416, Content_Range="bytes */1"), origin="cdn"),),
        files=SMALL,
        most=1.25,
    ),
    Scenario(
        "416 for ever",
        ("row 19", "refusals: 416 on resume"),
        "416 for every request of one file",
        codes=(5, 6),
        faults=(everywhere(_status(416, Content_Range="bytes */1"), path="*/resolve/*/b.bin"),),
        lost=("b.bin",),
    ),
)
