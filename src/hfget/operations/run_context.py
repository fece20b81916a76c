"""What the parts of one run have in common."""

from __future__ import annotations

from typing import NamedTuple

from hfget import events
from hfget.http import HttpClient
from hfget.options import DownloadOptions
from hfget.settings import Settings
from hfget.system import Stop


class RunContext(NamedTuple):
    """What was asked for, how the network is reached, what watches, and what ends the run."""

    options: DownloadOptions
    settings: Settings
    http: HttpClient
    observer: events.Observer
    stop: Stop

    def tell(self, text: str) -> None:
        """Have the observer hear of something worth a line."""
        self.observer(events.Note(text))

    def warn(self, text: str) -> None:
        """As `tell`, of something that may not be as it should be."""
        self.observer(events.Note(text, "warning"))
