"""`hfget serve`: offer repos to other machines through the Hub's protocol, or mirror a hub."""

from __future__ import annotations

import importlib.util
import os
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from hfget.cli import serve_options as given
from hfget.cli.command_options import byte_size, path, seconds, whole_number
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts


def serve(
    folders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DIR...",
            help="Folders with org/name, datasets/org/name, or a Hub cache (default .).",
        ),
    ] = None,
    cache: Annotated[bool, typer.Option("--cache", help="Serve the Hub cache, too.")] = False,
    upstream: Annotated[
        list[str] | None,
        typer.Option(
            "--upstream",
            metavar="URL",
            help="Fetch what is missing from this hub, and keep it in DIR; repeatable.",
        ),
    ] = None,
    fresh: Annotated[
        float,
        typer.Option(
            "--fresh",
            metavar="TIME",
            parser=seconds,
            help="Ask upstream for a branch again after so long (default 300).",
        ),
    ] = 300.0,
    max_size: Annotated[
        int | None,
        typer.Option(
            "--max-size",
            metavar="SIZE",
            parser=byte_size,
            help="Keep at most so much of what was fetched: 500G.",
        ),
    ] = None,
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
    require_token: Annotated[
        Path | None,
        typer.Option(
            "--require-token",
            metavar="FILE",
            parser=path,
            help="Answer only who shows a token of this file (or HFGET_SERVE_TOKEN).",
        ),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option("--tls-cert", metavar="FILE", parser=path, help="Serve https: certificates."),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option("--tls-key", metavar="FILE", parser=path, help="The certificate's key."),
    ] = None,
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

    With --upstream it is a mirror: what is not in DIR is fetched, verified and kept there. Without
    --require-token anyone who reaches the port can read what downloads have put into DIR, and what
    is not hidden there and readable by all.
    """
    for module in ("starlette", "uvicorn", "pathspec", "yaml"):
        if importlib.util.find_spec(module) is None:
            raise UsageError(
                texts.SERVE_NEEDS(module=module),
                hint=advice.INSTALL_SERVE,
            )
    if not 0 <= port <= 65_535:
        raise UsageError(texts.PORT_RANGE(port=port), hint=advice.ANY_PORT)
    if max_size is not None and not upstream:
        raise UsageError(texts.MAX_SIZE_ALONE, hint=advice.GIVE_UPSTREAM)
    places = given.places(folders or [], cache=cache, keeping=bool(upstream))
    origins, names = given.origins(allow_origin or []), given.host_names(allow_host or [])
    aliases, tls = given.aliases(alias or []), given.tls(tls_cert, tls_key)

    from hfget.server import (
        KnownHosts,
        Mirror,
        ServeOptions,
        Store,
        bind,
        default_cache_file,
        read_client_tokens,
        run,
    )

    tokens = read_client_tokens(require_token, os.environ)
    given.check_filled(places, protected=tokens is not None)
    store = Store(
        *places,
        hash_cache=hash_cache or default_cache_file(),
        aliases=aliases,
        note=lambda text: None if quiet else given.say(texts.WARNING(text=text)),
        everything=everything,
        completed=bool(upstream),
    )
    mirror = None
    with ExitStack() as unused:  # what `run` ends, unless it comes to nothing before
        if upstream:
            hubs = given.upstream(upstream, places[0], with_token=tokens is not None, quiet=quiet)
            mirror = Mirror(hubs, store, fresh=fresh, max_size=max_size)
            unused.callback(mirror.close)
            given.mark_filled(places[0], with_token=mirror.credentials)
        hosts = KnownHosts([*names, host])
        try:
            listener = unused.enter_context(bind(host, port))
        except OSError as error:
            raise given.cannot_listen(host, port, error) from error
        url = given.url_of(host, listener.getsockname()[1], tls)
        if mirror is not None:
            given.check_not_itself(mirror.endpoints, listener.getsockname()[1])
        unused.pop_all()
    if not quiet:
        given.introduce(
            store, host, url, mirror.endpoints if mirror else (), protected=tokens is not None
        )
    for work in (store.warm, hosts.learn):
        threading.Thread(target=work, daemon=True).start()
    options = ServeOptions(hosts=hosts, origins=origins, tokens=tokens, tls=tls)
    run(store, listener, options, lambda: print_ready(url), mirror)
    given.end_line()


def print_ready(url: str) -> None:
    given.say(str(texts.LISTENING(url=url)))  # in English: programs wait for this line
