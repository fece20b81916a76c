"""All scenarios, section by section."""

from __future__ import annotations

from tests.trials import (
    deaths,
    disk,
    folders,
    labels,
    leftovers,
    lies,
    listings,
    mirrors,
    names,
    network,
    nginx,
    redirections,
    refusals,
    secrecy,
    tls,
    ways,
    wishes,
)
from tests.trials.scenario import Scenario

SECTIONS: dict[str, tuple[Scenario, ...]] = {
    "network": network.SCENARIOS,
    "ways": ways.SCENARIOS,
    "tls": tls.SCENARIOS,
    "refusals": refusals.SCENARIOS,
    "lies": lies.SCENARIOS,
    "labels": labels.SCENARIOS,
    "listings": listings.SCENARIOS,
    "nginx": nginx.SCENARIOS,
    "mirrors": mirrors.SCENARIOS,
    "redirects": redirections.SCENARIOS,
    "names": names.SCENARIOS,
    "disk": disk.SCENARIOS,
    "folders": folders.SCENARIOS,
    "leftovers": leftovers.SCENARIOS,
    "deaths": deaths.SCENARIOS,
    "secrets": secrecy.SCENARIOS,
    "wishes": wishes.SCENARIOS,
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
    "ways: a name that is not known for a while",
    "refusals: 429 with the hub's header",
    "refusals: a signature that expires",
    "refusals: 404 that is final",
    "lies: one flipped bit, always",
    "labels: labelled text/html",
    "labels: a part that does not say which, always",
    "lies: other data under a right Content-Range",
    "lies: a body without end",
    "listings: another size than the CDN's",
    "lies: the LFS pointer instead of the file",
    "names: refused: parent amid",
    "names: taken as it is: markup",
    "mirrors: a listing that swells",
    "redirects: to another origin and back",
    "mirrors: a planted link: .cache/huggingface",
    "disk: no space at a later journal record",
    "folders: the folder becomes a link midway",
    "tls: TLS cut without close_notify",
    "ways: time is over amid the download",
    "ways: connecting hangs",
    "secrets: signed queries in every failure",
    "secrets: HF_TOKEN for a private repo",
    "wishes: eight at once, and no locks",
)
