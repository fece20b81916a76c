"""Checks of choices: what was asked for is neither inverted nor widened without a word."""

from __future__ import annotations

from tests.mutants.check import checks

_CHOICE = "choice"

CHECKS = [
    *checks(
        _CHOICE,
        "cli/arguments.py",
        ("test_cli_arguments.py",),
        ('if flag == "--exclude" and words[at + 1 :]:', "if False:"),
        ('if word.startswith("--") and other in self._known.names:', "if False:"),
        ('if put_back and (flag == "--exclude" or not is_download(Path())):', "if put_back:"),
        ("if len(can_be) != 1:", "if not can_be:"),
    ),
    *checks(
        _CHOICE,
        "cli/expanded.py",
        ("test_cli_arguments.py",),
        ("len(names) > 1 and ", ""),
        (" and names == _matching(folder, ending)", ""),
    ),
    *checks(
        _CHOICE,
        "operations/python_api.py",
        ("test_options.py",),
        ("if name not in signature.parameters:", "if False:"),
    ),
    *checks(
        _CHOICE,
        "options/field.py",
        ("test_options.py",),
        ("if isinstance(value, str):\n        return (value,)", "if False:\n        pass"),
        ("if not isinstance(value, bool):", "if False:"),
    ),
]
