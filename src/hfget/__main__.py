"""`python -m hfget`, which imports nothing from the folder it is started in."""

import os
import sys


def _leave_working_directory() -> None:
    """Take away what `-m` puts first in the path, as `-P` and PYTHONSAFEPATH=1 would.

    A download may hold a `typer.py`.
    """
    if sys.flags.isolated or getattr(sys.flags, "safe_path", False) or not sys.path:
        return
    try:
        here = os.getcwd()  # noqa: PTH109 (pathlib would be imported from here)
    except OSError:
        here = ""
    if sys.path[0] in ("", here):
        del sys.path[0]


_leave_working_directory()

from hfget.cli.start import main  # noqa: E402

main()
