"""What a run waits for just now: who asked for it, or what failed, and how long that still is."""

from __future__ import annotations

import math

from hfget.events import Retrying
from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.ui.figures import eta_text
from hfget.ui.sentences import shown

#: Shorter waits are over before they are read, in seconds.
_WORTH_SAYING = 1.5
_HOSTS_KEPT = 64


class Countdown:
    """Remembers the last wait of each host."""

    def __init__(self) -> None:
        self._waits: dict[str, tuple[float, Retrying]] = {}

    def note(self, event: Retrying, now: float) -> None:
        if event.wait < _WORTH_SAYING:
            return
        until = now + event.wait
        if event.host not in self._waits or self._waits[event.host][0] < until:
            # Remote strings make the keys: they must not pile up.
            self._waits.pop(event.host, None)
            if len(self._waits) >= _HOSTS_KEPT:
                del self._waits[next(iter(self._waits))]
            self._waits[event.host] = until, event

    def lines(self, now: float, connections: int) -> list[str]:
        """A line for each host that asked for calm, the longest wait first.

        Where nothing comes at all, the last failure instead if no host asked.
        """
        waits = sorted((one for one in self._waits.values() if one[0] > now), key=lambda x: -x[0])
        asked = [_line(until - now, event) for until, event in waits if event.asked]
        if asked or connections or not waits:
            return asked
        return [_line(waits[0][0] - now, waits[0][1])]


def _line(seconds: float, event: Retrying) -> str:
    host, whole = shown(event.host, 120), math.floor(event.wait)
    left = eta_text(min(math.ceil(seconds), whole))
    if event.asked:
        text = texts.ASKS_FOR(host=host, wait=eta_text(whole), left=left)
    else:
        text = texts.TRIES_AGAIN(host=host, reason=shown(event.reason), left=left)
    return translated(text)
