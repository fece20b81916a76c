"""What of typer is not its public interface: here alone, so that a new version breaks one file.

Typer has pydantic make values of what was typed, whose import alone took a sixth of the start of
a download: here they are made without.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

#: Click's UsageError, which newer versions of typer bring along in a copy of their own.
ClickUsageError: type[Exception] = typer.BadParameter.__mro__[1]

_PLAIN: dict[Any, Callable[[Any], Any]] = {str: str, bool: bool, Path: Path, list[str]: list}


class Conversion:
    """Stands where typer keeps what it coerces a parameter's value with."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        self._convert = convert

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Raises typer.BadParameter."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        return self._convert(value)


def convert_plainly(param: Any) -> None:
    """Have a parameter of a known type converted here; of any other, or by an older typer,
    as ever."""
    described = getattr(param, "type_descriptor", None)
    if described is None or getattr(param, "_runtime_param", param) is not None:
        return
    parser = described.parameter_info.parser
    if parser is not None and (param.multiple or param.nargs == -1):
        param._runtime_param = Conversion(lambda values: [parser(value) for value in values])
    elif (convert := parser or _PLAIN.get(described.annotation)) is not None:
        param._runtime_param = Conversion(convert)


def complete_at_first_tab() -> None:
    """Have the first Tab in a new zsh complete as the next ones do.

    zsh runs typer's script at that Tab to load it, and the script only registers its function.
    Click's own script calls it then (`click.shell_completion`, `_SOURCE_ZSH`).
    """
    from typer import _completion_shared as shared

    scripts: dict[Any, str] = getattr(shared, "_completion_scripts", {})
    call = '[[ $zsh_eval_context[-1] == loadautofunc ]] && %(complete_func)s "$@"\n'
    for shell, script in scripts.items():
        if script.lstrip().startswith("#compdef") and "loadautofunc" not in script:
            scripts[shell] = f"{script.rstrip()}\n{call}"
