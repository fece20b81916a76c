"""Section: the network. Connections that break, stall, crawl or cannot be made."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.hub import Fault, effects
from tests.hub.repos import MiB
from tests.trials.scenario import MIXED, Scenario, everywhere
from tests.trials.trial import ORIGINS, Trial

_IN_FLIGHT = 1.25


def _not_stormed(trial: Trial) -> None:
    """A server that cuts each answer short is not asked as fast as it can answer."""
    log = trial.hub.requests("cdn")
    spent = log[-1].at - log[0].at
    assert len(log) <= 60 * (spent + 1), f"{len(log)} requests in {spent:.1f} s"


def outage(seconds: float) -> Callable[[Trial], None]:
    """Everything is down for so long as soon as content flows."""

    def act(trial: Trial) -> None:
        while trial.sent < 4 * MiB and trial.process.poll() is None:
            time.sleep(0.005)
        for origin in ORIGINS:
            trial.hub.refuse(origin)
        time.sleep(seconds)
        trial.restore()

    return act


def _few_lines(trial: Trial) -> None:
    assert "retry" in trial.last.out + trial.last.err, "the outage was not noticed"
    lines = [line for line in trial.last.err.splitlines() if line.startswith("retry:")]
    assert trial.json or len(lines) <= 10, f"{len(lines)} lines about retries"


def _dead(trial: Trial) -> None:
    trial.endpoint = "http://127.0.0.1:1"


def _alive(trial: Trial) -> None:
    trial.endpoint = trial.hub.endpoint


SCENARIOS = (
    Scenario(
        "refused for ever",
        ("network: refused",),
        "nothing listens at the endpoint",
        codes=(5,),
        lost=("w.bin", "b.bin", "c.json"),
        says=("refused",),
        prepare=_dead,
        mend=_alive,
        files={"w.bin": MiB, "b.bin": 1000, "c.json": "{}"},
    ),
    Scenario(
        "reset once per file",
        ("row 1", "network: reset amid the body"),
        "RST after 1 MiB, once per large file",
        faults=(
            Fault(effects.Reset(after_bytes=MiB), origin="cdn", times=2),
            Fault(effects.Reset(after_bytes=3), path="*/resolve/*/c.json"),
        ),
        files=MIXED,
        most=_IN_FLIGHT,
    ),
    Scenario(
        "reset before the head",
        ("network: reset before the body",),
        "RST instead of an answer, at every origin",
        faults=(Fault(effects.Reset(), times=5),),
    ),
    Scenario(
        "resets with p = 0.2 per MiB",
        ("row 2", "network: reset with p = 0.2 per MiB"),
        "RST with p = 0.2 in every MiB of every answer, for ever",
        faults=(everywhere(effects.Reset(per_mib=0.2), origin="cdn", seed=7),),
        files=MIXED,
        most=1.25,
        seconds=90,
    ),
    Scenario(
        "closed too early",
        ("row 3", "network: clean close too early"),
        "FIN after 1 MiB, Content-Length honest",
        faults=(Fault(effects.Close(after_bytes=MiB), origin="cdn", times=4),),
        files=MIXED,
        most=_IN_FLIGHT,
    ),
    Scenario(
        "closed too early without a length",
        ("row 3", "network: clean close too early"),
        "FIN after 1 MiB, and no Content-Length",
        faults=(Fault(effects.Close(after_bytes=MiB, length_header=False), origin="cdn", times=4),),
        files=MIXED,
        most=_IN_FLIGHT,
    ),
    Scenario(
        "closed too early for ever",
        ("row 3",),
        "FIN after 1 MiB of every answer, for ever, without a length",
        faults=(everywhere(effects.Close(after_bytes=MiB, length_header=False), origin="cdn"),),
        files=MIXED,
        most=_IN_FLIGHT,
    ),
    Scenario(
        "cut at the same place for ever",
        ("row 3", "network: clean close too early"),
        "every answer to the small file ends after 10 bytes",
        codes=(5, 0),
        faults=(everywhere(effects.Close(after_bytes=10), path="*/resolve/*/sub/r.md"),),
        files={"w.bin": MiB, "sub/r.md": "0123456789 and more"},
        lost=None,
        arguments=("--retries", "3"),
    ),
    Scenario(
        "crumbs",
        ("row 3", "network: clean close too early"),
        "every answer ends after 8 kB",
        faults=(everywhere(effects.Close(after_bytes=8192), origin="cdn"),),
        files={"w.bin": MiB, "c.json": "{}"},
        check=_not_stormed,
        most=_IN_FLIGHT,
    ),
    Scenario(
        "one connection goes silent",
        ("row 4", "network: stall for ever after N bytes"),
        "silence after 1 MiB, once",
        faults=(Fault(effects.Stall(after_bytes=MiB), origin="cdn"),),
        files=MIXED,
        most=_IN_FLIGHT,
    ),
    Scenario(
        "silence in the head, once",
        ("row 4", "hung: head"),
        "no answer to some requests",
        faults=(Fault(effects.Stall(None), times=2), Fault(effects.Stall(None), origin="cdn")),
    ),
    Scenario(
        "silence at the API, for ever",
        ("hung: API page",),
        "no answer to any request for the listing",
        codes=(5,),
        faults=(everywhere(effects.Stall(None), path="*/tree/*"),),
        lost=("w.bin", "b.bin", "c.json"),
        arguments=("--retries", "2"),
        files={"w.bin": MiB, "b.bin": 1000, "c.json": "{}"},
    ),
    Scenario(
        "silence in the API's body, for ever",
        ("hung: API page",),
        "10 bytes of the listing, then nothing",
        codes=(5,),
        faults=(everywhere(effects.Stall(10), path="*/tree/*"),),
        lost=("w.bin", "b.bin", "c.json"),
        arguments=("--retries", "2"),
        files={"w.bin": MiB, "b.bin": 1000, "c.json": "{}"},
    ),
    Scenario(
        "silence at the CDN, for ever",
        ("hung: head",),
        "the CDN accepts and never answers",
        codes=(5,),
        faults=(everywhere(effects.Stall(None), origin="cdn"),),
        lost=("w.bin", "b.bin"),
        arguments=("--retries", "2"),
    ),
    Scenario(
        "silence in every body, for ever",
        ("hung: body",),
        "the CDN sends 100 bytes of each answer",
        codes=(5, 0),
        faults=(everywhere(effects.Stall(0), origin="cdn"),),
        lost=None,
        arguments=("--retries", "2"),
    ),
    Scenario(
        "a drip in the body",
        ("network: drip of 1 byte/s", "hung: body"),
        "1 byte each half second of one answer",
        faults=(Fault(effects.Drip(0.5, 1, after_bytes=MiB), origin="cdn"),),
        files=MIXED,
        most=_IN_FLIGHT,
    ),
    Scenario(
        "a drip in the only body",
        ("network: drip of 1 byte/s", "hung: body"),
        "1 byte each half second of the only file, once",
        faults=(Fault(effects.Drip(0.5, 1, after_bytes=1000), origin="cdn"),),
        files={"w.bin": 3 * MiB},
        seconds=90,
    ),
    Scenario(
        "a drip in the listing",
        ("network: drip of 1 byte/s", "hung: API page"),
        "the listing comes at 4 bytes a second, once",
        faults=(Fault(effects.Drip(0.25, 1), path="*/tree/*"),),
        seconds=150,
    ),
    *(
        Scenario(
            f"an outage of {seconds} s",
            ("row 8", "network: outage then back"),
            f"everything down for {seconds} s amid the download",
            files=MIXED,
            hub={"rate_total": 8 * MiB},
            act=outage(seconds),
            check=_few_lines,
            most=_IN_FLIGHT,
            seconds=200,
        )
        for seconds in (8, 60)
    ),
    Scenario(
        "a captive portal",
        ("network: captive-portal HTML with 200",),
        "a login page with 200 in place of each answer, for ever",
        codes=(5,),
        faults=(everywhere(effects.Html()),),
        lost=("w.bin", "b.bin", "c.json"),
        arguments=("--retries", "2"),
        files={"w.bin": MiB, "b.bin": 1000, "c.json": "{}"},
    ),
    Scenario(
        "a captive portal for a while",
        ("network: captive-portal HTML with 200",),
        "a login page with 200 in place of some answers",
        faults=(Fault(effects.Html(), times=3), Fault(effects.Html(), origin="cdn", times=2)),
    ),
)
