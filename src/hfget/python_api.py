"""`download` and `plan` for Python: the options as keywords, typed, listed by `help`, checked."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, ParamSpec, TypeVar

from hfget import events
from hfget.model import Plan, Report, Snapshot
from hfget.operations import Run
from hfget.options import DEFAULTS, OPTIONS, DownloadOptions, keyword_meant
from hfget.system import Stop, naming_disk_errors

_P = ParamSpec("_P")
_Call = TypeVar("_Call")
_T = TypeVar("_T")
_WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Call(DownloadOptions):
    """One call of `download` or `plan`: the repo, who watches, who stops it, and the options."""

    repo: str | Snapshot = field(kw_only=False)
    observer: events.Observer = events.ignore
    stop: Stop | None = None


def takes(call: Callable[_P, _Call]) -> Callable[[Callable[[_Call], _T]], Callable[_P, _T]]:
    """Let a function of a `call` be called with that one's own arguments.

    Type checkers see the fields of `call` as keywords. A misspelt one raises TypeError with the
    nearest that there is.
    """
    signature = inspect.signature(call)

    def decorate(function: Callable[[_Call], _T]) -> Callable[_P, _T]:
        def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            for name in kwargs:
                if name not in signature.parameters:
                    raise _unknown(function.__name__, name, list(signature.parameters))
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}() {error}") from None
            return function(call(*args, **kwargs))

        update_wrapper(run, function)
        del run.__wrapped__  # type: ignore[attr-defined]
        result = inspect.signature(function).return_annotation
        run.__signature__ = signature.replace(return_annotation=result)  # type: ignore[attr-defined]
        run.__doc__ = _with_keywords(function.__doc__ or "", signature.parameters)
        return run

    return decorate


def _unknown(function: str, name: str, possible: list[str]) -> TypeError:
    meant = keyword_meant(name, possible)
    hint = f"; did you mean {meant}?" if meant else "; see help(hfget.download)"
    return TypeError(f"{function}() got an unexpected keyword argument {name!r}{hint}")


def _with_keywords(doc: str, names: Collection[str]) -> str:
    """`doc` with a line for each keyword."""
    rows = [
        "observer: Called with each event, one at a time (hfget.events).",
        "stop: Ends the run when it is set.",
    ]
    if "progress" in names:
        rows.append("progress: Shows a bar, in a notebook or on stderr.")
    rows += [f"{name}: {_meaning(name)}" for name in OPTIONS]
    lines = [
        textwrap.fill(row, _WIDTH, initial_indent="    ", subsequent_indent="        ")
        for row in rows
    ]
    return "\n".join([inspect.cleandoc(doc), "", "Keywords:", *lines])


def _meaning(name: str) -> str:
    """The help of an option; that of a flag which turns something off is about False."""
    help: Any = OPTIONS[name].help
    return f"False: {help[:1].lower()}{help[1:]}" if DEFAULTS[name] is True else help


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DownloadCall(Call):
    """One call of `download`."""

    progress: bool = False


@takes(DownloadCall)
def download(call: DownloadCall) -> Report:
    """Download a repo, or a part of it, and verify every byte.

    A file that fails does not stop the others: see `Report.failures`. What concerns the whole
    run is raised as a child of HfgetError. Prints nothing but what `progress` asks for. `repo`
    may be a snapshot, as one of a plan: then no hub is asked what a branch means.

    Example:
        from hfget import download

        report = download("gpt2", include="*.json", local_dir="models/gpt2")
        assert report.ok, report.failures
        print(report.root, report.received, "bytes received")
    """
    if not call.progress:
        return _download(call, call.observer)
    from hfget.ui import progress_display

    with progress_display() as shown:

        def observe(event: events.Event, /) -> None:
            shown(event)
            call.observer(event)

        return _download(call, observe)


def _download(call: DownloadCall, observer: events.Observer) -> Report:
    with naming_disk_errors():
        run = Run(_repo_of(call), call, observer, call.stop)
    return run.download()


def _repo_of(call: Call) -> str | Snapshot:
    if not isinstance(call.repo, str | Snapshot):
        raise TypeError(f"repo must be a string or a Snapshot, not {type(call.repo).__name__}")
    return call.repo


@takes(Call)
def plan(call: Call) -> Plan:
    """What `download` would do. Writes nothing. Raises a child of HfgetError.

    Example:
        from hfget import plan

        made = plan("gpt2", weights="safetensors")
        print(made.need_bytes, "bytes to fetch into", made.root)
    """
    with naming_disk_errors():
        return Run(_repo_of(call), call, call.observer, call.stop).plan()
