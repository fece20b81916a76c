"""Getting by where little memory is allowed (`ulimit -v`, a batch system's limit)."""

from __future__ import annotations

import errno
import re
import sys
import threading
from contextlib import suppress

from hfget.system.lazy_patterns import lazy_pattern

#: glibc's M_ARENA_MAX, from malloc.h.
_ARENA_MAX = -8
_STACK_BYTES = 1 << 20
#: CPython's words where memory lacks for the exception itself (`_Py_CheckFunctionResult`), and the
#: dynamic linker's.
_WITHOUT_MEMORY = lazy_pattern(
    r"without (?:an? )?(?:exception set|setting an exception)|cannot allocate memory"
    r"|failed to map segment|no memory",
    re.IGNORECASE,
)


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


def lacks_memory(error: BaseException) -> bool:
    """Whether it is memory that lacks, whatever that has become on its way."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, SystemError | ImportError):
        return _WITHOUT_MEMORY.search(str(error)) is not None
    return isinstance(error, MemoryError)


def _is_limited() -> bool:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return False
    limits = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
    return any(resource.getrlimit(one)[0] != resource.RLIM_INFINITY for one in limits)
