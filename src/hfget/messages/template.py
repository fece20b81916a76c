"""A text with named fields that can still be said in another language once it is filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

_JOINED = "{first}{rest}"


class Text(str):
    """A text in English which remembers its template and what the fields hold.

    `MISSING = Text("{path} is missing")` is a template; `MISSING(path=name)` is the sentence. It
    is a `str` like any other, so JSON, logs and tests see English; `translated` makes it again
    from the template, in the language of the user, when it is shown.
    """

    template: str
    fields: Mapping[str, object]

    __slots__ = ("fields", "template")

    def __new__(cls, template: str, fields: Mapping[str, object] | None = None) -> Text:
        text = super().__new__(cls, template.format_map(fields) if fields else template)
        text.template, text.fields = template, fields or {}
        return text

    def __call__(self, **fields: object) -> str:
        return Text(self.template, fields)

    def __add__(self, rest: str) -> str:
        """A text that is joined to another one stays a text."""
        return Text(_JOINED, {"first": self, "rest": rest})

    def __radd__(self, first: str) -> str:
        return Text(_JOINED, {"first": first, "rest": self})

    def __reduce__(self) -> tuple[type[Text], tuple[str, Mapping[str, object]]]:
        return Text, (self.template, self.fields)


def joined(parts: Iterable[str], separator: str = ", ") -> str:
    """As `separator.join(parts)`, but the texts among `parts` stay texts."""
    whole = ""
    for number, part in enumerate(parts):
        whole = whole + Text(separator) + part if number else part
    return whole


def _english(template: str) -> str:
    return template


_lookup: Callable[[str], str] = _english


def speak(lookup: Callable[[str], str] = _english) -> None:
    """From here on say what `lookup` gives for an English template, as gettext's does."""
    global _lookup
    _lookup = lookup


def translated(text: str, lookup: Callable[[str], str] | None = None) -> str:
    """`text` in the user's language; one that is not of a template stays as it is.

    Fields that are texts themselves are translated too. `lookup` is that of another language.
    """
    if not isinstance(text, Text):
        return text
    fields = {
        name: translated(value, lookup) if isinstance(value, str) else value
        for name, value in text.fields.items()
    }
    template = (lookup or _lookup)(text.template)
    return template.format_map(fields) if fields else template
