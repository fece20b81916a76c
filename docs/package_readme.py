"""README.md for the package page, as hatchling asks for it when it builds (pyproject.toml).

A package page knows no other files: a relative link leads nowhere there, a picture is not found.
With a `Source` in `[project.urls]` both lead to the tag of this version; until there is an address
that is sure to stay, words are left without their links, and what is there for links is left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

try:
    from hatchling.metadata.plugin.interface import MetadataHookInterface
except ImportError:  # where nothing is built
    MetadataHookInterface = object  # type: ignore[assignment, misc]

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
_SEE = re.compile(r" \(\[[^\]]+\]\((?![a-z]+:)[^)]+\)\)")
#: A paragraph with so many links is there for them.
_MANY = 3


class ReadmeHook(MetadataHookInterface):
    """Sets `readme`, which is dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text("utf-8")
        source = metadata.get("urls", {}).get("Source", "")
        made = readme(text, source, metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": made}


def readme(text: str, source: str, version: str) -> str:
    """`text` with absolute links, or without those that would lead nowhere."""

    def absolute(match: re.Match[str]) -> str:
        image, words, target = match.groups()
        kind = "raw" if image else "blob"
        return f"{image}[{words}]({source.rstrip('/')}/{kind}/v{version}/{target})"

    if source:
        return _LINK.sub(absolute, text)
    parts = []
    for part in text.split("\n\n"):
        links = _LINK.findall(part)
        is_table = part.startswith("|")
        if links and not is_table and (len(links) >= _MANY or part.startswith(("!", "English | "))):
            continue
        parts.append(_LINK.sub(lambda match: match[2], _SEE.sub("", part)))
    return "\n\n".join(parts)
