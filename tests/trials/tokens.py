"""Section: tokens. Where they come from, where they go, what is malformed."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable

from tests.hub import Fault, effects
from tests.hub.repos import KiB
from tests.trials.scenario import ALL, Files, Scenario, everywhere
from tests.trials.trial import Trial

TINY: Files = {"w.bin": 20 * KiB, "b.bin": 3 * KiB, "c.json": '{"a": 1}'}
_SIGNATURE = "5" * 40
PRIVATE = {"private": ["org/m"]}


def _only_to_the_hub(trial: Trial) -> None:
    assert any(request.token_seen for request in trial.hub.requests("hub")), "it was not sent"


def _first_without(trial: Trial) -> None:
    """The hub is asked without the token, and with it once it has said no."""
    asked = trial.hub.requests("hub")
    assert not asked[0].authorization, "the token was sent unasked"
    assert asked[0].status in (401, 403, 404), asked[0].status
    _only_to_the_hub(trial)


def _not_sent(trial: Trial) -> None:
    assert not any(request.authorization for request in trial.hub.log), "a token was sent"


def flag(trial: Trial) -> None:
    """The token is on the command line, where the user put it."""
    del trial.env["HF_TOKEN"]
    trial.arguments += ["--token", trial.token]
    trial.on_command_line = True


def file(trial: Trial) -> None:
    del trial.env["HF_TOKEN"]
    path = trial.shell.directory / "token"
    path.write_text(f"\ufeff{trial.token}\n")
    path.chmod(0o600)
    trial.own_files.add(path)
    trial.arguments += ["--token-file", str(path)]


def lazy(trial: Trial) -> None:
    """HF_TOKEN for an endpoint that the user named, but allowed to no origin by name."""
    del trial.env["HFGET_TOKEN_ORIGINS"]


def stored(trial: Trial) -> None:
    """The login that `hf auth login` leaves, and an endpoint of somebody else."""
    del trial.env["HF_TOKEN"]
    del trial.env["HFGET_TOKEN_ORIGINS"]
    path = trial.shell.directory / "home" / "hf" / "token"
    path.parent.mkdir(parents=True)
    path.write_text(trial.token)
    path.chmod(0o600)
    trial.own_files.add(path)


def allowed(trial: Trial) -> None:
    trial.env["HFGET_TOKEN_ORIGINS"] = trial.hub.endpoint


def written_as(make: Callable[[str], str]) -> Callable[[Trial], None]:
    def prepare(trial: Trial) -> None:
        trial.env["HF_TOKEN"] = make(trial.token)

    return prepare


def right_again(trial: Trial) -> None:
    trial.env["HF_TOKEN"] = trial.token


def netrc(trial: Trial) -> None:
    path = trial.shell.directory / "home" / ".netrc"
    secret = "netrc-" + os.urandom(8).hex()
    path.write_text(f"machine 127.0.0.1 login somebody password {secret}\n")
    path.chmod(0o600)
    trial.own_files.add(path)
    trial.canaries.append(secret)
    trial.env["NETRC"] = str(path)
    trial.notes["netrc"] = base64.b64encode(f"somebody:{secret}".encode()).decode()


def _no_login_at_the_cdn(trial: Trial) -> None:
    assert not any(request.authorization for request in trial.hub.requests("cdn"))
    _only_to_the_hub(trial)


def dotenv(trial: Trial) -> None:
    """A folder with a `.env` that points elsewhere, as a cloned repo may hold one."""
    path = trial.shell.directory / ".env"
    path.write_text(
        f"HF_ENDPOINT={trial.hub.foreign}\nHTTPS_PROXY=http://127.0.0.1:1\n"
        "HTTP_PROXY=http://127.0.0.1:1\nSSL_CERT_FILE=/nothing\nPYTHONPATH=/nothing\n"
    )


def _nobody_else_asked(trial: Trial) -> None:
    assert not trial.hub.requests("foreign"), "the .env was read unasked"


def in_the_clear(trial: Trial) -> None:
    trial.endpoint = "http://hub.example.invalid"
    trial.arguments += ["--token", trial.token]
    trial.on_command_line = True


def at_home(trial: Trial) -> None:
    trial.endpoint = trial.hub.endpoint
    trial.arguments.clear()


def endpoint_login(trial: Trial) -> None:
    secret = "pass-" + os.urandom(8).hex()
    trial.canaries.append(secret)
    trial.endpoint = trial.hub.endpoint.replace("http://", f"http://user:{secret}@")
    del trial.env["HF_TOKEN"]


def environment_login(trial: Trial) -> None:
    """Back to the plain endpoint."""
    trial.endpoint = trial.hub.endpoint


def forged_signature(trial: Trial) -> None:
    trial.canaries.append(_SIGNATURE)


_FORMS: tuple[tuple[str, Callable[[str], str], tuple[int, ...]], ...] = (
    ("with a newline", lambda token: f"{token}\n", (0,)),
    ("in quotes", lambda token: f'"{token}"', (0,)),
    ("with a BOM", lambda token: f"\ufeff{token}", (0,)),
    ("with Bearer", lambda token: f"Bearer {token}", (0,)),
    ("with a header in it", lambda token: f"{token}\r\nX-Evil: 1", (2,)),
    ("not in ASCII", lambda token: f"{token}é", (2,)),
    ("of 10 kB", lambda token: token * 300, (2,)),
    ("of blanks", lambda token: "   ", (3, 4)),
)

SCENARIOS = (
    Scenario(
        "HF_TOKEN for a private repo",
        ("row 63", "row 65", "tokens: token only to the endpoint's origin"),
        "a private repo, HF_TOKEN, an endpoint the user named",
        files=TINY,
        hub=PRIVATE,
        prepare=lazy,
        check=_first_without,
    ),
    Scenario(
        "HF_TOKEN that a public repo does not need",
        ("row 63",),
        "a public repo, HF_TOKEN, an endpoint the user named",
        files=TINY,
        prepare=lazy,
        check=_not_sent,
    ),
    Scenario(
        "a token on the command line",
        ("row 65",),
        "--token VALUE",
        files=TINY,
        hub=PRIVATE,
        prepare=flag,
        check=_only_to_the_hub,
    ),
    Scenario(
        "a token on the command line, and a failure",
        ("row 65", "row 66", "tokens: not in logs, journal, metadata, process list"),
        "--token VALUE, the CDN answers 500 for ever",
        codes=(5,),
        files=TINY,
        hub=PRIVATE,
        prepare=flag,
        faults=(everywhere(effects.Status(500), origin="cdn"),),
        lost=("w.bin", "b.bin"),
        arguments=("--retries", "1"),
    ),
    Scenario(
        "a token from a file",
        ("row 65", "row 67"),
        "--token-file, with a BOM",
        files=TINY,
        hub=PRIVATE,
        prepare=file,
        check=_only_to_the_hub,
    ),
    Scenario(
        "a stored login and someone else's endpoint",
        ("row 63",),
        "the stored login does not go to a mirror, which asks for one",
        codes=(4,),
        files=TINY,
        hub=PRIVATE,
        prepare=stored,
        check=_not_sent,
        lost=ALL,
        says=("--send-token-to", "stored login"),
        mend=allowed,
    ),
    Scenario(
        "a stored login that a public repo does not need",
        ("row 63",),
        "the stored login does not go to a mirror",
        files=TINY,
        prepare=stored,
        check=_not_sent,
    ),
    Scenario(
        "netrc",
        ("row 64",),
        "an entry for the host in .netrc",
        files=TINY,
        hub=PRIVATE,
        prepare=netrc,
        check=_no_login_at_the_cdn,
    ),
    *(
        Scenario(
            f"a token {name}",
            ("row 67",),
            f"HF_TOKEN {name}",
            codes=codes,
            files=TINY,
            hub=PRIVATE,
            prepare=written_as(make),
            mend=right_again,
            lost=() if codes == (0,) else ALL,
        )
        for name, make, codes in _FORMS
    ),
    Scenario(
        "a .env no one named",
        ("row 69",),
        "a .env in the working directory sets HF_ENDPOINT and a proxy",
        files=TINY,
        prepare=dotenv,
        check=_nobody_else_asked,
    ),
    Scenario(
        "a token over plain http",
        ("row 62", "tokens: token only to the endpoint's origin"),
        "--token with an http endpoint that is not this machine",
        codes=(8,),
        files=TINY,
        lost=ALL,
        prepare=in_the_clear,
        mend=at_home,
        says=("in the clear",),
    ),
    Scenario(
        "a login in the endpoint's address",
        ("row 62", "row 66"),
        "HF_ENDPOINT with user and password",
        codes=(0, 4),
        files=TINY,
        prepare=endpoint_login,
        mend=environment_login,
        lost=None,
    ),
    *(
        Scenario(
            f"signed queries in every failure{word}",
            ("row 66", "tokens: signed queries are cut from messages"),
            "the CDN fails in many ways, one after the other",
            codes=(5,),
            files={"w.bin": 2_000_000, "b.bin": 3 * KiB, "c.json": "{}"},
            faults=(
                Fault(effects.Reset(), origin="cdn"),
                Fault(effects.Status(403, {}, b"<Error/>"), origin="cdn"),
                Fault(effects.Close(after_bytes=10), origin="cdn"),
                Fault(effects.Stall(None), origin="cdn"),
                everywhere(
                    effects.Redirect("{cdn}/x?X-Amz-Signature=" + _SIGNATURE), origin="cdn", skip=1
                ),
            ),
            prepare=forged_signature,
            lost=("w.bin", "b.bin"),
            arguments=("--retries", "3", *more),
        )
        for word, more in (("", ()), (", with --debug", ("--debug",)))
    ),
)
