"""What a property says of its input: hypothesis shows it as an event, a fuzz run counts it."""

from __future__ import annotations

from hypothesis import event


class Tally:
    """How many inputs were refused, as they should be, since this process began."""

    refused = 0


def refused() -> None:
    """This input was refused, or told nothing."""
    Tally.refused += 1
    event("refused")
