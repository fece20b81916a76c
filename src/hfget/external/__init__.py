"""Bringing bytes by another program: curl, wget or aria2c.

curl and wget are *carriers*: each request of the engine is one run of the program, a single hop
whose answer comes through a pipe, so that ranges, journal and repair stay hfget's own. aria2c
writes files by itself: it is a *backend*, and each file is one run of it; hfget finds out where the
bytes are, and verifies and publishes what came. An *exit code* of a program is a failure to try
again after, or an end. The *input formats* are what the programs read, also from `hfget urls`.
"""

from __future__ import annotations

from hfget.external.aria2c_backend import Aria2c
from hfget.external.aria2c_file import Tools
from hfget.external.carriers import carrier_of
from hfget.external.input_formats import FORMATS, WITH_TOKEN, Download, written
from hfget.external.programs import find_program

__all__ = [
    "FORMATS",
    "WITH_TOKEN",
    "Aria2c",
    "Download",
    "Tools",
    "carrier_of",
    "find_program",
    "written",
]
