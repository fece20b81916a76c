"""Figures of a run, made fit for people (pure)."""

from __future__ import annotations

import math

from hfget.system import SIZE_UNITS, duration_text, size_text


def percent(done: int, total: int) -> int:
    """Whole percent, rounded down: 100 only when nothing is left."""
    return 100 if done >= total else max(0, 100 * done // total)


def pair_text(done: int, total: int, largest: int = 0) -> str:
    """`1.2/4.9 GB`: both in the unit of the total, or of the `largest` of a column."""
    whole = size_text(total)
    unit = whole.rpartition(" ")[2]
    column = size_text(largest).rpartition(" ")[2]
    if largest > total and column != unit:
        scale = 1000 ** SIZE_UNITS.index(column)
        if total >= scale / 100:
            return f"{done / scale:.2f}/{total / scale:.2f} {column}"
    if unit == "B":
        return f"{done}/{whole}"
    scale = 1000 ** SIZE_UNITS.index(unit)
    return f"{done / scale:.1f}/{whole}"


def speed_text(speed: float) -> str:
    """A speed given in bytes a second: `52 MB/s`."""
    return f"{size_text(max(0.0, speed))}/s"


def eta_text(eta: float | None) -> str:
    """The time left: `24 s`, `3 d`, empty where it is not known."""
    if eta is None or not math.isfinite(eta) or eta < 0:
        return ""
    if eta >= 100 * 3600:
        return f"{eta / 86400:.0f} d"
    return duration_text(eta) if eta >= 10 else f"{math.ceil(eta)} s"
