"""A compiled gettext catalogue; imported only for a language other than English."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from pathlib import Path

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "hfget"


def lookup_in(language: str) -> Callable[[str], str]:
    """What gives the text of an English template; English itself where there is none."""
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True).gettext
