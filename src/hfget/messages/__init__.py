"""The words: every text a user can see, as a template with named fields (pure, imports nothing).

One module for each package that speaks (`hub_texts`, `cli_texts`, …), and `advice` for what to do
next, each advice once. They lie below everything, since errors are raised everywhere; what is
made of events and reports, from these templates, is said by `ui`. English is the key of a
template; `locale` has the catalogues of other languages, `STYLE.md` says how the texts are
written.
"""

from __future__ import annotations

from hfget.messages.language import accepted_language, lookup_of, speak_as
from hfget.messages.template import Text, joined, speak, translated

__all__ = [
    "Text",
    "accepted_language",
    "joined",
    "lookup_of",
    "speak",
    "speak_as",
    "translated",
]
