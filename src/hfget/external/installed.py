"""Where a program is, and which package brings it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import external_texts as texts
from hfget.system import safe_text

#: Debian's package of each; the same name elsewhere (Homebrew, conda-forge).
_PACKAGES = {"aria2c": "aria2", "wget": "wget", "curl": "curl"}


def find_program(tool: str, aria2c_path: str | os.PathLike[str] | None = None) -> str:
    """The program that `--tool` names; aria2c may be at a path of its own.

    Raises UsageError where it is not installed, and on Windows, where no pipe can be waited on.
    """
    if os.name == "nt":
        raise UsageError(
            texts.NOT_ON_WINDOWS(tool=tool), hint=advice.LEAVE_TOOL_OUT(option=f"--tool {tool}")
        )
    if tool == "aria2c" and aria2c_path is not None:
        path = os.fspath(aria2c_path)
        found = shutil.which(path)
        if found is None:
            raise UsageError(
                texts.NOT_A_PROGRAM(path=safe_text(path)), hint=advice.CHECK_ARIA2C_PATH
            )
        return str(Path(found).absolute())
    found = shutil.which(tool)
    if found is None:
        package = _PACKAGES[tool]
        raise UsageError(
            texts.NOT_INSTALLED(tool=tool),
            hint=advice.INSTALL_TOOL(package=package, tool=tool),
        )
    return str(Path(found).absolute())
