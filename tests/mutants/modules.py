"""The modules that safety rests on, and the unit tests that stand for each, fastest first."""

from __future__ import annotations

from typing import NamedTuple

_JOB = (
    *(
        "transfer/test_file_job.py",
        "transfer/test_file_job_abandoned.py",
        "transfer/test_file_job_parking.py",
        "transfer/test_file_job_leases.py",
    ),
    "transfer/test_worker.py",
)


class Module(NamedTuple):
    """A file below src/hfget, its test files, and the functions looked at (empty: all)."""

    file: str
    tests: tuple[str, ...]
    only: frozenset[str] = frozenset()


MODULES = (
    Module("http/redirects.py", ("http/test_redirects.py", "hub/test_pages_hostile.py")),
    Module(
        "endpoints.py", ("http/test_redirects.py", "test_settings.py", "http/test_client_urls.py")
    ),
    Module("http/credentials.py", ("http/test_credentials.py", "cli/test_token.py")),
    Module("system/redaction.py", ("system/test_redaction.py", "http/test_credentials.py")),
    Module(
        "system/disk.py",
        (
            "system/test_disk_errors.py",
            "system/test_disk.py",
            "destinations/test_safe_directories.py",
        ),
    ),
    Module(
        "system/atomic_files.py",
        (
            "system/test_disk_rename.py",
            "system/test_disk_errors.py",
            "system/test_disk.py",
            "destinations/test_safe_directories.py",
            "destinations/test_record_codec.py",
            "destinations/test_fsync.py",
        ),
    ),
    Module("system/process_lock.py", ("system/test_process_lock.py",)),
    Module(
        "destinations/path_rules.py",
        ("destinations/test_safe_paths.py", "destinations/test_safe_paths_collisions.py"),
    ),
    Module(
        "destinations/safe_paths.py",
        ("destinations/test_safe_paths.py", "destinations/test_safe_paths_collisions.py"),
    ),
    Module(
        "destinations/safe_directories.py",
        (
            "destinations/test_safe_directories_relative.py",
            "destinations/test_safe_directories.py",
            "destinations/test_folder.py",
            "destinations/test_obsolete.py",
        ),
    ),
    Module(
        "destinations/hub_cache/snapshot_names.py",
        (
            "destinations/test_snapshot_names.py",
            "destinations/test_cache_conflicts.py",
            "destinations/test_cache.py",
            "selection/test_patterns_absent.py",
        ),
    ),
    Module(
        "destinations/hub_cache/symlinks.py",
        (
            "destinations/test_symlinks.py",
            "destinations/test_cache_conflicts.py",
            "destinations/test_cache.py",
        ),
    ),
    Module(
        "sources/content_checks.py", ("sources/test_content_checks.py", "transfer/test_fetch.py")
    ),
    Module(
        "partials/journal.py",
        ("partials/test_journal.py", "partials/test_partial.py", "partials/test_partial_disk.py"),
    ),
    Module(
        "partials/partial.py",
        (
            "partials/test_partial_disk.py",
            "partials/test_partial.py",
            "transfer/test_file_job_parking.py",
        ),
    ),
    Module("transfer/ledger.py", ("transfer/test_ledger.py", "transfer/test_scheduler_machine.py")),
    Module("transfer/leases.py", ("transfer/test_ledger.py", "transfer/test_scheduler_machine.py")),
    Module(
        "partials/recovery.py",
        (
            "partials/test_recovery.py",
            "partials/test_partial.py",
            "partials/test_hf_partials.py",
            "operations/test_planner.py",
        ),
    ),
    Module("partials/digest.py", ("partials/test_digest.py", "transfer/test_engine.py")),
    Module("transfer/durability.py", ("transfer/test_durability.py",)),
    Module(
        "transfer/file_job.py",
        (*_JOB, "transfer/test_engine.py"),
        frozenset(
            {"open", "_start", "finish", "advance_hash", "_raise_if_abandoned", "park", "_repair"}
        ),
    ),
    Module(
        "transfer/finalize.py",
        ("transfer/test_finalize.py", "transfer/test_worker.py", "transfer/test_engine.py"),
    ),
)
