"""All endpoints that are known, probed at once, and held against each other."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from hfget.endpoints import (
    DEFAULT_ENDPOINT,
    ENDPOINT_NAMES,
    NamedEndpoint,
    host_of,
    is_official,
    named_endpoints,
    with_mirrors,
    without_login,
)
from hfget.errors import UnsafeError
from hfget.http import Credentials, choose_credentials
from hfget.limits import PROBE_SECONDS
from hfget.messages import operations_texts as texts
from hfget.model import RepoRef
from hfget.operations.chosen_endpoints import read_reference
from hfget.operations.probes import probe_findings
from hfget.operations.probes.endpoint_probe import EndpointProbe, Probed
from hfget.options import DownloadOptions
from hfget.selection import split_words

#: Small, public, and on every mirror that copies what is asked for.
PROBED_REPO = "openai-community/gpt2"


class AskedEndpoint(NamedTuple):
    """An endpoint and what names it: an option, a variable, the pasted URL; or `known`."""

    endpoint: str
    named_by: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What all of them did, in the order of preference."""

    ref: RepoRef
    probed: tuple[Probed, ...]

    @property
    def best(self) -> Probed | None:
        """The fastest of those that work; the first of them where no speed could be told."""
        working = [each for each in self.probed if each.works]
        return max(working, key=lambda each: each.speed or 0.0, default=None)

    @property
    def others(self) -> tuple[Probed, ...]:
        """Those that work beside the best."""
        return tuple(each for each in self.probed if each.works and each is not self.best)

    @property
    def exit_code(self) -> int:
        """0 if one works, else that of a download from the first."""
        return 0 if self.best else self.probed[0].exit_code


def candidates(
    flags: Sequence[str], ref: RepoRef, env: Mapping[str, str] = os.environ
) -> list[AskedEndpoint]:
    """The endpoints to ask: those that `--endpoint` names, else all that are configured or known.

    Raises UsageError for what is not an address.
    """
    if flags:
        found = [AskedEndpoint(each.url, "--endpoint") for each in named_endpoints(flags, {})]
    else:
        found = [AskedEndpoint(ref.endpoint, texts.PROBE_URL)] if ref.endpoint else []
        found += [AskedEndpoint(each.url, "HF_ENDPOINT") for each in named_endpoints((), env)]
        for named in with_mirrors(NamedEndpoint(DEFAULT_ENDPOINT, "default"), env):
            named_by = "known" if named.source == "default" else "HFGET_MIRRORS"
            found.append(AskedEndpoint(named.url, named_by))
        found += [AskedEndpoint(url, "known") for url in ENDPOINT_NAMES.values()]
    first: dict[str, AskedEndpoint] = {}
    for each in found:
        first.setdefault(each.endpoint, each)
    return list(first.values())


def probe_all(repo: str, options: DownloadOptions) -> SideBySide:
    """Ask all candidates for `repo`, each in a thread, for PROBE_SECONDS at most.

    Raises UsageError for what is not a repo, an address or a token.
    """
    ref, named = read_reference(repo, options, None)
    asked = candidates([one for one in options.endpoint if one.strip()], ref)
    chosen = _credentials(asked, named, options)
    probes = [EndpointProbe(*each, ref, chosen) for each in asked]
    deadline = time.monotonic() + PROBE_SECONDS
    try:
        for probe in probes:
            threading.Thread(target=probe.run, name="hfget-probe", daemon=True).start()
        for probe in probes:
            probe.done.wait(max(0.0, deadline - time.monotonic()))
    finally:
        for probe in probes:
            probe.abandon()
    for probe in probes:
        if probe.crash is not None:
            raise probe.crash
    return SideBySide(ref, _compared([probe.result() for probe in probes]))


def _credentials(
    asked: Sequence[AskedEndpoint], named: Sequence[NamedEndpoint], options: DownloadOptions
) -> Credentials | None:
    """What a download would send to those that are `named` for it, and to the others further on.

    None where a secret would travel in the clear: the probe of that endpoint says so, and no token
    is sent to any.
    """
    known = {without_login(one.url) for one in named}
    further = [
        NamedEndpoint(one.endpoint, "further")
        for one in asked
        if without_login(one.endpoint) not in known
    ]
    try:
        return choose_credentials(
            (*named, *further),
            flag=options.token,
            use_ambient=options.ambient_token,
            send_to=split_words(options.send_token_to),
        )
    except UnsafeError:
        return None


def _compared(probed: Sequence[Probed]) -> tuple[Probed, ...]:
    """With what shows only beside others: a clock that is wrong, a mirror that is behind."""
    ahead = [each.ahead for each in probed if each.ahead is not None]
    wrong = [one for one in ahead if abs(one) >= probe_findings.WRONG_CLOCK_SECONDS]
    agreed = len(wrong) > 1 and len(wrong) == len(ahead)
    hub = next((each for each in probed if each.commit and is_official(each.endpoint)), None)
    compared = []
    for each in probed:
        found = []
        if each.ahead is not None:
            found.append(probe_findings.of_clock(each.host, each.ahead, agreed=agreed))
        if hub and each.commit and each.commit != hub.commit:
            host = host_of(f"{hub.endpoint}/")
            found.append(probe_findings.of_commit(each.host, each.commit, host, hub.commit))
        new = tuple(finding for finding in found if finding is not None)
        compared.append(replace(each, findings=each.findings + new))
    return tuple(compared)
