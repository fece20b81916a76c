"""Of where files lie, and of the disk."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str, str], str] = {
    (
        "destinations/path_rules.py",
        "_why_not_segment",
        "_climbs(folded)",
        "",
    ): "`unquote` changes nothing but escapes, so that a `.` between separators stays one",
    (
        "system/disk.py",
        "",
        "_MOST_SHOWN = 400",
        "_MOST_SHOWN = 399",
    ): "how much of a long path is shown",
    (
        "system/atomic_files.py",
        "",
        "_TEMPORARY_SECONDS = 60.0",
        "_TEMPORARY_SECONDS = 61.0",
    ): "a minute, more or less",
    (
        "system/atomic_files.py",
        "sweep_temporaries",
        "time.time() - os.lstat(path).st_mtime > _TEMPORARY_SECONDS",
        "time.time() - os.lstat(path).st_mtime >= _TEMPORARY_SECONDS",
    ): "an age of exactly a minute",
    (
        "system/process_lock.py",
        "",
        "if TYPE_CHECKING:\n    from filelock import BaseFileLock",
        "if not TYPE_CHECKING:\n    from filelock import BaseFileLock",
    ): "what is imported for its type may be imported",
    (
        "system/file_locks.py",
        "take",
        "lock.acquire(timeout=0)",
        "lock.acquire(timeout=1)",
    ): "how long one look takes, of those that go on until the lock is free",
    (
        "system/process_lock.py",
        "_Holder.of",
        "read_bytes(_holder_path(path), 1000, foreign=True)",
        "read_bytes(_holder_path(path), 999, foreign=True)",
    ): "many more letters than such a file has",
    (
        "system/process_lock.py",
        "_Holder.of",
        "read_bytes(_holder_path(path), 1000, foreign=True)",
        "read_bytes(_holder_path(path), 1001, foreign=True)",
    ): "many more letters than such a file has",
    (
        "system/process_lock.py",
        "_Holder.of",
        "safe_text(host, 80)",
        "safe_text(host, 79)",
    ): "how much of a long name is shown",
    (
        "system/process_lock.py",
        "_Holder.of",
        "safe_text(host, 80)",
        "safe_text(host, 81)",
    ): "how much of a long name is shown",
    (
        "destinations/hub_cache/snapshot_names.py",
        "Names.deny",
        "temporary.touch(exist_ok=False)",
        "temporary.touch(exist_ok=True)",
    ): "nobody guesses the name",
    (
        "destinations/safe_directories.py",
        "",
        "_MOST_OPEN = 32",
        "_MOST_OPEN = 31",
    ): "how many folders are kept open",
    (
        "destinations/safe_directories.py",
        "",
        "_MOST_OPEN = 32",
        "_MOST_OPEN = 33",
    ): "how many folders are kept open",
    (
        "destinations/safe_directories.py",
        "",
        "{os.rename, os.stat, os.open, os.mkdir, os.unlink} <= os.supports_dir_fd",
        "{os.rename, os.stat, os.open, os.mkdir, os.unlink} < os.supports_dir_fd",
    ): "every system that has these has others too",
}
