"""Checks of where a token may be sent."""

from __future__ import annotations

from tests.mutants.check import checks

_ORIGIN = "origin"

CHECKS = [
    *checks(
        _ORIGIN,
        "http/keyring.py",
        ("test_http.py", "test_hub.py", "test_in_the_clear.py", "test_source.py"),
        (
            "Keyring.authorization",
            "self._credentials.get(origin)",
            "next(iter(self._credentials.values()), None)",
        ),
        ("Keyring.authorization", "origin not in self._unlocked", "False"),
        ("Keyring.authorization", "origin in self._withheld", "False"),
        ("Keyring.authorization", "proxy and origin.startswith('http:')", "False"),
        ("Keyring.keep_here", "credential is None or not credential.is_ambient", "False"),
        ("Keyring._go_without", "asked_for or not is_token_refused(response)", "True"),
        (
            "Keyring.of",
            "self._credentials.get(origin_of(url))",
            "next(iter(self._credentials.values()), None)",
        ),
    ),
    *checks(
        _ORIGIN,
        "http/client.py",
        (
            "test_http.py",
            "test_hub.py",
            "test_hub_hostile.py",
            "test_in_the_clear.py",
            "test_source.py",
        ),
        (
            "HttpClient.next_address",
            "self._allow_private or self._was_inside(response.url)",
            "True",
        ),
    ),
    *checks(
        _ORIGIN,
        "operations/endpoint_probe.py",
        ("test_probe.py",),
        (
            "EndpointProbe._begin",
            "choose_credentials([named], flag=None, use_ambient=False)",
            "choose_credentials([named], flag=None)",
        ),
    ),
    *checks(
        _ORIGIN,
        "operations/surroundings.py",
        ("test_probe.py",),
        ("_shown", "name in _SECRETS or name.endswith(_SECRET_ENDINGS)", "False"),
        ("_shown", "'@' in value.removeprefix('@')", "False"),
    ),
    *checks(
        _ORIGIN,
        "hub/pages.py",
        ("test_hub_hostile.py", "test_tree.py"),
        (
            "Pages.of",
            "at_home = answer.at_home and bool(url) and (origin_of(url) == self._client.home)",
            "",
        ),
        ("Pages.of", "answer.at_home", ""),
    ),
    *checks(
        _ORIGIN,
        "http/redirects.py",
        ("test_redirects.py",),
        ("follow", "scheme not in ('http', 'https')", "False"),
        (
            "follow",
            "not allow_private and is_private(target) and (not is_private(source))",
            "False",
        ),
        ("_absolute", "_MALFORMED.search(location)", ""),
    ),
    *checks(
        _ORIGIN,
        "http/credentials.py",
        ("test_credentials.py",),
        ("choose_credential", "not encrypted", "False"),
        ("_ambient", "allowed or endpoint_source in ('flag', 'environment')", "True"),
        ("_ambient", "not allowed", "False"),
        (
            "_ambient",
            "Credential(secret, name, origin_of(endpoint), eager=allowed)",
            "Credential(secret, name, origin_of(endpoint), eager=True)",
        ),
        ("_stored_login", "token_files.has_expired(path, secret.reveal())", "False"),
        ("_named", "(origin in _origins(texts, 'HFGET_TOKEN_ORIGINS'), warnings)", "(True, ())"),
    ),
    *checks(
        _ORIGIN,
        "http/token_files.py",
        ("test_credentials.py", "test_cli_token.py"),
        ("_check", "regular and (not stat.S_ISREG(found.st_mode))", "False"),
        (
            "_check",
            "os.name == 'posix' and os.geteuid() != 0 and (found.st_uid not in (0, os.geteuid()))",
            "False",
        ),
        ("_content", "len(content) > longest", "False"),
    ),
    *checks(
        _ORIGIN,
        "http/transport.py",
        ("test_in_the_clear.py",),
        ("_PlainConnection.request", "not is_loopback_address(peer)", "False"),
        ("_PlainConnection.request", "headers is not None and 'Authorization' in headers", "False"),
    ),
]
