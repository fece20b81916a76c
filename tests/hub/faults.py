"""Which requests go wrong, how often, and in which way."""

from __future__ import annotations

import fnmatch
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from tests.hub.wire import Answer, Head

OriginName = Literal["hub", "cdn", "foreign"]


class ResetConnection(Exception):
    """Raised while a body is sent: end this connection with RST."""


class CloseConnection(Exception):
    """Raised while a body is sent: end this connection with FIN."""


class Surroundings(Protocol):
    """What an effect may use: the origins' URLs, a sleep that ends with the hub."""

    @property
    def urls(self) -> Mapping[str, str]: ...

    def sleep(self, seconds: float | None) -> None:
        """Wait (None: until the hub stops). Raises CloseConnection once the hub stops."""

    def refuse(self, origin: OriginName, seconds: float) -> None:
        """Have `origin` refuse connections for so long; its open ones are reset."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One request at one origin, and a source of chance that belongs to the fault."""

    origin: OriginName
    head: Head
    hub: Surroundings
    chance: random.Random


class Effect:
    """What a fault does. An effect overrides `before` or `after`.

    Each returns None where it does not apply to this request; the fault then stays unused.
    Neither blocks nor raises: what takes time or breaks the connection belongs in the body.
    """

    def before(self, moment: Moment) -> Head | Answer | None:
        """In place of the request: another request, or at once an answer."""
        return None

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        """In place of the honest answer."""
        return None


@dataclass
class Fault:
    """`effect` for requests that match.

    `path` is a glob on the decoded path (`*` crosses slashes), `times` how often it strikes
    (None: always), `skip` how many matching requests pass before, `probability` whether it
    strikes then (drawn from `seed`). `fired` counts the strikes.
    """

    effect: Effect
    origin: OriginName | None = None
    method: str | None = None
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    fired: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._lock = threading.Lock()
        self._passed = 0

    def before(self, moment: Moment) -> Head | Answer | None:
        if type(self.effect).before is Effect.before:
            return None
        with self._lock:
            if not self._is_due(moment):
                return None
            result: Head | Answer | None = self.effect.before(self._lend(moment))
            return result if self._strikes(result) else None

    def after(self, moment: Moment, answer: Answer) -> Answer | None:
        if type(self.effect).after is Effect.after:
            return None
        with self._lock:
            if not self._is_due(moment):
                return None
            result = self.effect.after(self._lend(moment), answer)
            return result if self._strikes(result) else None

    def _lend(self, moment: Moment) -> Moment:
        return replace(moment, chance=random.Random(self._chance.random()))

    def _is_due(self, moment: Moment) -> bool:
        return (
            (self.origin is None or self.origin == moment.origin)
            and (self.method is None or self.method == moment.head.method)
            and fnmatch.fnmatchcase(moment.head.path, self.path)
            and (self.times is None or self.fired < self.times)
        )

    def _strikes(self, result: object) -> bool:
        """Whether the effect applies (it made a result) and this strike is due."""
        if result is None:
            return False
        self._passed += 1
        if self._passed <= self.skip or self._chance.random() >= self.probability:
            return False
        self.fired += 1
        return True


class Faults:
    """The faults of a hub; later ones work on what earlier ones made of an answer."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._faults = [*self._faults, fault]
        return fault

    def clear(self) -> None:
        self._faults = []

    def before(self, moment: Moment) -> Head | Answer:
        head = moment.head
        for fault in self._faults:
            result = fault.before(replace(moment, head=head))
            if isinstance(result, Answer):
                return result
            head = result or head
        return head

    def after(self, moment: Moment, answer: Answer) -> Answer:
        for fault in self._faults:
            answer = fault.after(moment, answer) or answer
        return answer
