"""What the system has room for."""

from __future__ import annotations

#: Open files a connection costs: a socket, and the data, journal and reader of its file.
_FILES_A_CONNECTION = 4
#: Open files that the rest of the process needs: streams, lock, directories, API connections.
_FILES_APART = 16


def room_for_connections() -> int:
    """How many connections the limit of open files (RLIMIT_NOFILE) has room for, at least 1."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 1 << 16
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 16
    return max(1, (soft - _FILES_APART) // _FILES_A_CONNECTION)
