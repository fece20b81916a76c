"""The modules that safety rests on, and the unit tests that stand for each, fastest first."""

from __future__ import annotations

from typing import NamedTuple

_JOB = (
    *("test_job.py", "test_job_abandoned.py", "test_job_parking.py", "test_job_leases.py"),
    "test_worker.py",
)


class Module(NamedTuple):
    """A file below src/hfget, its test files, and the functions looked at (empty: all)."""

    file: str
    tests: tuple[str, ...]
    only: frozenset[str] = frozenset()


MODULES = (
    Module("http/redirects.py", ("test_redirects.py", "test_hub_hostile.py")),
    Module("endpoints.py", ("test_redirects.py", "test_settings.py", "test_plain_urls.py")),
    Module("http/credentials.py", ("test_credentials.py", "test_cli_token.py")),
    Module("system/redaction.py", ("test_secret.py", "test_credentials.py")),
    Module(
        "system/disk.py",
        (
            "test_renaming.py",
            "test_disk_words.py",
            "test_disk.py",
            "test_directories.py",
            "test_record.py",
            "test_sync.py",
        ),
    ),
    Module("system/process_lock.py", ("test_lock.py",)),
    Module("destinations/path_rules.py", ("test_paths.py", "test_path_collisions.py")),
    Module("destinations/safe_paths.py", ("test_paths.py", "test_path_collisions.py")),
    Module(
        "destinations/safe_directories.py",
        (
            "test_directories_relative.py",
            "test_directories.py",
            "test_folder.py",
            "test_obsolete.py",
        ),
    ),
    Module(
        "destinations/hub_cache/snapshot_names.py",
        ("test_names.py", "test_cache_names.py", "test_cache_layout.py", "test_absent.py"),
    ),
    Module(
        "destinations/hub_cache/symlinks.py",
        ("test_pointers.py", "test_cache_names.py", "test_cache_layout.py"),
    ),
    Module("sources/content_checks.py", ("test_answer.py", "test_fetch.py")),
    Module("partials/journal.py", ("test_journal.py", "test_partial.py", "test_partial_disk.py")),
    Module(
        "partials/partial.py", ("test_partial_disk.py", "test_partial.py", "test_job_parking.py")
    ),
    Module("transfer/ledger.py", ("test_ledger.py", "test_schedule_machine.py")),
    Module(
        "partials/recovery.py",
        ("test_leftovers.py", "test_partial.py", "test_prefix.py", "test_planning.py"),
    ),
    Module("partials/digest.py", ("test_digest.py", "test_engine.py")),
    Module("transfer/durability.py", ("test_durability.py",)),
    Module(
        "transfer/file_job.py",
        (*_JOB, "test_engine.py"),
        frozenset({"open", "_start", "finish", "advance_hash", "_go_on", "park", "_repair"}),
    ),
    Module("transfer/finalize.py", ("test_finish.py", "test_worker.py", "test_engine.py")),
)
