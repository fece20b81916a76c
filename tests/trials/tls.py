"""Section: TLS with a private CA, and proxies."""

from __future__ import annotations

from collections.abc import Callable

from tests.hub.repos import MiB
from tests.support.certificates import PrivateCA
from tests.trials import middleboxes
from tests.trials.connecting import ONE_RETRY, TINY, at, back
from tests.trials.scenario import ALL, MIXED, SMALL, Scenario
from tests.trials.trial import Trial

NO_CDN = {"cdn": False}

_BREAKS = 4
_PASSWORD = "pass-word-of-the-proxy"


def tls(which: str, *, trusted: bool = True, breaks: int = 0, most: int = 0) -> Callable[..., None]:
    def prepare(trial: Trial) -> None:
        folder = trial.base / "ca"
        folder.mkdir()
        ca = PrivateCA(folder)
        front = middleboxes.TlsFront(
            trial.stack, getattr(ca, which), trial.hub.endpoint, breaks, most
        )
        trial.notes["front"] = front
        trial.endpoint = front.url
        trial.env["HFGET_TOKEN_ORIGINS"] = front.url
        if trusted:
            trial.env["SSL_CERT_FILE"] = str(ca.bundle)

    return prepare


def proxied(
    status: int | None = None, breaks: int = 0, most: int = 0, login: str = ""
) -> Callable[[Trial], None]:
    def prepare(trial: Trial) -> None:
        proxy = middleboxes.Proxy(trial.stack, status, breaks, most)
        trial.env["HTTP_PROXY"] = f"http://{login}{proxy.address}"
        trial.env["http_proxy"] = trial.env["HTTP_PROXY"]
        trial.env_again = {"HTTP_PROXY": "", "http_proxy": ""}
        trial.canaries.append(_PASSWORD)
        trial.notes["front"] = proxy

    return prepare


def _names_proxy(trial: Trial) -> None:
    assert trial.notes["front"].address in trial.text, "the proxy is not named"


def _broken(trial: Trial) -> None:
    """It came to that, and what had come through before was not fetched again.

    What the front took from the hub and could not pass on is not counted.
    """
    front = trial.notes["front"]
    assert front.broken == _BREAKS, f"{front.broken} connections were broken off"
    assert front.carried <= 1.25 * trial.size, f"{front.carried / trial.size:.2f} × the size"


def _all_through_it(trial: Trial) -> None:
    assert len(trial.notes["front"].heads) >= len(trial.hub.log), "somebody went past the proxy"


def _soon(seconds: float) -> Callable[[Trial], None]:
    def check(trial: Trial) -> None:
        assert trial.ended[0].seconds < seconds, f"took {trial.ended[0].seconds:.0f} s"

    return check


SCENARIOS = (
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
        prepare=tls("trusted", breaks=_BREAKS, most=MiB),
        check=_broken,
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
            says=("certificate", "a CA of its own"),
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
        arguments=ONE_RETRY,
    ),
    Scenario(
        "a proxy",
        ("row 10",),
        "everything through a proxy with a password",
        prepare=proxied(login=f"user:{_PASSWORD}@"),
        check=_all_through_it,
    ),
    Scenario(
        "a proxy that wants a password",
        (
            "row 10",
            "row 66",
            "network: proxy that demands auth (407)",
            "tokens: proxy passwords too",
        ),
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
        prepare=proxied(breaks=_BREAKS, most=100_000),
        check=_broken,
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
        arguments=ONE_RETRY,
    ),
)
