"""The question before a download into the home folder, a git work tree or another repo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts

if TYPE_CHECKING:
    from hfget.ui import Display


def consent(display: Display, *, yes: bool) -> Callable[[Path, str], None]:
    """What `Run.download` calls with such a folder and what it is.

    It raises UsageError where no one can be asked, or the answer is no; not if `yes` was said.
    """

    def decide(folder: Path, what: str) -> None:
        if not yes and not display.ask(texts.DOWNLOAD_INTO(folder=folder, what=what)):
            raise UsageError(
                texts.NOT_WRITTEN(folder=folder, what=what),
                hint=advice.OTHER_FOLDER_OR_YES,
            )

    return decide
