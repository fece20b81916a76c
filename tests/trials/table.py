"""All scenarios, section by section."""

from __future__ import annotations

from tests.trials import (
    connecting,
    corruption,
    disk,
    file_names,
    folders,
    labels,
    listings,
    mirrors,
    network,
    nginx,
    programs,
    redirects,
    refusals,
    resumption,
    signals,
    tls,
    tokens,
    usage,
)
from tests.trials.scenario import Scenario

SECTIONS: dict[str, tuple[Scenario, ...]] = {
    "network": network.SCENARIOS,
    "connecting": connecting.SCENARIOS,
    "tls": tls.SCENARIOS,
    "refusals": refusals.SCENARIOS,
    "corruption": corruption.SCENARIOS,
    "labels": labels.SCENARIOS,
    "listings": listings.SCENARIOS,
    "nginx": nginx.SCENARIOS,
    "programs": programs.SCENARIOS,
    "mirrors": mirrors.SCENARIOS,
    "redirects": redirects.SCENARIOS,
    "file names": file_names.SCENARIOS,
    "disk": disk.SCENARIOS,
    "folders": folders.SCENARIOS,
    "resumption": resumption.SCENARIOS,
    "signals": signals.SCENARIOS,
    "tokens": tokens.SCENARIOS,
    "usage": usage.SCENARIOS,
}
SCENARIOS = {
    f"{section}: {scenario.name}": scenario
    for section, scenarios in SECTIONS.items()
    for scenario in scenarios
}

#: One of each kind, for the normal test run; `make trials` runs all of them.
QUICK = (
    "network: reset once per file",
    "network: closed too early without a length",
    "network: silence in the head, once",
    "network: crumbs",
    "connecting: a name that is not known for a while",
    "refusals: 429 with the hub's header",
    "refusals: a signature that expires",
    "refusals: 404 that is final",
    "corruption: one flipped bit, always",
    "labels: labelled text/html",
    "labels: a part that does not say which, always",
    "corruption: other data under a right Content-Range",
    "corruption: a body without end",
    "listings: another size than the CDN's",
    "corruption: the LFS pointer instead of the file",
    "file names: refused: parent amid",
    "file names: taken as it is: markup",
    "programs: nginx, slices",
    "programs: squid with a password",
    "mirrors: a listing that swells",
    "redirects: to another origin and back",
    "mirrors: a planted link: .cache/huggingface",
    "disk: no space at a later journal record",
    "folders: the folder becomes a link midway",
    "tls: TLS cut without close_notify",
    "connecting: time is over amid the download",
    "connecting: connecting hangs",
    "tokens: signed queries in every failure",
    "tokens: HF_TOKEN for a private repo",
    "usage: eight at once, and no locks",
)
