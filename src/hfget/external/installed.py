"""Where a program is, and which package brings it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hfget.errors import UsageError
from hfget.system import safe_text

#: Debian's package of each; the same name elsewhere (Homebrew, conda-forge).
_PACKAGES = {"aria2c": "aria2", "wget": "wget", "curl": "curl"}


def find_program(tool: str, aria2c_path: str | os.PathLike[str] | None = None) -> str:
    """The program that `--tool` names; aria2c may be at a path of its own.

    Raises UsageError where it is not installed, and on Windows, where no pipe can be waited on.
    """
    if os.name == "nt":
        raise UsageError(
            f"--tool {tool} needs another system than Windows", hint=f"leave --tool {tool} out"
        )
    if tool == "aria2c" and aria2c_path is not None:
        path = os.fspath(aria2c_path)
        found = shutil.which(path)
        if found is None:
            raise UsageError(
                f"{safe_text(path)} is not a program that can be run",
                hint="check the path after --aria2c-path",
            )
        return str(Path(found).absolute())
    found = shutil.which(tool)
    if found is None:
        package = _PACKAGES[tool]
        raise UsageError(
            f"{tool} is not installed",
            hint=f"install it (apt install {package}, or brew install {package}), or leave "
            f"--tool {tool} out",
        )
    return str(Path(found).absolute())
