"""The front matter of a README.md: what the Hub calls the card of a repo.

YAML from anywhere: read in bounded size, without aliases (a few lines of them stand for
gigabytes), and made into plain values that JSON can carry.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

_MOST_BYTES = 64 << 10
_MOST_DEEP = 20
_FENCE = "---"
#: Keys whose values the Hub shows as tags, some with the key before them.
_TAG_KEYS = {"tags": "", "library_name": "", "pipeline_tag": "", "language": "",
             "license": "license:", "datasets": "dataset:", "base_model": "base_model:",
             "task_categories": "task_categories:"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """The values of a card, empty if there is none that can be read."""

    data: dict[str, Any] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        return value if isinstance(value, str) else None

    @property
    def tags(self) -> list[str]:
        return list(dict.fromkeys(self._tags()))

    def _tags(self) -> Iterator[str]:
        for key, prefix in _TAG_KEYS.items():
            value = self.data.get(key)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str):
                    yield prefix + one


def read_card(handle: int) -> Card:
    """The card in an open README.md. Raises OSError."""
    text = os.read(handle, _MOST_BYTES).decode("utf-8", "replace").lstrip("\ufeff")
    lines = text.split("\n")
    if lines[0].strip() != _FENCE:
        return Card()
    end = next((at for at, line in enumerate(lines[1:], 1) if line.strip() == _FENCE), None)
    if end is None:
        return Card()
    try:
        data = _plain(yaml.load("\n".join(lines[1:end]), _Loader))
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError, LookupError,
            AttributeError):  # fmt: skip
        return Card()
    return Card(data if isinstance(data, dict) else {})


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    def fetch_flow_collection_start(self, token_class: Any) -> None:
        if self.flow_level > _MOST_DEEP:  # the time that nesting takes grows with its square
            raise yaml.YAMLError("too deep")
        super().fetch_flow_collection_start(token_class)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def _plain(value: Any, depth: int = 0) -> Any:
    if depth > _MOST_DEEP:
        raise ValueError("too deep")
    if isinstance(value, dict):
        return {_text(str(key)): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return None
    if value is None or isinstance(value, (bool, int)):
        return value
    return _text(str(value))


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
