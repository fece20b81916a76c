"""Why none of several endpoints can send a file: what ends it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hfget.errors import (
    DataHostError,
    HfgetError,
    NetworkError,
    UnreachableError,
    VerificationError,
)
from hfget.messages import advice, joined
from hfget.messages import source_texts as texts
from hfget.model import RemoteFile
from hfget.sources.mirror_health import MirrorHealth


def why_none_is_left(
    file: RemoteFile,
    health: MirrorHealth,
    places: Collection[str],
    lacking: Mapping[str, HfgetError],
    totals: Mapping[str, int],
) -> HfgetError | None:
    """What speaks against every endpoint; None as long as one of `places` may bring the file.

    `lacking` says what an endpoint answered that does not have it, the preferred one first,
    `totals` how many bytes it has where that is not what is listed.
    """
    if len(totals) > 1 and len({*totals.values()}) == 1 and totals.keys() >= {*places}:
        return VerificationError(
            texts.LISTED_SIZE_WRONG(
                places=joined(totals, ", "), total=next(iter(totals.values())), size=file.size
            ),
            path=file.path,
            hint=advice.NAME_LISTER_FIRST,
        )
    if not places:
        if lacking:
            return next(iter(lacking.values()))
        out = [use for use in health.report() if use.state == "out"]
        why = joined((f"{use.place}: {use.why}" for use in out), "; ")
        return NetworkError(
            texts.NO_ENDPOINT_LEFT(path=file.path, why=why),
            path=file.path,
            hint=advice.OTHER_MIRROR,
        )
    if reasons := health.hopeless(places):
        of_data = all(isinstance(reason, DataHostError) for reason in reasons)
        kind = DataHostError if of_data else UnreachableError
        return kind(
            joined(dict.fromkeys(reason.message for reason in reasons), "; "),
            path=file.path,
            url=reasons[0].url,
            hint=reasons[0].hint if of_data else advice.RUN_AGAIN_OR_OTHER_MIRROR,
        )
    return None
