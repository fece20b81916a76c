"""What is fuzzed: by area, the properties of the unit tests that take hostile input."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.unit import test_settings
from tests.unit.destinations import (
    test_record_codec,
    test_record_log,
    test_safe_paths,
    test_safe_paths_collisions,
)
from tests.unit.http import test_credentials, test_redirects, test_retry
from tests.unit.hub import test_entries, test_pages_hostile
from tests.unit.operations import test_lock_reader
from tests.unit.partials import test_journal, test_recovery_names
from tests.unit.reference import test_any_text
from tests.unit.sources import test_content_checks
from tests.unit.system import test_process_identity


class Target(NamedTuple):
    """A property (what `given` has made), and its weight among all: slow ones have a small one."""

    area: str
    check: Any
    weight: float = 1.0


TARGETS = (
    Target("reference", test_any_text.test_any_text_is_a_sane_reference_or_refused, 2),
    Target("reference", test_any_text.test_any_revision_is_taken_or_refused),
    Target("reference", test_any_text.test_the_address_of_a_file_names_it, 0.5),
    Target(
        "listing", test_entries.test_any_entry_is_a_file_that_can_be_verified_or_has_a_defect, 1.5
    ),
    Target("listing", test_pages_hostile.test_any_json_gives_a_snapshot_or_a_sentence, 0.1),
    Target(
        "address", test_redirects.test_whatever_a_server_says_the_way_leads_to_a_safe_address, 2
    ),
    Target(
        "address", test_redirects.test_whatever_a_link_says_it_leads_to_a_safe_address_or_nowhere
    ),
    Target("address", test_settings.test_no_parser_takes_an_origin_for_another, 0.5),
    Target(
        "answer",
        test_content_checks.test_whatever_the_headers_say_the_answer_lies_within_what_was_asked,
        2,
    ),
    Target("lock file", test_lock_reader.test_whatever_is_changed_it_is_read_safely_or_refused),
    Target("lock file", test_lock_reader.test_any_path_is_valid_toml, 0.2),
    Target("wait", test_retry.test_whatever_a_server_says_the_wait_is_a_number, 2),
    Target("journal", test_journal.test_no_edit_of_the_file_yields_a_block_that_was_not_written),
    Target("journal", test_journal.test_any_bytes_are_read_without_a_crash),
    Target(
        "journal",
        test_journal.test_whatever_a_sound_frame_holds_the_blocks_lie_apart_and_in_the_file,
    ),
    Target("record", test_record_codec.test_no_bytes_in_a_record_are_too_odd, 0.5),
    Target("record", test_record_codec.test_whatever_a_listing_says_its_files_are_sound, 0.5),
    Target("record", test_record_log.test_garbage_is_neither_known_nor_in_the_way, 0.5),
    Target("path", test_safe_paths.test_nothing_accepted_leaves_the_folder, 3),
    Target("path", test_safe_paths.test_windows_refuses_what_is_refused_elsewhere),
    Target("path", test_safe_paths_collisions.test_collisions_are_what_the_definition_says),
    Target("name", test_process_identity.test_a_tag_is_read_as_it_is_written_or_not_at_all),
    Target("name", test_recovery_names.test_whatever_lies_there_only_dead_leftovers_of_the_file_go),
    Target(
        "token", test_credentials.test_what_goes_into_a_header_holds_nothing_but_printable_ascii
    ),
)
