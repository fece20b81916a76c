"""An option is written once: a field of `DownloadOptions` is a flag of `get` and `ls`, a keyword
of `download` and `plan`, and a row of docs/options.md. Nothing else has to be written for one but
the place where it takes effect.

The flag of a field is its name with dashes; a yes/no field that is true by default has the flag
that turns it off. A *synonym* is another program's name for an option.
"""

from hfget.options.download import (
    ACCESS,
    CHOICE,
    DEFAULTS,
    MANNER,
    OPTIONS,
    PLACE,
    SELECTING,
    DownloadOptions,
)
from hfget.options.field import Option
from hfget.options.synonyms import OTHER_NAMES, keyword_meant

__all__ = [
    "ACCESS",
    "CHOICE",
    "DEFAULTS",
    "MANNER",
    "OPTIONS",
    "OTHER_NAMES",
    "PLACE",
    "SELECTING",
    "DownloadOptions",
    "Option",
    "keyword_meant",
]
