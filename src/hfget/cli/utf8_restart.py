"""A locale that cannot write a name of the repo: once more, with file names as UTF-8.

To the system names are bytes, and those of a repo are UTF-8; the locale is about what is typed and
shown. What was typed stays, byte for byte, what it was.
"""

from __future__ import annotations

import os
import sys


def again_in_utf8() -> None:
    """Begin the command anew, in this process; returns where that would change nothing."""
    known = sys.getfilesystemencoding().replace("-", "").lower()
    if os.name != "posix" or known == "utf8" or "utf8" in sys._xoptions or not sys.executable:
        return
    os.environ.setdefault("PYTHONIOENCODING", f"{sys.stderr.encoding}:backslashreplace")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execv(sys.executable, [sys.executable, "-X", "utf8=1", *sys.orig_argv[1:]])
