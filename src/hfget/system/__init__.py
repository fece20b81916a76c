"""The machine under hfget: its disk, its locks, its terminal-safe text, the wish to stop.

A *temporary* is a file that gets its final name by rename. A *process lock* keeps two processes
from doing the same work; it never keeps files right. *Redaction* takes secrets out of text, *safe
text* what would control a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfget.system.cancellation import Ended, Stop, Stopped, Superseded
from hfget.system.lazy_patterns import lazy_pattern
from hfget.system.redaction import Secret, redact, remember, safe_url, without_queries
from hfget.system.text import (
    SIZE_UNITS,
    cells,
    command,
    count_text,
    duration_text,
    is_true,
    option,
    os_reason,
    padded,
    safe_text,
    shell_word,
    size_of,
    size_text,
)

if TYPE_CHECKING:
    from hfget.system.address_space import lacks_memory, spare_address_space
    from hfget.system.atomic_files import (
        AtomicWriter,
        atomic_write,
        read_text,
        rename_new,
        sweep_temporaries,
        sync_directory,
        write_all,
    )
    from hfget.system.disk import (
        READ_ONLY,
        check_shortage,
        check_working_folder,
        disk_error,
        existing_folder,
        exists,
        free_bytes,
        is_inside,
        is_shortage,
        names_in,
        naming_disk_errors,
        unwritable,
    )
    from hfget.system.file_locks import lock_open_file, take
    from hfget.system.held_folder import HeldFolder, hold_folder
    from hfget.system.line_breaks import wrap
    from hfget.system.mounts import temporary_name, writes_in_order_only
    from hfget.system.process_identity import ProcessIdentity, Standing, boot_id, lease_is_over
    from hfget.system.process_lock import folder_lock, is_shared
    from hfget.system.safe_open import (
        Inode,
        Stamp,
        UntrustedError,
        check_inode,
        create_and_look,
        create_file,
        is_own,
        is_sole,
        is_trusted,
        open_file,
        open_own,
        owner_of,
        read_bytes,
        reading_other_users,
    )
    from hfget.system.speed_memory import last_speed, remember_speed
    from hfget.system.user_folders import (
        cache_folder,
        home_folder,
        hub_cache,
        hub_home,
        login_file,
    )

__all__ = [
    "READ_ONLY",
    "SIZE_UNITS",
    "AtomicWriter",
    "Ended",
    "HeldFolder",
    "Inode",
    "ProcessIdentity",
    "Secret",
    "Stamp",
    "Standing",
    "Stop",
    "Stopped",
    "Superseded",
    "UntrustedError",
    "atomic_write",
    "boot_id",
    "cache_folder",
    "cells",
    "check_inode",
    "check_shortage",
    "check_working_folder",
    "command",
    "count_text",
    "create_and_look",
    "create_file",
    "disk_error",
    "duration_text",
    "existing_folder",
    "exists",
    "folder_lock",
    "free_bytes",
    "hold_folder",
    "home_folder",
    "hub_cache",
    "hub_home",
    "is_inside",
    "is_own",
    "is_shared",
    "is_shortage",
    "is_sole",
    "is_true",
    "is_trusted",
    "lacks_memory",
    "last_speed",
    "lazy_pattern",
    "lease_is_over",
    "lock_open_file",
    "login_file",
    "names_in",
    "naming_disk_errors",
    "open_file",
    "open_own",
    "option",
    "os_reason",
    "owner_of",
    "padded",
    "read_bytes",
    "read_text",
    "reading_other_users",
    "redact",
    "remember",
    "remember_speed",
    "rename_new",
    "safe_text",
    "safe_url",
    "shell_word",
    "size_of",
    "size_text",
    "spare_address_space",
    "sweep_temporaries",
    "sync_directory",
    "take",
    "temporary_name",
    "unwritable",
    "without_queries",
    "wrap",
    "write_all",
    "writes_in_order_only",
]

_HOMES = {
    "names_in": "disk",
    "naming_disk_errors": "disk",
    "cache_folder": "user_folders",
    "home_folder": "user_folders",
    "hub_cache": "user_folders",
    "hub_home": "user_folders",
    "last_speed": "speed_memory",
    "login_file": "user_folders",
    "remember_speed": "speed_memory",
    "check_working_folder": "disk",
    "READ_ONLY": "disk",
    "AtomicWriter": "atomic_files",
    "atomic_write": "atomic_files",
    "disk_error": "disk",
    "existing_folder": "disk",
    "exists": "disk",
    "free_bytes": "disk",
    "is_inside": "disk",
    "is_shortage": "disk",
    "check_shortage": "disk",
    "unwritable": "disk",
    "lacks_memory": "address_space",
    "spare_address_space": "address_space",
    "read_text": "atomic_files",
    "rename_new": "atomic_files",
    "sweep_temporaries": "atomic_files",
    "sync_directory": "atomic_files",
    "write_all": "atomic_files",
    "temporary_name": "mounts",
    "writes_in_order_only": "mounts",
    "lock_open_file": "file_locks",
    "wrap": "line_breaks",
    "take": "file_locks",
    "ProcessIdentity": "process_identity",
    "Standing": "process_identity",
    "boot_id": "process_identity",
    "lease_is_over": "process_identity",
    "folder_lock": "process_lock",
    "is_shared": "process_lock",
    "Inode": "safe_open",
    "Stamp": "safe_open",
    "UntrustedError": "safe_open",
    "check_inode": "safe_open",
    "HeldFolder": "held_folder",
    "hold_folder": "held_folder",
    "create_and_look": "safe_open",
    "create_file": "safe_open",
    "is_own": "safe_open",
    "is_sole": "safe_open",
    "is_trusted": "safe_open",
    "open_file": "safe_open",
    "open_own": "safe_open",
    "owner_of": "safe_open",
    "read_bytes": "safe_open",
    "reading_other_users": "safe_open",
}


def __getattr__(name: str) -> Any:
    """Load the disk and the locks when they are asked for: `hfget --help` needs neither."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"hfget.system.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'hfget.system' has no attribute {name!r}")
