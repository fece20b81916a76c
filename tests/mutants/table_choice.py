"""Checks of choices: what was asked for is neither inverted nor widened without a word."""

from __future__ import annotations

from tests.mutants.check import checks

_CHOICE = "choice"

CHECKS = [
    *checks(
        _CHOICE,
        "cli/arguments.py",
        ("cli/test_arguments.py",),
        ("_without_repo", "flag == '--exclude' and words[at + 1:]", "False"),
        ("_Reader._value", "word.startswith('--') and other in self._known.names", "False"),
        ("_Reader._add", "flag == '--exclude' or not is_download(Path())", ""),
        ("_without_repo", "len(can_be) != 1", "not can_be"),
    ),
    *checks(
        _CHOICE,
        "cli/shell_globs.py",
        ("cli/test_arguments.py",),
        ("with_stars", "len(names) > 1", ""),
        ("with_stars", "names == _matching(folder, ending)", ""),
    ),
    *checks(
        _CHOICE,
        "python_api.py",
        ("options/test_download.py",),
        ("takes.decorate.run", "name not in signature.parameters", "False"),
    ),
    *checks(
        _CHOICE,
        "options/field.py",
        ("options/test_download.py",),
        ("as_texts", "isinstance(value, str)", "False"),
        ("as_bool", "not isinstance(value, bool)", "False"),
    ),
    *checks(
        _CHOICE,
        "sources/in_order.py",
        ("sources/test_in_order.py",),
        (
            "MirroredInOrder._open",
            "return (list(filter(self._is_sound, places)) or places)[:1]",
            "return places",
        ),
        ("MirroredInOrder._open", "list(filter(self._is_sound, places)) or places", "places"),
    ),
    *checks(
        _CHOICE,
        "sources/mirror_health.py",
        ("sources/test_in_order.py",),
        ("MirrorHealth.worthwhile", "best *= self._stripe", ""),
        ("MirrorHealth.is_laggard", "self._stripe", "True"),
    ),
    *checks(
        _CHOICE,
        "selection/kinds.py",
        ("selection/test_real_listings.py",),
        ("may_run_code", "_unpacked(path.lower())", "path.lower()"),
    ),
    *checks(
        _CHOICE,
        "selection/twins.py",
        ("selection/test_real_listings.py",),
        ("twins", "not piece.indexes", "True"),
        ("_named_most_exactly", "return exact or hits", "return hits"),
    ),
    *checks(
        _CHOICE,
        "reference/download_commands.py",
        ("reference/test_collected.py",),
        (
            "_without_variables",
            "command = command._replace(reference=_CREDENTIALS.sub('\\\\1', command.reference))",
            "",
        ),
    ),
]
