"""A Dask cluster that runs already, or one on this machine for the time of a run."""

from __future__ import annotations

import logging
import signal
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import distributed

from hfget.endpoints import is_loopback
from hfget.errors import NetworkError
from hfget.messages import advice
from hfget.messages import operations_texts as texts
from hfget.system import os_reason, redact, safe_text

_CONNECT_SECONDS = 15
_WORKERS_SECONDS = 60
#: `local:4` starts four workers on this machine.
_OURS = "local:"


class Cluster(NamedTuple):
    """A cluster that is there: its workers, and how many shards they take at a time."""

    client: distributed.Client
    workers: int
    places: int


class _Places(distributed.WorkerPlugin):
    """So many shards at a time on each worker, as a resource: the engine itself keeps to that,
    for workers that come later too. Those of a cluster of ours outlive a Ctrl-C.
    """

    def __init__(self, name: str, most: int, *, ours: bool) -> None:
        self.name = name
        self._most = most
        self._ours = ours

    def setup(self, worker: Any) -> Awaitable[None]:
        if self._ours:
            with suppress(ValueError):  # not in the main thread
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        done: Awaitable[None] = worker.set_resources(**{self.name: self._most})
        return done


@contextmanager
def connected(address: str, resource: str, most: int) -> Iterator[Cluster]:
    """The cluster at `address`, where each worker has `most` of `resource`. Raises NetworkError.

    distributed itself says nothing on stderr meanwhile.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    ours = address.startswith(_OURS)
    with ExitStack() as held:
        try:
            known: Any = address
            if ours:
                known = held.enter_context(_local(int(address.removeprefix(_OURS)), most))
            client = held.enter_context(
                distributed.Client(known, timeout=_CONNECT_SECONDS, set_as_default=False)
            )
            client.wait_for_workers(1, timeout=_WORKERS_SECONDS)
            threads = client.nthreads()
            client.register_plugin(_Places(resource, most, ours=ours))
        except Exception as error:
            raise cluster_error(address, error) from error
        try:
            yield Cluster(client, len(threads), sum(min(n, most) for n in threads.values()))
        finally:
            with suppress(Exception):
                client.unregister_worker_plugin(resource)


def _local(workers: int, threads: int) -> distributed.LocalCluster:
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    )


def is_confidential(address: str) -> bool:
    """Whether what goes to this cluster cannot be read on the way."""
    scheme = urlsplit(address).scheme
    loopback = is_loopback(address.replace(scheme, "http", 1))
    return scheme in ("local", "inproc", "tls", "wss") or loopback


def shown_address(address: str) -> str:
    return safe_text(redact(address), 120)


def failure_reason(error: BaseException) -> str:
    """Why, in a line: of what lies behind an error of the connection, what the system said."""
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, OSError) and behind.errno:
            return os_reason(behind)
        behind = behind.__cause__
    text = str(error).strip().partition("\n")[0]
    if not isinstance(error, OSError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return safe_text(redact(text), 300)


def cluster_error(address: str, error: BaseException) -> NetworkError:
    """What is to be told where the cluster does not do its part."""
    why = failure_reason(error)
    return NetworkError(
        texts.DASK_FAILED(address=shown_address(address), why=why),
        hint=advice.SAME_HFGET_ON_WORKERS,
    )
