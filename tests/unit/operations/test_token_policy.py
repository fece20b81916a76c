"""The policy as a whole: every header at every origin, over all ways of three hops.

The commit comes by redirects, the listing by links to its next pages, over each of the ways
between three origins; then a whole download runs whose files come over one of them each.
"""

from __future__ import annotations

import base64
import itertools
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from hfget import python_api
from hfget.errors import HfgetError
from tests.support.loopback import Answer, Asked, Loopback, git_sha1

pytestmark = pytest.mark.usefixtures("no_proxies")

DATA = b"content\n"
COMMIT = "c" * 40
HOPS = 3
TREE = f"/api/models/org/m/tree/{COMMIT}"
SENT = Literal["at once", "when asked", "never"]
WAYS = list(itertools.product(range(3), repeat=HOPS))

NAMES = [f"{number}.txt" for number in range(len(WAYS))]


@dataclass(frozen=True)
class Policy:
    """Where a token is, what the user says about it, and when home is to see it."""

    sent: SENT
    options: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    login: bool = False
    in_endpoint: bool = False


TOKEN, HOST = "TOKEN", "HOST"
POLICIES = {
    "given": Policy("at once", {"token": TOKEN}),
    "in the endpoint's address": Policy("at once", in_endpoint=True),
    "HF_TOKEN": Policy("when asked", env={"HF_TOKEN": TOKEN}),
    "older name": Policy("when asked", env={"HUGGING_FACE_HUB_TOKEN": TOKEN}),
    "HF_TOKEN for a host": Policy("at once", {"send_token_to": HOST}, {"HF_TOKEN": TOKEN}),
    "HF_TOKEN for an origin": Policy(
        "at once", env={"HF_TOKEN": TOKEN, "HFGET_TOKEN_ORIGINS": f"http://{HOST}"}
    ),
    "HF_TOKEN, no token": Policy("never", {"ambient_token": False}, {"HF_TOKEN": TOKEN}),
    "HF_TOKEN, not implicit": Policy(
        "never", env={"HF_TOKEN": TOKEN, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
    ),
    "login": Policy("never", login=True),
    "login for another host": Policy("never", {"send_token_to": ["mirror.test"]}, login=True),
    "login for a host": Policy("at once", {"send_token_to": [HOST]}, login=True),
    "login for an origin": Policy("at once", env={"HFGET_TOKEN_ORIGINS": HOST}, login=True),
    "login, no token": Policy("never", {"ambient_token": False}, login=True),
}


class World:
    """Three origins and a way between them, from the first, which may ask for a token."""

    def __init__(self, stack: ExitStack, *, private: bool) -> None:
        self.private = private
        self.way: tuple[int, ...] = ()
        self.origins: list[Loopback] = []
        for number in range(3):
            self.origins.append(stack.enter_context(Loopback(self._answers(number))))

    @property
    def home(self) -> Loopback:
        return self.origins[0]

    def at_home(self, asked: Asked) -> bool:
        """Whether the way to this request never left the first origin."""
        return not any(self._way(asked)[: self._hops(asked)])

    def _way(self, asked: Asked) -> tuple[int, ...]:
        name, dot, _ = asked.target.rpartition("/")[2].partition(".txt")
        return WAYS[int(name)] if dot else self.way

    @staticmethod
    def _hops(asked: Asked) -> int:
        first, _, rest = asked.target.lstrip("/").partition("/")
        return int(first.removeprefix("hop")) if first.startswith("hop") and rest else 0

    def _answers(self, number: int) -> Callable[[Asked], Answer]:
        def answer(asked: Asked) -> Answer:
            hops, plane = self._hops(asked), asked.target.rpartition("/")[2].partition("?")[0]
            headers = {"Set-Cookie": f"c{number}=1; Path=/"}
            if self.private and not hops and "authorization" not in asked.headers:
                return Answer(b"{}", 401, headers)
            following = ""
            if hops < HOPS:
                following = (
                    f"{self.origins[self._way(asked)[hops]].url}/hop{hops + 1}/{plane}?sig=1"
                )
            if plane == COMMIT:
                entry = {"type": "file", "size": len(DATA), "oid": git_sha1(DATA)}
                page = [{**entry, "path": name} for name in NAMES[hops :: HOPS + 1]]
                # a link with a query would be asked at the endpoint itself
                address = following.partition("?")[0]
                link = {"Link": f'<{address}>; rel="next"'} if following else {}
                return Answer(json.dumps(page).encode(), headers=headers | link)
            if following:
                return Answer(b"", 302, headers | {"Location": following})
            if plane == "m":
                siblings = [{"rfilename": name} for name in NAMES]
                info = {"id": "org/m", "sha": COMMIT, "siblings": siblings}
                return Answer(json.dumps(info).encode(), headers=headers)
            return Answer(DATA, headers=headers)

        return answer


def forms(token: str) -> set[str]:
    """A secret, its halves, and what may be made of them."""
    parts = {token, token[: len(token) // 2], token[len(token) // 2 :]}
    return parts | {base64.b64encode(f"user:{token}".encode()).decode().rstrip("=")}


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
@pytest.mark.parametrize("name", POLICIES)
def test_a_token_is_seen_at_home_alone_and_only_as_the_policy_says(
    name: str, private: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, token = POLICIES[name], "made-up-" + secrets.token_hex(12)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))
    if policy.login:
        (tmp_path / "token").write_text(token)
        (tmp_path / "token").chmod(0o600)
    for variable in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HFGET_TOKEN_ORIGINS", "HF_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    with ExitStack() as stack:
        world = World(stack, private=private)
        host = world.home.url.partition("://")[2]

        def filled(value: Any) -> Any:
            if isinstance(value, list):
                return [filled(each) for each in value]
            return (
                value.replace(TOKEN, token).replace(HOST, host) if value.__class__ is str else value
            )

        for variable, value in policy.env.items():
            monkeypatch.setenv(variable, filled(value) if variable != "HF_TOKEN" else token)
        options = {key: filled(value) for key, value in policy.options.items()}
        user = f"user:{token}@" if policy.in_endpoint else ""
        options |= {"endpoint": f"http://{user}{host}", "local_dir": tmp_path / "m"}
        for world.way in WAYS:
            ask(world, policy, token, lambda: python_api.plan("org/m", retries=0, **options))
        ask(world, policy, token, lambda: python_api.download("org/m", retries=0, **options))
    if not (private and policy.sent == "never"):
        assert all((tmp_path / "m" / name).read_bytes() == DATA for name in NAMES)


def ask(world: World, policy: Policy, token: str, run: Callable[[], object]) -> None:
    """Run, and look at what came to the origins."""
    for origin in world.origins:
        origin.asked.clear()
    refused = world.private and policy.sent == "never"
    try:
        run()
    except HfgetError as error:
        assert refused and error.exit_code == 4
        assert token not in f"{error} {error.hint}" and "was not sent" in error.hint
        can_be_sent = not policy.options.keys() & {"ambient_token"} and not policy.env
        assert ("--send-token-to" in error.hint) is can_be_sent
    else:
        assert not refused
    check(world, policy, token)


def check(world: World, policy: Policy, token: str) -> None:
    """Every header of every request since the way was set."""
    secret = forms(token)
    for number, origin in enumerate(world.origins):
        for asked in origin.asked:
            headers = dict(asked.headers)
            authorization = headers.pop("authorization", "")
            rest = asked.target + json.dumps(headers)
            assert not any(form in rest for form in secret), (number, asked)
            assert not {"cookie", "referer", "proxy-authorization"} & headers.keys()
            expected = policy.sent == "at once" and number == 0 and world.at_home(asked)
            if policy.sent == "when asked" and number == 0 and world.at_home(asked):
                continue
            assert bool(authorization) is expected, (number, asked)
    if policy.sent == "when asked":
        sent = ["authorization" in asked.headers for asked in world.home.asked]
        assert not sent[0] and any(sent) is world.private
