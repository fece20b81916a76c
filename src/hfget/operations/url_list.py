"""`hfget urls`: a snapshot's files as another program fetches or checks them."""

from __future__ import annotations

from collections.abc import Sequence

from hfget import events
from hfget.destinations import check_hostile
from hfget.endpoints import host_of, origin_of
from hfget.errors import UsageError
from hfget.external import FORMATS, WITH_TOKEN, Download, written
from hfget.http import header_value
from hfget.model import URL_PREFIXES, RemoteFile, Snapshot
from hfget.operations.run import Run
from hfget.settings import Settings
from hfget.sources import content_url
from hfget.system import count_text, safe_text


def downloads_of(
    run: Run, format: str, observer: events.Observer, *, with_token: bool = False
) -> list[str]:
    """The lines of a list of the wanted files, in a format of `hfget.external`.

    Raises UsageError for another format, and where the token is to be in it and there is no place
    for it, or no token; UnsafeError for a listing whose paths lead out of a folder; what
    `Run.snapshot` raises.
    """
    if format not in FORMATS:
        raise UsageError(
            f"--format {safe_text(format, 40)} is none of {', '.join(FORMATS)}",
            hint="hfget urls --help",
        )
    if with_token and format not in WITH_TOKEN:
        raise UsageError(
            f"--with-token: the format {format} has no place for a token",
            hint=f"give --format {', '.join(WITH_TOKEN[:-1])} or {WITH_TOKEN[-1]}",
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
    lines = []
    if with_token:
        lines.append("the list holds your token: write it to no file that others can read")
        if format == "aria2c":
            lines.append("aria2c sends the token to every host that it is redirected to")
    plain = sum(not file.sha256 for file in files)
    if format == "checksums" and plain:
        lines.append(
            f"{count_text(plain, 'file')} without a sha256, only with a git hash: a comment each, "
            "which sha256sum passes over; hfget verify checks them"
        )
    if format == "wget" and any("/" in file.path for file in files):
        depth = f"{URL_PREFIXES[snapshot.ref.repo_type]}{snapshot.ref.repo_id}".count("/") + 3
        lines.append(f"to keep the folders of the repo: wget -x -nH --cut-dirs={depth} -i FILE")
    return lines


def _authorization(settings: Settings, endpoint: str) -> str:
    """What the endpoint is to be sent. Raises UsageError where there is no token for it."""
    origin = origin_of(endpoint)
    if (credential := settings.credentials.get(origin)) is not None:
        return header_value(credential)
    withheld = settings.withheld_tokens.get(origin)
    why = f"; {withheld.source} stays here: {withheld.why}" if withheld else ""
    raise UsageError(
        f"--with-token: there is no token for {host_of(endpoint)}{why}",
        hint=withheld.remedy if withheld else "set HF_TOKEN, or give --token-file FILE",
    )
