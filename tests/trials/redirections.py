"""Section: where a server may send us, and what goes along."""

from __future__ import annotations

from tests.hub import Fault, effects
from tests.trials.listings import LISTING
from tests.trials.mirrors import TINY
from tests.trials.scenario import SMALL, Scenario, everywhere
from tests.trials.tls import NO_CDN, tls
from tests.trials.trial import Trial


def _redirect(name: str, location: str, code: int, *, says: tuple[str, ...] = ()) -> Scenario:
    return Scenario(
        name,
        ("row 59", "lies: redirect loop, to file://, to http from https"),
        f"Location: {location[:60]!r}",
        codes=(code,),
        faults=(everywhere(effects.Redirect(location), origin="hub", path="*/resolve/*/b.bin"),),
        files=TINY,
        lost=("b.bin",),
        says=says,
    )


def _no_token_abroad(trial: Trial) -> None:
    assert trial.hub.requests("foreign"), "the foreign origin was not asked"


def _not_asked_abroad(trial: Trial) -> None:
    assert not trial.hub.requests("foreign"), "the foreign origin was asked"


SCENARIOS = (
    _redirect("to a file", "file:///etc/passwd", 8),
    _redirect("to ftp", "ftp://127.0.0.1/x", 8),
    _redirect("to data", "data:text/plain,x", 8),
    _redirect("to gopher", "gopher://127.0.0.1:1/x", 8),
    _redirect("to javascript", "javascript:alert(1)", 8),
    _redirect("in a circle", "{target}", 5, says=("circle",)),
    _redirect("to nothing", "", 5),
    _redirect("to a bad port", "http://127.0.0.1:99999/x", 5),
    _redirect("to a bad address", "http://[::1", 5),
    _redirect("to an unreachable host", "http://127.0.0.1:1/x", 5, says=("leads to 127.0.0.1:1",)),
    _redirect("over many hops", "{target}?", 5),
    Scenario(
        "from https to http",
        ("row 59", "lies: redirect loop, to file://, to http from https"),
        "the hub speaks TLS and leads to plain http",
        codes=(8,),
        files=TINY,
        hub=NO_CDN,
        prepare=tls("trusted"),
        faults=(
            everywhere(effects.Redirect("{foreign}{target}"), origin="hub", path="*/resolve/*.bin"),
        ),
        lost=("w.bin", "b.bin"),
        check=_not_asked_abroad,
        needs=("openssl",),
    ),
    Scenario(
        "with a login",
        ("row 59",),
        "user and password in Location",
        faults=(
            Fault(
                effects.Redirect("http://user:secret@{foreign_host}{target}"),
                origin="hub",
                path="*/resolve/*/b.bin",
            ),
        ),
        files=TINY,
        check=_no_token_abroad,
    ),
    Scenario(
        "to another origin and back",
        ("row 62", "secrets: not to redirect targets"),
        "hub → foreign → hub for a file and for the API",
        faults=(
            Fault(effects.Redirect("{foreign}{target}"), origin="hub", path="*/resolve/*/b.bin"),
            Fault(effects.Redirect("{hub}{target}"), origin="foreign", path="*/resolve/*/b.bin"),
            Fault(effects.Redirect("{foreign}{target}"), origin="hub", path=LISTING),
            Fault(effects.Redirect("{hub}{target}"), origin="foreign", path=LISTING),
        ),
        files=TINY,
        check=_no_token_abroad,
    ),
    *(
        Scenario(
            f"{status} to another origin",
            ("row 62", "secrets: not to redirect targets"),
            f"{status} to the foreign origin for everything",
            faults=(everywhere(effects.Redirect("{foreign}{target}", status), origin="hub"),),
            files=TINY,
            check=_no_token_abroad,
        )
        for status in (301, 302, 303, 307, 308)
    ),
    Scenario(
        "the next page elsewhere",
        ("row 27", "row 62"),
        "Link: next leads to the foreign origin",
        hub={"page_size": 1},
        faults=(everywhere(effects.NextLink("foreign"), origin="hub", path=LISTING),),
        files=TINY,
        check=_not_asked_abroad,
    ),
    Scenario(
        "the next page at the Hub",
        ("row 27",),
        "Link: next names huggingface.co",
        hub={"page_size": 1},
        faults=(everywhere(effects.NextAt("https://huggingface.co"), path=LISTING),),
        files=TINY,
    ),
    Scenario(
        "the data host cannot be reached",
        ("row 26",),
        "302 to a data host that refuses connections",
        codes=(5,),
        faults=(
            everywhere(
                effects.Redirect("http://127.0.0.1:9/xet/x"), origin="hub", path="*/resolve/*.bin"
            ),
        ),
        files=SMALL,
        lost=("w.bin", "b.bin"),
        says=("127.0.0.1:9", "leads to 127.0.0.1:9", "--endpoint"),
        seconds=60,
    ),
)
