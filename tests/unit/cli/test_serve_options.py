"""What `hfget serve` says when it begins, on a terminal."""

from __future__ import annotations

import sys

import pytest

from hfget.cli.serve_options import end_line, say
from tests.unit.ui.test_all_displays import Stream


def test_lines_are_broken_between_words_and_the_prompt_begins_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for terminal in (True, False):
        stream = Stream(terminal=terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("COLUMNS", "40")
        say("what is missing is fetched from https://huggingface.co and kept in /srv/models")
        end_line()
        broken = "what is missing is fetched from\n  https://huggingface.co and kept in\n  "
        assert stream.text.startswith(broken) is terminal
        assert stream.text.endswith("/srv/models\n\n") is terminal
