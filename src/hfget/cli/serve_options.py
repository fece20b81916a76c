"""What `hfget serve` was given, checked, and what it says of itself when it begins."""

from __future__ import annotations

import os
import re
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
from hfget.settings import user_path
from hfget.system import hub_cache, safe_text

if TYPE_CHECKING:
    from hfget.server import Store, Tls

_HOST_NAME = re.compile(r"\.?[\w-]+(?:\.[\w-]+)*|[0-9A-Fa-f:.]+", re.ASCII)
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+/?")
#: In a folder that was filled with a token: what is there need not be anybody's to read.
FILLED = ".hfget-filled-with-token"


def places(folders: Sequence[str], *, cache: bool, keeping: bool) -> list[Path]:
    """The folders to serve; the first one keeps what is fetched. Raises UsageError."""
    found = [user_path(folder, "the path") for folder in folders]
    if cache:
        hub = hub_cache(os.environ)
        if hub is None or not (keeping or os.path.isdir(hub)):
            raise UsageError("there is no Hub cache", hint="name a folder: hfget serve DIR")
        found.append(hub)
    found = found or [Path()]
    if keeping and not os.path.exists(found[0]):
        try:
            os.makedirs(found[0])
        except OSError as error:
            raise UsageError(
                f"{safe_text(str(found[0]))} cannot be made: {error.strerror}",
                hint="name a folder that you may write to",
            ) from error
    for folder in found:
        if not os.path.isdir(folder):
            raise UsageError(f"{safe_text(str(folder))} is not a folder", hint="hfget serve DIR")
    return found


def kept_in(folder: Path) -> Path:
    """The Hub cache in `folder`: itself, or `hub` in a home of huggingface_hub."""
    return folder / "hub" if os.path.isdir(folder / "hub") else folder


def check_filled(folders: Sequence[Path], *, protected: bool) -> None:
    """What was fetched with a token is not for all to read. Raises UsageError."""
    for folder in folders if not protected else ():
        marker = folder / FILLED
        if os.path.lexists(marker):
            raise UsageError(
                f"{safe_text(str(folder))} was filled with a token: gated and private repos may "
                "be in it",
                hint=f"add --require-token FILE, or remove {safe_text(str(marker))} if all who "
                "reach this server may read them",
            )


def mark_filled(folder: Path, with_token: bool) -> None:
    """Note that a token fetches into `folder`. Raises UsageError."""
    if not with_token:
        return
    try:
        (folder / FILLED).touch()
    except OSError as error:
        raise UsageError(
            f"{safe_text(str(folder))} cannot be written to: {error.strerror}",
            hint="what upstream sends is kept there: name another folder first",
        ) from error


def tls(cert: Path | None, key: Path | None) -> Tls | None:
    """Raises UsageError for what is not a certificate with its key."""
    from hfget.server import Tls

    if cert is None or key is None:
        if cert or key:
            raise UsageError(
                "--tls-cert and --tls-key belong together", hint="give both: PEM files"
            )
        return None
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"no certificate with its key in {safe_text(str(cert))} and {safe_text(str(key))}: "
            f"{safe_text(error.strerror or str(error))}",
            hint="PEM files: the certificate first, then those that it is signed by",
        ) from error
    return Tls(cert, key)


def host_names(names: list[str]) -> list[str]:
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise UsageError(
                f"--allow-host {safe_text(name)}: expected the name alone",
                hint="--allow-host hub.example.org",
            )
    return names


def origins(given: list[str]) -> frozenset[str]:
    for origin in given:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise UsageError(
                f"--allow-origin {safe_text(origin)}: expected SCHEME://HOST[:PORT]",
                hint="--allow-origin https://app.example.org",
            )
    return frozenset(origin.rstrip("/") for origin in given)


def aliases(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not (old and equals and new):
            raise UsageError(
                f"--alias {safe_text(pair)}: expected OLD=NEW",
                hint="--alias gpt2=openai-community/gpt2",
            )
        found[old.strip("/")] = new.strip("/")
    return found


def check_not_itself(endpoints: Sequence[str], port: int) -> None:
    """A mirror of itself would ask itself for ever. Raises UsageError."""
    for endpoint in endpoints:
        own = is_loopback(endpoint) or hostname_of(endpoint) == socket.gethostname().lower()
        if own and host_of(endpoint + "/").endswith(f":{port}"):
            raise UsageError(
                f"--upstream {safe_text(endpoint)} is this very server",
                hint="give the hub that it is to mirror, or another --port",
            )


def cannot_listen(host: str, port: int, error: OSError) -> HfgetError:
    reason = error.strerror or str(error)
    return UsageError(
        f"cannot listen on {safe_text(host)} port {port}: {reason}",
        hint="another --port, or --port 0 for any that is free",
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
        say("warning: --all: hidden files, and those that only you may read, are served too")
    if not repos and not endpoints:
        say(f"no repos in {store.root} yet; expected DIR/org/name or DIR/datasets/org/name")
    for repo in repos:
        revisions = ", ".join(sorted(repo.folders))
        say(f"{repo} ({revisions})")
    if endpoints:
        say(f"what is missing is fetched from {', '.join(endpoints)} and kept in {store.root}")
    if is_loopback_host(host):
        say("reachable from this machine only; for others: --host 0.0.0.0")
        say(f"use it with: export HF_ENDPOINT={url}")
        return
    if protected:
        say("clients show a token of this server: export HF_TOKEN=...")
        if url.startswith("http:"):
            say("warning: tokens come in the clear: --tls-cert and --tls-key encrypt them")
    else:
        say("warning: no authentication: everybody who reaches this address can read these repos")
    wildcard = host in ("0.0.0.0", "::", "")
    scheme, _, rest = url.partition("://")
    shown = f"{scheme}://{socket.gethostname()}:{rest.rpartition(':')[2]}" if wildcard else url
    say(f"on other machines: export HF_ENDPOINT={shown}")


def tell(event: events.Event) -> None:
    """What upstream's transfers have to say."""
    if isinstance(event, events.Note):
        say(f"{'warning: ' if event.level == 'warning' else ''}{event.text}")


def say(text: str) -> None:
    with suppress(OSError):
        print(safe_text(text), file=sys.stderr, flush=True)
