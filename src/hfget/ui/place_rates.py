"""How fast each of several endpoints sends just now."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from hfget.messages import joined, translated
from hfget.messages import ui_texts as texts
from hfget.system import cells
from hfget.ui.figures import speed_text
from hfget.ui.sentences import shown

_WINDOW_SECONDS = 5.0


class PlaceRates:
    """Rates over the last seconds, from how many bytes each endpoint has sent so far."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, dict[str, int]]] = deque()

    def note(self, places: Sequence[tuple[str, int]], now: float) -> None:
        self._samples.append((now, dict(places)))
        while len(self._samples) > 2 and now - self._samples[0][0] > _WINDOW_SECONDS:
            self._samples.popleft()

    def line(self, width: int) -> str:
        """`  from: hf-mirror.com 8.1 MB/s, huggingface.co 3.2 MB/s`, empty where there is one.

        The last ones are left out where `width` cells have no room for them.
        """
        if not self._samples:
            return ""
        (began, before), (now, after) = self._samples[0], self._samples[-1]
        if len(after) < 2 or now <= began:
            return ""
        parts = [
            f"{shown(place, 60)} {speed_text((sent - before.get(place, 0)) / (now - began))}"
            for place, sent in after.items()
        ]
        line = translated(texts.SENT(parts=joined(parts)))
        while cells(line) > width and len(parts) > 1:
            parts = parts[:-1]
            line = translated(texts.SENT(parts=joined([*parts, "…"])))
        return line
