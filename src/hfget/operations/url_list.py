"""`hfget urls`: a snapshot's files as another program fetches or checks them."""

from __future__ import annotations

from collections.abc import Sequence

from hfget import events
from hfget.destinations import check_hostile
from hfget.endpoints import host_of, origin_of
from hfget.errors import UsageError
from hfget.external import FORMATS, WITH_TOKEN, Download, written
from hfget.http import header_value
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.model import URL_PREFIXES, RemoteFile, Snapshot
from hfget.operations.run import Run
from hfget.settings import Settings
from hfget.sources import content_url
from hfget.system import count_text, safe_text


def downloads_of(
    run: Run, format: str, observer: events.Observer, *, with_token: bool = False
) -> list[str]:
    """The lines of a list of the wanted files, in a format of `hfget.external`.

    Raises UsageError for another format, and where the token is to be in it, which has no place
    for it, or no token is known; UnsafeError for a listing whose paths lead out of a folder; what
    `Run.snapshot` raises.
    """
    if format not in FORMATS:
        raise UsageError(
            texts.NOT_A_FORMAT(format=safe_text(format, 40), formats=", ".join(FORMATS)),
            hint=advice.URLS_HELP,
        )
    if with_token and format not in WITH_TOKEN:
        raise UsageError(
            texts.FORMAT_WITHOUT_TOKEN(format=format),
            hint=advice.GIVE_FORMAT(formats=", ".join(WITH_TOKEN[:-1]), last=WITH_TOKEN[-1]),
        )
    snapshot = run.snapshot()
    files = run.selected(snapshot)
    check_hostile(file.path for file in files)
    authorization = _authorization(run.settings, snapshot.endpoint) if with_token else ""
    for text in _remarks(format, snapshot, files, with_token=with_token):
        observer(events.Note(text, "warning" if with_token else "info"))
    return written(
        format,
        (Download(file, content_url(snapshot, file), authorization) for file in files),
    )


def _remarks(
    format: str, snapshot: Snapshot, files: Sequence[RemoteFile], *, with_token: bool
) -> list[str]:
    """What the reader of such a list would not expect."""
    lines: list[str] = []
    if with_token:
        lines.append(texts.LIST_HAS_TOKEN)
        if format == "aria2c":
            lines.append(texts.ARIA2C_SENDS_TOKEN)
    plain = sum(not file.sha256 for file in files)
    if format == "checksums" and plain:
        lines.append(texts.WITHOUT_SHA256(files=count_text(plain, "file")))
    if format == "wget" and any("/" in file.path for file in files):
        depth = f"{URL_PREFIXES[snapshot.ref.repo_type]}{snapshot.ref.repo_id}".count("/") + 3
        lines.append(texts.KEEP_FOLDERS(depth=depth))
    return lines


def _authorization(settings: Settings, endpoint: str) -> str:
    """What the endpoint is to be sent. Raises UsageError where no token is for it."""
    origin = origin_of(endpoint)
    if (credential := settings.credentials.get(origin)) is not None:
        return header_value(credential)
    withheld = settings.withheld_tokens.get(origin)
    host = host_of(endpoint)
    if withheld is None:
        raise UsageError(texts.NO_TOKEN_FOR(host=host), hint=advice.SET_TOKEN)
    raise UsageError(
        texts.TOKEN_STAYS_HERE(host=host, source=withheld.source, why=withheld.why),
        hint=withheld.remedy,
    )
