"""A probe sends what was chosen for it, and a report about the machine holds no secret."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hfget.endpoints import host_of
from hfget.http import Credentials
from hfget.model import RepoRef
from hfget.operations.probes.endpoint_probe import EndpointProbe
from hfget.operations.probes.report_facts import all_facts
from hfget.settings import Credential
from hfget.system import Secret
from tests.support.loopback import Answer, Loopback, made_up_token

REF = RepoRef("org/name")
pytestmark = pytest.mark.usefixtures("no_proxies")


def test_neither_variable_nor_login_goes_along_unless_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Loopback(lambda asked: Answer(b"{}", status=401)) as server:
        monkeypatch.setenv("HF_TOKEN", made_up_token())
        monkeypatch.setenv("HF_HOME", str(tmp_path))
        (tmp_path / "token").write_text(made_up_token())
        monkeypatch.setenv("HFGET_TOKEN_ORIGINS", server.url)
        probe = EndpointProbe(server.url, "known", REF)
        probe.run()
    assert probe.crash is None and server.asked
    assert not [one for one in server.asked if "authorization" in one.headers]
    (finding,) = probe.result().findings
    assert (finding.kind, finding.exit_code) == ("not-allowed", 4)


def test_of_a_gated_repo_the_endpoint_is_named_that_says_so() -> None:
    gated = Answer(b"{}", status=403, headers={"X-Error-Code": "GatedRepo"})
    with Loopback(lambda asked: gated) as server:
        probe = EndpointProbe(server.url, "known", REF)
        probe.run()
    (finding,) = probe.result().findings
    assert "is gated" in finding.text and host_of(f"{server.url}/") in finding.text


def test_of_what_is_chosen_only_its_own_goes_along() -> None:
    tokens = [made_up_token(), made_up_token()]
    with Loopback(lambda asked: Answer(b"{}", status=401)) as server:
        origins = [server.url, server.url.replace("127.0.0.1", "localhost")]
        chosen = Credentials(
            {
                origin: Credential(Secret(token), "HF_TOKEN", origin, eager=True)
                for origin, token in zip(origins, tokens, strict=True)
            },
            {},
        )
        probe = EndpointProbe(server.url, "known", REF, chosen)
        probe.run()
    assert probe.crash is None
    assert {one.headers.get("authorization") for one in server.asked} <= {
        f"Bearer {tokens[0]}",
        None,
    }
    assert server.asked[0].headers["authorization"] == f"Bearer {tokens[0]}"


def test_the_login_in_its_own_address_does() -> None:
    password = made_up_token()
    with Loopback(lambda asked: Answer(b"{}", status=404)) as server:
        probe = EndpointProbe(server.url.replace("//", f"//me:{password}@"), "known", REF)
        probe.run()
    login = base64.b64encode(f"me:{password}".encode()).decode()
    assert {one.headers["authorization"] for one in server.asked} == {f"Basic {login}"}
    assert password not in repr(probe.result())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", "{}"),
        ("HUGGING_FACE_HUB_TOKEN", "{}"),
        ("HF_OTHER_SECRET", "{}"),
        ("HTTPS_PROXY", "http://me:{}@proxy.test:80"),
        ("http_proxy", "me:{}@proxy.test:80"),
        ("ALL_PROXY", "socks5://me:{}@proxy.test"),
        ("HF_ENDPOINT", "https://me:{}@hub.test"),
        ("HF_ENDPOINT", "https://me:a@{}@hub.test"),
        ("HFGET_TOKEN_ORIGINS", "https://hub.test?token={}"),
    ],
)
def test_no_secret_stands_in_the_report(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    secret = made_up_token()
    monkeypatch.setenv(name, value.format(secret))
    facts = all_facts({})
    assert secret not in repr(facts)
    (fact,) = [one for one in facts if one.name == name]
    assert fact.value and fact.source == "env file"


def test_the_home_folder_is_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_CACHE", f"{tmp_path}-other/hub")
    values = {fact.name: fact.value for fact in all_facts({})}
    assert values["HF_HOME"] == "~/hf"
    assert values["Hub cache"] == f"{tmp_path}-other/hub"
