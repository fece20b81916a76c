"""What each of several endpoints did, as lines of the report (pure; the caller makes them safe)."""

from __future__ import annotations

from collections.abc import Sequence

from hfget.messages import joined
from hfget.messages import ui_texts as texts
from hfget.model import MirrorUse, WrongRange
from hfget.system import count_text, size_text


def mirror_lines(mirrors: Sequence[MirrorUse]) -> list[str]:
    """How much each of several endpoints sent, and which of it was wrong."""
    if not any(mirror.received for mirror in mirrors):
        return []
    parts = joined(f"{one.place} {size_text(one.received)}" for one in mirrors)
    return [texts.SENT(parts=parts)] + [
        texts.MIRROR_WRONG(place=one.place, ranges=_wrong_text(one.wrong))
        for one in mirrors
        if one.wrong
    ]


def _wrong_text(wrong: Sequence[WrongRange]) -> str:
    parts = [texts.BYTES_OF(first=one.start, last=one.end - 1, path=one.path) for one in wrong[:3]]
    more = [texts.AND(what=count_text(len(wrong) - 3, "more range"))] if len(wrong) > 3 else []
    return joined([*parts, *more])
