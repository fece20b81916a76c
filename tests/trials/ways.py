"""Section: the way to the hub. Names, TLS, proxies, and hosts that never answer."""

from __future__ import annotations

from collections.abc import Callable

from tests.hub import effects
from tests.hub.repos import MiB
from tests.trials import fronts
from tests.trials.disk import shim
from tests.trials.scenario import MIXED, SMALL, Files, Scenario, everywhere
from tests.trials.trial import Trial
from tests.unit.certificates import PrivateCA

ALL = ("w.bin", "b.bin", "c.json")
NO_CDN = {"cdn": False}
EAI_NONAME, EAI_AGAIN = -2, -3
_PASSWORD = "pass-word-of-the-proxy"
TINY: Files = {"w.bin": MiB, "b.bin": 1000, "c.json": "{}"}


def at(make: Callable[[Trial], str]) -> Callable[[Trial], None]:
    """The endpoint of the first run is what `make` gives."""

    def prepare(trial: Trial) -> None:
        trial.endpoint = make(trial)

    return prepare


def back(trial: Trial) -> None:
    trial.endpoint = trial.hub.endpoint


def tls(which: str, *, trusted: bool = True, cuts: int = 0, most: int = 0) -> Callable[..., None]:
    def prepare(trial: Trial) -> None:
        folder = trial.base / "ca"
        folder.mkdir()
        ca = PrivateCA(folder)
        front = fronts.TlsFront(
            trial.stack, getattr(ca, which), trial.hub.endpoint, cuts=cuts, most=most
        )
        trial.endpoint = front.url
        trial.env["HFGET_TOKEN_ORIGINS"] = front.url
        if trusted:
            trial.env["SSL_CERT_FILE"] = str(ca.bundle)

    return prepare


def proxied(
    status: int | None = None, deaths: int = 0, most: int = 0, login: str = ""
) -> Callable[[Trial], None]:
    def prepare(trial: Trial) -> None:
        proxy = fronts.Proxy(trial.stack, status, deaths, most)
        trial.env["HTTP_PROXY"] = f"http://{login}{proxy.address}"
        trial.env["http_proxy"] = trial.env["HTTP_PROXY"]
        trial.env_again = {"HTTP_PROXY": "", "http_proxy": ""}
        trial.canaries.append(_PASSWORD)
        trial.notes["proxy"] = proxy.address

    return prepare


def _names_proxy(trial: Trial) -> None:
    assert trial.notes["proxy"] in trial.text, "the proxy is not named"


def _soon(seconds: float) -> Callable[[Trial], None]:
    def check(trial: Trial) -> None:
        assert trial.ended[0].seconds < seconds, f"took {trial.ended[0].seconds:.0f} s"

    return check


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


_NEVER = ("--retries", "1")

SCENARIOS = (
    Scenario(
        "connecting hangs",
        ("hung: connect",),
        "a socket whose queue is full",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: fronts.full_backlog(trial.stack)),
        mend=back,
        arguments=_NEVER,
    ),
    Scenario(
        "a host that says nothing",
        ("hung: head",),
        "accepts connections, never answers",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: f"http://127.0.0.1:{fronts.Silent(trial.stack).port}"),
        mend=back,
        arguments=_NEVER,
    ),
    Scenario(
        "a head that drips",
        ("hung: head", "network: drip of 1 byte/s"),
        "one byte of the head each half second",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: f"http://127.0.0.1:{fronts.Drip(trial.stack).port}"),
        mend=back,
        arguments=_NEVER,
    ),
    Scenario(
        "a TLS handshake that never ends",
        ("hung: TLS",),
        "https to a host that says nothing",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: f"https://127.0.0.1:{fronts.Silent(trial.stack).port}"),
        mend=back,
        arguments=_NEVER,
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
                    effects.Redirect(f"http://127.0.0.1:{fronts.Silent(trial.stack).port}/x"),
                    origin="hub",
                    path="*/resolve/*.bin",
                )
            )
        ),
        arguments=_NEVER,
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
                    effects.Redirect(fronts.full_backlog(trial.stack) + "/x"),
                    origin="hub",
                    path="*/resolve/*.bin",
                )
            )
        ),
        arguments=_NEVER,
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
        arguments=_NEVER,
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
        arguments=_NEVER,
        needs=("gcc",),
    ),
    Scenario(
        "TLS with a private CA",
        ("row 12",),
        "the CA is named in SSL_CERT_FILE",
        files=MIXED,
        hub=NO_CDN,
        prepare=tls("trusted"),
        needs=("openssl",),
    ),
    Scenario(
        "TLS cut without close_notify",
        ("row 12", "network: TLS EOF"),
        "the first connections end after 1 MiB, silently",
        files=MIXED,
        hub=NO_CDN,
        prepare=tls("trusted", cuts=4, most=MiB),
        most=1.3,
        needs=("openssl",),
    ),
    *(
        Scenario(
            f"a certificate {name}",
            ("row 12",),
            f"certificate {name}",
            codes=(5,),
            files=TINY,
            hub=NO_CDN,
            lost=ALL,
            prepare=tls(which, trusted=trusted),
            mend=back,
            says=("certificate", "REQUESTS_CA_BUNDLE"),
            check=_soon(30),
            needs=("openssl",),
        )
        for name, which, trusted in (
            ("of an unknown CA", "trusted", False),
            ("that has expired", "expired", True),
            ("of another host", "elsewhere", True),
        )
    ),
    Scenario(
        "https where only http is spoken",
        ("row 12",),
        "https to a plain port",
        codes=(5,),
        files=TINY,
        lost=ALL,
        prepare=at(lambda trial: trial.hub.endpoint.replace("http:", "https:")),
        mend=back,
        arguments=_NEVER,
    ),
    Scenario(
        "a proxy",
        ("row 10",),
        "everything through a proxy with a password",
        prepare=proxied(login=f"user:{_PASSWORD}@"),
    ),
    Scenario(
        "a proxy that wants a password",
        ("row 10", "network: proxy that demands auth (407)", "row 66"),
        "407, with and without one given",
        codes=(4,),
        files=TINY,
        lost=ALL,
        prepare=proxied(407, login=f"user:{_PASSWORD}@"),
        check=_names_proxy,
        names_host=False,
        says=("407",),
    ),
    Scenario(
        "a proxy that dies midway",
        ("row 10",),
        "the first connections end after 100 kB",
        files=SMALL,
        prepare=proxied(deaths=4, most=100_000),
        most=1.6,
    ),
    Scenario(
        "a proxy that is down",
        ("row 10",),
        "nothing listens at the proxy's address",
        codes=(5,),
        files=TINY,
        lost=ALL,
        env={"HTTP_PROXY": "http://127.0.0.1:1"},
        prepare=lambda trial: trial.env_again.update(HTTP_PROXY=""),
        says=("127.0.0.1:1",),
        names_host=False,
        arguments=_NEVER,
    ),
    Scenario(
        "time is over amid the download",
        ("hung: --max-time",),
        "--max-time 6 at 2 MiB a second",
        codes=(5,),
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
        codes=(5,),
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
        codes=(5,),
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
