"""Section: the way to the hub. Names, hosts that never answer, and the end of the time."""

from __future__ import annotations

from collections.abc import Callable

from tests.hub import effects
from tests.hub.repos import MiB
from tests.trials import middleboxes
from tests.trials.disk import shim
from tests.trials.scenario import ALL, Files, Scenario, everywhere
from tests.trials.trial import Trial

EAI_NONAME, EAI_AGAIN = -2, -3

TINY: Files = {"w.bin": MiB, "b.bin": 1000, "c.json": "{}"}


def at(make: Callable[[Trial], str]) -> Callable[[Trial], None]:
    """The endpoint of the first run is what `make` gives."""

    def prepare(trial: Trial) -> None:
        trial.endpoint = make(trial)

    return prepare


def back(trial: Trial) -> None:
    trial.endpoint = trial.hub.endpoint


def named(host: str, rules: str = "") -> Callable[[Trial], None]:
    def prepare(trial: Trial) -> None:
        port = trial.hub.endpoint.rpartition(":")[2]
        trial.endpoint = f"http://{host}:{port}"
        shim(rules, SHIM_HOST=host)(trial)
        trial.env.pop("HF_TOKEN")  # it would go in the clear
        trial.env_again = {}

    return prepare


def _unruled(trial: Trial) -> None:
    trial.env["SHIM"] = ""


def _held(trial: Trial) -> None:
    """Another process holds the folder and goes on holding it."""
    import fcntl

    path = trial.out / ".cache/huggingface/hfget.lock"
    path.parent.mkdir(parents=True)
    file = path.open("w")
    trial.stack.callback(file.close)
    fcntl.flock(file, fcntl.LOCK_EX)
    trial.notes["lock"] = file


def _freed(trial: Trial) -> None:
    trial.notes["lock"].close()
    trial.arguments = []


def at_full_speed(trial: Trial) -> None:
    trial.arguments.clear()
    trial.hub.set_rate(None)


ONE_RETRY = ("--retries", "1")


SCENARIOS = (
    Scenario(
        "connecting hangs",
        ("hung: connect",),
        "a socket whose queue is full",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: middleboxes.full_backlog(trial.stack)),
        mend=back,
        arguments=ONE_RETRY,
    ),
    Scenario(
        "a host that says nothing",
        ("hung: head",),
        "accepts connections, never answers",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: f"http://127.0.0.1:{middleboxes.Silent(trial.stack).port}"),
        mend=back,
        arguments=ONE_RETRY,
    ),
    Scenario(
        "a head that drips",
        ("hung: head", "network: drip of 1 byte/s"),
        "one byte of the head each half second",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: f"http://127.0.0.1:{middleboxes.Drip(trial.stack).port}"),
        mend=back,
        arguments=ONE_RETRY,
    ),
    Scenario(
        "a TLS handshake that never ends",
        ("hung: TLS",),
        "https to a host that says nothing",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: f"https://127.0.0.1:{middleboxes.Silent(trial.stack).port}"),
        mend=back,
        arguments=ONE_RETRY,
    ),
    Scenario(
        "a redirect to a host that says nothing",
        ("hung: redirect",),
        "302 to a host that accepts and never answers",
        codes=(5,),
        lost=("w.bin", "b.bin"),
        prepare=lambda trial: trial.faults.append(
            trial.hub.faults.add(
                everywhere(
                    effects.Redirect(f"http://127.0.0.1:{middleboxes.Silent(trial.stack).port}/x"),
                    origin="hub",
                    path="*/resolve/*.bin",
                )
            )
        ),
        arguments=ONE_RETRY,
    ),
    Scenario(
        "a redirect to where connecting hangs",
        ("hung: redirect", "row 26"),
        "302 to a socket whose queue is full",
        codes=(5,),
        lost=("w.bin", "b.bin"),
        prepare=lambda trial: trial.faults.append(
            trial.hub.faults.add(
                everywhere(
                    effects.Redirect(middleboxes.full_backlog(trial.stack) + "/x"),
                    origin="hub",
                    path="*/resolve/*.bin",
                )
            )
        ),
        arguments=ONE_RETRY,
    ),
    Scenario(
        "a name server that never answers",
        ("hung: DNS",),
        "getaddrinfo sleeps",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=named("hub.test", "getaddrinfo::1:0:0"),
        mend=_unruled,
        arguments=ONE_RETRY,
        needs=("gcc",),
    ),
    Scenario(
        "a name that is not known for a while",
        ("row 9", "network: DNS failure"),
        "EAI_AGAIN three times",
        files=TINY,
        prepare=named("hub.test", f"getaddrinfo::1:{EAI_AGAIN}:3"),
        mend=_unruled,
        needs=("gcc",),
    ),
    Scenario(
        "a name that nobody knows",
        ("row 9", "network: DNS failure"),
        "EAI_NONAME for ever",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=named("hub.test", f"getaddrinfo::1:{EAI_NONAME}:0"),
        mend=_unruled,
        says=("DNS", "hub.test"),
        arguments=ONE_RETRY,
        needs=("gcc",),
    ),
    Scenario(
        "time is over amid the download",
        ("hung: --max-time",),
        "--max-time 6 at 2 MiB a second",
        codes=(124,),
        files={"w.bin": 60 * MiB, "c.json": "{}"},
        hub={"rate_total": 2 * MiB},
        lost=None,
        arguments=("--max-time", "6"),
        says=("--max-time",),
        names_host=False,
        seconds=30,
        mend=at_full_speed,
        most_again=1.5,
    ),
    Scenario(
        "time is over at a silent hub",
        ("hung: --max-time",),
        "--max-time 3, no answer to anything",
        codes=(124,),
        files=TINY,
        lost=ALL,
        env={"HF_HUB_ETAG_TIMEOUT": "300"},
        faults=(everywhere(effects.Stall(None)),),
        arguments=("--max-time", "3"),
        says=("--max-time",),
        names_host=False,
        seconds=25,
        mend=lambda trial: trial.arguments.clear(),
    ),
    Scenario(
        "time is over while waiting for the lock",
        ("hung: --max-time", "row 47"),
        "--max-time 3, another process holds the folder",
        codes=(124,),
        files=TINY,
        lost=ALL,
        prepare=_held,
        arguments=("--max-time", "3"),
        says=("--max-time",),
        names_host=False,
        seconds=25,
        mend=_freed,
    ),
    Scenario(
        "a folder that is locked, and no wait",
        ("concurrency: two processes on the same folder",),
        "--no-wait, another process holds the folder",
        codes=(9,),
        files=TINY,
        lost=ALL,
        prepare=_held,
        arguments=("--no-wait",),
        names_host=False,
        mend=_freed,
    ),
)
