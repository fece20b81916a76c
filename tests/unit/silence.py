"""Addresses that do not answer: a loopback port whose queue of connections is full."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_MOST = 64


@contextmanager
def silent_port(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port at which connecting never ends: the kernel drops what does not fit in the queue."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.bind((host, port))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(_MOST):
            filler = stack.enter_context(socket.socket(family))
            filler.settimeout(0.05)
            try:
                filler.connect(address)
            except TimeoutError:
                yield address[1]
                return
    raise RuntimeError("this system takes every connection")
