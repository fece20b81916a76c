"""`--pick`: the user chooses one kind of weights, or one quantisation, with the arrow keys."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hfget.errors import InterruptedRunError, UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.system import count_text, size_text

if TYPE_CHECKING:
    from hfget.events import Observer
    from hfget.model import Snapshot
    from hfget.options import DownloadOptions
    from hfget.ui import Display


def refuse_with(asked: DownloadOptions, *, others: bool) -> None:
    """Raises UsageError where the choice is made already, or would be of several repos."""
    given = "FILES" if asked.files else "--weights" if asked.weights else "--quant"
    if asked.files or asked.weights or asked.quant or others:
        last = "--input-file" if others else given
        raise UsageError(texts.CONTRADICT(flags="--pick", last=last), hint=advice.GIVE_ONE)


def picked(
    asked: DownloadOptions, snapshot: Callable[[], Snapshot], display: Display, observer: Observer
) -> tuple[Snapshot, DownloadOptions]:
    """The snapshot, and the options with what the user chose. Raises UsageError where no user
    can be asked, InterruptedRunError where none is chosen.
    """
    from hfget import events
    from hfget.selection import groups_of, label_of, loaders_of

    if not display.can_ask():
        raise UsageError(texts.PICK_NEEDS_TERMINAL, hint=advice.CHOOSE_BY_OPTION)
    found = snapshot()
    groups = [
        group
        for group in groups_of(found)
        if group.is_weights and not label_of(group.files[0].path).role  # goes beside a model
    ]
    if len(groups) < 2:
        observer(events.Note(texts.NOTHING_TO_PICK))
        return found, asked
    rows = [
        (
            group.name,
            size_text(group.size).rjust(8),
            count_text(len(group.files), "file"),
            loaders_of(group.kind),
        )
        for group in groups
    ]
    rows.append((texts.ALL_OF_IT, "", "", ""))
    number = display.choose(texts.WHICH_WEIGHTS(ref=str(found.ref)), rows)
    if number is None:
        raise InterruptedRunError(signal.SIGINT, texts.NOTHING_PICKED, hint=advice.CHOOSE_BY_OPTION)
    if number == len(groups):
        return found, asked
    group = groups[number]
    if group.quant:
        return found, replace(asked, quant=(group.quant,))
    return found, replace(asked, weights=(group.kind,))
