"""What `hfget serve` was given, checked, and what it says of itself when it begins."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hfget import events
from hfget.endpoints import host_of, hostname_of, is_loopback, is_loopback_host
from hfget.errors import HfgetError, UsageError
from hfget.messages import advice, translated
from hfget.messages import cli_texts as texts
from hfget.settings import user_path
from hfget.system import cells, hub_cache, lazy_pattern, os_reason, safe_text, wrap

if TYPE_CHECKING:
    from hfget.operations import Upstream
    from hfget.server import Store, Tls

_HOST_NAME = lazy_pattern(r"\.?[\w-]+(?:\.[\w-]+)*|[0-9A-Fa-f:.]+", re.ASCII)
_ORIGIN = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+/?")
#: In a folder that was filled with a token: what is there is not for all to read.
FILLED = ".hfget-filled-with-token"


def places(folders: Sequence[str], *, cache: bool, keeping: bool) -> list[Path]:
    """The folders to serve; the first one keeps what is fetched. Raises UsageError."""
    found = [user_path(folder, texts.THE_PATH) for folder in folders]
    if cache:
        hub = hub_cache(os.environ)
        if hub is None or not (keeping or os.path.isdir(hub)):
            raise UsageError(texts.NO_HUB_CACHE, hint=advice.SERVE_NAMED)
        found.append(hub)
    found = found or [Path()]
    if keeping and not os.path.exists(found[0]):
        try:
            os.makedirs(found[0])
        except OSError as error:
            raise UsageError(
                texts.FOLDER_NOT_MADE(folder=safe_text(str(found[0])), reason=os_reason(error)),
                hint=advice.WRITABLE_FOLDER,
            ) from error
    for folder in found:
        if not os.path.isdir(folder):
            raise UsageError(
                texts.NOT_A_FOLDER(folder=safe_text(str(folder))), hint=advice.SERVE_DIR
            )
    return found


def kept_in(folder: Path) -> Path:
    """The Hub cache in `folder`: itself, or `hub` in a home of huggingface_hub."""
    return folder / "hub" if os.path.isdir(folder / "hub") else folder


def upstream(endpoints: Sequence[str], folder: Path, *, with_token: bool, quiet: bool) -> Upstream:
    """The hubs that are mirrored, kept in `folder`. Raises UsageError.

    Without `with_token` they are asked without one: then only what is public gets in.
    """
    from hfget.operations import Upstream
    from hfget.options import DownloadOptions

    options = DownloadOptions(ambient_token=with_token)
    return Upstream(endpoints, kept_in(folder), options, events.ignore if quiet else tell)


def check_filled(folders: Sequence[Path], *, protected: bool) -> None:
    """What was fetched with a token is not for all to read. Raises UsageError."""
    for folder in folders if not protected else ():
        marker = folder / FILLED
        if os.path.lexists(marker):
            raise UsageError(
                texts.FILLED_WITH_TOKEN(folder=safe_text(str(folder))),
                hint=advice.REQUIRE_TOKEN_OR_REMOVE(marker=safe_text(str(marker))),
            )


def mark_filled(folder: Path, *, with_token: bool) -> None:
    """Note that a token fetches into `folder`. Raises UsageError."""
    if not with_token:
        return
    try:
        (folder / FILLED).touch()
    except OSError as error:
        raise UsageError(
            texts.FOLDER_NOT_WRITABLE(folder=safe_text(str(folder)), reason=os_reason(error)),
            hint=advice.KEPT_ELSEWHERE,
        ) from error


def tls(cert: Path | None, key: Path | None) -> Tls | None:
    """Raises UsageError for what is not a certificate with its key."""
    from hfget.server import Tls

    if cert is None or key is None:
        if cert or key:
            raise UsageError(texts.CERT_WITHOUT_KEY, hint=advice.GIVE_CERT_AND_KEY)
        return None
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            texts.NO_CERTIFICATE(
                cert=safe_text(str(cert)),
                key=safe_text(str(key)),
                reason=safe_text(error.strerror or str(error)),
            ),
            hint=advice.PEM_ORDER,
        ) from error
    return Tls(cert, key)


def host_names(names: list[str]) -> list[str]:
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise UsageError(texts.HOST_NAME_ALONE(name=safe_text(name)), hint=advice.ALLOW_HOST)
    return names


def origins(given: list[str]) -> frozenset[str]:
    for origin in given:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise UsageError(texts.ORIGIN_FORM(origin=safe_text(origin)), hint=advice.ALLOW_ORIGIN)
    return frozenset(origin.rstrip("/") for origin in given)


def aliases(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not (old and equals and new):
            raise UsageError(texts.ALIAS_FORM(pair=safe_text(pair)), hint=advice.ALIAS)
        found[old.strip("/")] = new.strip("/")
    return found


def check_not_itself(endpoints: Sequence[str], port: int) -> None:
    """A mirror of itself would ask itself for ever. Raises UsageError."""
    for endpoint in endpoints:
        own = is_loopback(endpoint) or hostname_of(endpoint) == socket.gethostname().lower()
        if own and host_of(endpoint).endswith(f":{port}"):
            raise UsageError(
                texts.UPSTREAM_IS_SELF(endpoint=safe_text(endpoint)), hint=advice.OTHER_UPSTREAM
            )


def cannot_listen(host: str, port: int, error: OSError) -> HfgetError:
    reason = os_reason(error)
    return UsageError(
        texts.CANNOT_LISTEN(host=safe_text(host), port=port, reason=reason),
        hint=advice.OTHER_PORT,
    )


def url_of(host: str, port: int, tls: Tls | None) -> str:
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def introduce(
    store: Store, host: str, url: str, endpoints: Sequence[str], *, protected: bool
) -> None:
    """Say what is served, to whom, and how it is used."""
    repos = store.repos()
    if store.everything:
        say(texts.SERVES_ALL)
    if not repos and not endpoints:
        say(texts.NO_REPOS(root=store.roots[0]))
    for repo in repos:
        revisions = ", ".join(sorted(repo.folders))
        say(f"{repo} ({revisions})")
    if endpoints:
        say(texts.MIRRORS(endpoints=", ".join(endpoints), root=store.roots[0]))
    if is_loopback_host(host):
        say(texts.LOOPBACK_ONLY)
        say(texts.USE_WITH(url=url))
        return
    if protected:
        say(texts.CLIENTS_SHOW_TOKEN)
        if url.startswith("http:"):
            say(texts.TOKENS_IN_THE_CLEAR)
    else:
        say(texts.NO_AUTHENTICATION)
    wildcard = host in ("0.0.0.0", "::", "")
    scheme, _, rest = url.partition("://")
    shown = f"{scheme}://{socket.gethostname()}:{rest.rpartition(':')[2]}" if wildcard else url
    say(texts.USE_ELSEWHERE(shown=shown))


def tell(event: events.Event) -> None:
    """What upstream's transfers have to say."""
    if isinstance(event, events.Note):
        say(texts.WARNING(text=event.text) if event.level == "warning" else event.text)


def say(text: str) -> None:
    """On a terminal broken between words."""
    line = safe_text(translated(text))
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else 0
    lines = wrap(line, width, "", hanging="  ") if 0 < width < cells(line) else [line]
    with suppress(OSError):
        print("\n".join(lines), file=sys.stderr, flush=True)


def end_line() -> None:
    """A terminal has echoed ^C, and stands behind it."""
    if sys.stderr.isatty():
        with suppress(OSError):
            print(file=sys.stderr, flush=True)
