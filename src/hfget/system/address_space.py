"""Getting by where little address space is allowed (`ulimit -v`, a batch system's limit)."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

#: glibc's M_ARENA_MAX, from malloc.h.
_ARENA_MAX = -8
_STACK_BYTES = 1 << 20


def spare_address_space() -> None:
    """Have threads take little of what is limited; nothing where it is not. Before the first one.

    Each thread takes 8 MiB for its stack, and glibc reserves 64 MiB for what it allocates: soon
    nothing is left to load a library into.
    """
    if not _is_limited():
        return
    with suppress(ValueError, RuntimeError):
        threading.stack_size(_STACK_BYTES)
    if sys.platform.startswith("linux"):
        with suppress(ImportError, OSError):
            import ctypes  # which later has no room to be loaded

            if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
                mallopt(_ARENA_MAX, 1)


def _is_limited() -> bool:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
