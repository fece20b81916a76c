"""What a scenario is: what is injected, and how the run must end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.hub import Fault
from tests.hub.repos import KiB, MiB

if TYPE_CHECKING:
    from tests.trials.trial import Trial

REPO = "org/m"
OUT = "m"
Files = Mapping[str, bytes | str | int]

#: Two LFS files, one of them above what one request fetches, and what git holds itself.
MIXED: Files = {"w.bin": 40 * MiB, "b.bin": 2 * MiB, "c.json": '{"a": 1}', "sub/r.md": "hello\n"}
#: The files of most repos here.
ALL = ("w.bin", "b.bin", "c.json")
SMALL: Files = {"w.bin": 3 * MiB, "b.bin": 300 * KiB, "c.json": '{"a": 1}'}


@dataclass(frozen=True)
class Scenario:
    """One row of the table.

    `covers` names lines of `specification`. `codes` are the exit codes that are right, `lost`
    the files that must not be there afterwards while all others are (None: whatever is there
    must be right), `says` what must stand in the messages. `most` bounds the body bytes that
    all origins sent in the run with the fault, as a multiple of the repo's size; `most_again`
    those of both runs together. `seconds` bounds the run.

    `prepare` sets the scene, `act` does something while the command runs, `drive` replaces the
    run, `check` looks closer, `mend` takes the fault away before the second run, which must end
    with exit code 0 unless `again` is off.
    """

    name: str
    covers: tuple[str, ...]
    injected: str
    codes: tuple[int, ...] = (0,)
    faults: tuple[Fault, ...] = ()
    files: Files = field(default_factory=lambda: SMALL)
    hub: Mapping[str, Any] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] | None = ()
    says: tuple[str, ...] = ()
    most: float | None = None
    most_again: float | None = None
    seconds: float = 60.0
    names_host: bool = True
    token_home: str = "hub"
    prepare: Callable[[Trial], None] | None = None
    act: Callable[[Trial], None] | None = None
    drive: Callable[[Trial], None] | None = None
    check: Callable[[Trial], None] | None = None
    mend: Callable[[Trial], None] | None = None
    again: bool = True
    again_arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    repo: str = REPO


def everywhere(effect: Any, **options: Any) -> Fault:
    """A fault that never ends."""
    return Fault(effect, times=None, **options)
