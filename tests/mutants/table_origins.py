"""Checks of where a token may be sent."""

from __future__ import annotations

from tests.mutants.check import checks

_ORIGIN = "origin"

CHECKS = [
    *checks(
        _ORIGIN,
        "http/keyring.py",
        (
            "http/test_client.py",
            "hub/test_pin.py",
            "http/test_client_plain_http.py",
            "sources/test_http_source.py",
            "operations/test_token_endpoints.py",
        ),
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
        "http/sealed_credentials.py",
        ("http/test_sealed_credentials.py",),
        ("SealedCredentials.__repr__", "'***'", "str(self.__reduce__())"),
    ),
    *checks(
        _ORIGIN,
        "http/client.py",
        (
            "http/test_client.py",
            "hub/test_pin.py",
            "hub/test_pages_hostile.py",
            "http/test_client_plain_http.py",
            "sources/test_http_source.py",
        ),
        (
            "HttpClient.next_address",
            "self.rules.allow_private or self._was_inside(response.url)",
            "True",
        ),
    ),
    *checks(
        _ORIGIN,
        "http/sending.py",
        ("http/test_client_plain_http.py",),
        ("_keep_here", "not is_loopback_address(peer)", "False"),
    ),
    *checks(
        _ORIGIN,
        "external/programs.py",
        ("external/test_programs.py",),
        ("environment", "name not in _WITHHELD", ""),
        ("environment", "name.lower() not in _PROXIES", ""),
    ),
    *checks(
        _ORIGIN,
        "external/aria2c_file.py",
        ("external/test_aria2c_file.py",),
        ("Aria2cFile.bring", "address.authorized", "False"),
        ("Aria2cFile._publish", "actual != self._file.etag", "False"),
    ),
    *checks(
        _ORIGIN,
        "operations/probes/endpoint_probe.py",
        ("operations/test_endpoint_probe.py",),
        (
            "EndpointProbe._begin",
            "choose_credentials([named], flag=None, use_ambient=False)",
            "choose_credentials([named], flag=None)",
        ),
    ),
    *checks(
        _ORIGIN,
        "operations/probes/report_facts.py",
        ("operations/test_endpoint_probe.py",),
        ("_shown", "name in _SECRETS or name.endswith(_SECRET_ENDINGS)", "False"),
        ("_shown", "'@' in value.removeprefix('@')", "False"),
    ),
    *checks(
        _ORIGIN,
        "hub/pages.py",
        ("hub/test_pages_hostile.py", "hub/test_tree.py"),
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
        ("http/test_redirects.py",),
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
        ("http/test_credentials.py",),
        ("choose_credential", "not encrypted", "False"),
        ("_ambient", "allowed or endpoint_source in ('flag', 'environment')", "True"),
        ("_ambient", "not allowed", "False"),
        (
            "_ambient",
            "Credential(secret, name, origin_of(endpoint), eager=allowed)",
            "Credential(secret, name, origin_of(endpoint), eager=True)",
        ),
        ("_stored_login", "token_files.has_expired(path, secret.reveal())", "False"),
        (
            "_named",
            "(origin in _origins(hosts_named, 'HFGET_TOKEN_ORIGINS'), warnings)",
            "(True, ())",
        ),
    ),
    *checks(
        _ORIGIN,
        "http/token_files.py",
        ("http/test_credentials.py", "cli/test_token.py"),
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
        "http/credentials.py",
        ("operations/test_token_endpoints.py",),
        ("choose_credentials", "flag if number == 0 or is_wanted else None", "flag"),
        ("_ambient", "endpoint_source in ('flag', 'environment')", "True"),
    ),
    *checks(
        _ORIGIN,
        "http/rewrites.py",
        ("http/test_rewrites.py",),
        ("HostRules.check", "not self._strict or _host_and_port(url) in self._endpoints", "True"),
        (
            "HostRules.rerouted",
            "(hostname_of(endpoint), host_of(url)) not in self._unreached",
            "False",
        ),
        ("known_of", "host == domain or host.endswith(f'.{domain}')", "True"),
    ),
    *checks(
        _ORIGIN,
        "operations/failover.py",
        ("operations/test_failover.py",),
        ("Failover._may_be_asked", "not gated", "True"),
        ("Failover._may_be_asked", "with_token.isdisjoint(map(origin_of, gated))", "True"),
        ("Failover._may_be_asked", "origin_of(endpoint) in with_token", "True"),
    ),
    *checks(
        _ORIGIN,
        "hub/commit_holders.py",
        ("operations/test_failover.py",),
        ("CommitHolders._ask", "origin_of(answer.response.url) == client.home", "True"),
    ),
    *checks(
        _ORIGIN,
        "http/transport.py",
        ("http/test_client_plain_http.py",),
        ("_PlainConnection._check_peer", "not is_loopback_address(peer)", "False"),
        ("_Tracked.request", "headers is not None and 'Authorization' in headers", "False"),
    ),
]
