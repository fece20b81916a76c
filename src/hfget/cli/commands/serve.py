"""`hfget serve`: offer the repos of a folder to other machines through the Hub's protocol."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hfget.cli.command_options import path, whole_number
from hfget.endpoints import is_loopback_host
from hfget.errors import HfgetError, UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.system import safe_text

if TYPE_CHECKING:
    from hfget.server import Store

_HOST_NAME = re.compile(r"\.?[\w-]+(?:\.[\w-]+)*|[0-9A-Fa-f:.]+", re.ASCII)
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+/?")


def serve(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", parser=path, help="Folder with org/name, datasets/org/name (default .)."
        ),
    ] = Path(),
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Where to listen (default 127.0.0.1); 0.0.0.0: to all.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="N",
            parser=whole_number,
            help="Port (default 8090); 0 takes a free one.",
        ),
    ] = 8090,
    alias: Annotated[
        list[str] | None,
        typer.Option("--alias", metavar="OLD=NEW", help="Redirect the id OLD to NEW; repeatable."),
    ] = None,
    hash_cache: Annotated[
        Path | None,
        typer.Option(
            "--hash-cache",
            metavar="FILE",
            parser=path,
            help="Where hashes of files are remembered.",
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Serve hidden files, and those that only you may read, too."),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Answer to this name, too (.NAME: all below it); repeatable.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            metavar="ORIGIN",
            help="Let web pages of this origin read answers (CORS); repeatable.",
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Say only where it listens.")
    ] = False,
) -> None:
    """Offer the repos in DIR to hfget, hf and transformers that set HF_ENDPOINT to this machine.

    No authentication: anyone who reaches the port can read what downloads have put
    into DIR, and what is not hidden there and readable by all.
    """
    for module in ("starlette", "uvicorn", "pathspec", "yaml"):
        if importlib.util.find_spec(module) is None:
            raise UsageError(
                texts.SERVE_NEEDS(module=module),
                hint=advice.INSTALL_SERVE,
            )
    if not 0 <= port <= 65_535:
        raise UsageError(texts.PORT_RANGE(port=port), hint=advice.ANY_PORT)
    if not os.path.isdir(folder):
        raise UsageError(texts.NOT_A_FOLDER(folder=safe_text(str(folder))), hint=advice.SERVE_DIR)

    origins = _origins(allow_origin or [])
    names = _host_names(allow_host or [])

    from hfget.server import KnownHosts, ServeOptions, Store, bind, default_cache_file, run

    store = Store(
        folder,
        hash_cache=hash_cache or default_cache_file(),
        aliases=_aliases(alias or []),
        note=lambda text: None if quiet else _say(texts.WARNING(text=text)),
        everything=everything,
    )
    hosts = KnownHosts([*names, host])
    try:
        listener = bind(host, port)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    url = _url(host, listener.getsockname()[1])
    if not quiet:
        _introduce(store, host, url)
    for work in (store.warm, hosts.learn):
        threading.Thread(target=work, daemon=True).start()
    options = ServeOptions(hosts=hosts, origins=origins)
    run(store, listener, options, on_ready=lambda: _say(texts.LISTENING(url=url)))


def _host_names(names: list[str]) -> list[str]:
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise UsageError(
                texts.HOST_NAME_ALONE(name=safe_text(name)),
                hint=advice.ALLOW_HOST,
            )
    return names


def _origins(origins: list[str]) -> frozenset[str]:
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise UsageError(
                texts.ORIGIN_FORM(origin=safe_text(origin)),
                hint=advice.ALLOW_ORIGIN,
            )
    return frozenset(origin.rstrip("/") for origin in origins)


def _aliases(pairs: list[str]) -> dict[str, str]:
    aliases = {}
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not (old and equals and new):
            raise UsageError(
                texts.ALIAS_FORM(pair=safe_text(pair)),
                hint=advice.ALIAS,
            )
        aliases[old.strip("/")] = new.strip("/")
    return aliases


def _cannot_listen(host: str, port: int, error: OSError) -> HfgetError:
    reason = error.strerror or str(error)
    return UsageError(
        texts.CANNOT_LISTEN(host=safe_text(host), port=port, reason=reason),
        hint=advice.OTHER_PORT,
    )


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _introduce(store: Store, host: str, url: str) -> None:
    repos = store.repos()
    if store.everything:
        _say(texts.SERVES_ALL)
    if not repos:
        _say(texts.NO_REPOS(root=store.root))
    for repo in repos:
        revisions = ", ".join(sorted(repo.folders))
        _say(f"{repo} ({revisions})")
    if is_loopback_host(host):
        _say(texts.LOOPBACK_ONLY)
        _say(texts.USE_WITH(url=url))
        return
    _say(texts.NO_AUTHENTICATION)
    wildcard = host in ("0.0.0.0", "::", "")
    shown = _url(socket.gethostname(), int(url.rpartition(":")[2])) if wildcard else url
    _say(texts.USE_ELSEWHERE(shown=shown))


def _say(text: str) -> None:
    print(safe_text(text), file=sys.stderr, flush=True)
