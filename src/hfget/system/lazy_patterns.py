"""Regular expressions that are compiled when they are first used: most runs need half of them."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Pending:
    """In the place of a pattern; each of its methods is looked up once."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def lazy_pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, but an error in `text` shows at the first use."""
    return cast("re.Pattern[AnyStr]", _Pending(text, flags))
