"""Bytes on this disk that are not a file yet.

A *partial* is `STEM.incomplete` with its *journal*, which holds a CRC for each *block* written. An
*owner* is the process whose name a partial bears; a *leftover* has none that lives. A *foreign*
partial is another program's.
"""

from __future__ import annotations

from hfget.partials.abandoned import Abandoned, abandoned_in, clear, sweep
from hfget.partials.clone import FULL, can_clone, can_take_alone, duplicate
from hfget.partials.digest import PrefixHash, hash_file, is_beginning, new_hash
from hfget.partials.hf_partials import Begun, find_prefix, give_back, inherit
from hfget.partials.journal import Block, Identity
from hfget.partials.partial import JOURNALED_BYTES, Partial
from hfget.partials.partial_names import (
    aria2c_name,
    aria2c_notes,
    digest_of,
    own_name,
    range_stem,
    stem_for,
)
from hfget.partials.positional_file import PositionalFile
from hfget.partials.range_partials import bytes_here
from hfget.partials.recovery import leftover_bytes, leftover_space
from hfget.partials.spans import Spans

__all__ = [
    "FULL",
    "JOURNALED_BYTES",
    "Abandoned",
    "Begun",
    "Block",
    "Identity",
    "Partial",
    "PositionalFile",
    "PrefixHash",
    "Spans",
    "abandoned_in",
    "aria2c_name",
    "aria2c_notes",
    "bytes_here",
    "can_clone",
    "can_take_alone",
    "clear",
    "digest_of",
    "duplicate",
    "find_prefix",
    "give_back",
    "hash_file",
    "inherit",
    "is_beginning",
    "leftover_bytes",
    "leftover_space",
    "new_hash",
    "own_name",
    "range_stem",
    "stem_for",
    "sweep",
]
