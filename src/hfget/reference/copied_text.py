"""What copying and chat programs leave around a reference."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from hfget.system import lazy_pattern

QUOTES = "\"'`“”„‟‘’‚‛«»‹›「」『』《》〈〉【】＂＇"
_TRAILING = ".,;。，、；"
#: A plain bullet; what else marks an item, in front of a single word only.
_BULLET = lazy_pattern(
    r"[-*+•·>→➜👉] ?(?=https?://)|[-*+•·>→➜] "
    r"|(?:\d{1,3}[.)、]|\[[ xX]\]|[\u2460-\u2473\u2600-\u27bf]\ufe0f?"
    r"|[\U0001f300-\U0001faff])\s+(?=\S+\Z)"
)
#: An address that was a part of another one, or a string of JSON.
_ENCODED = lazy_pattern(r"(?i)https?%3a(?:%2f|/){2}\S+")
_ESCAPED = lazy_pattern(r"(?i)https?:\\/\\/\S+")
#: What Markdown puts on both sides: `**x**`, `_x_`, `~~x~~`.
_STRESSED = lazy_pattern(r"(\*{1,3}|_{1,3}|~{2})([^\s*_~](?:\S*[^\s*_~])?)\1")
#: The same on both sides: spoilers, HTML and BBCode around one text.
_MARKED = lazy_pattern(
    r"(?i)\|\|(\S+)\|\||<(b|i|em|strong|code|kbd|pre|p|li|td|u)>([^<>\n]+)</\2>"
    r"|\[(url|b|i|code)\]([^\[\]\n]+)\[/\4\]|\[url=([^\[\]\s]+)\][^\[\]\n]*\[/url\]"
)
_LATEX = lazy_pattern(r"\\(?:url|href)\{([^{}]+)\}(?:\{[^{}]*\})?")
_DRIVE = lazy_pattern(r"[A-Za-z]:[/\\]|[.~]{0,2}\\")
#: Browsers write quotes and angle brackets as %22 and the like.
_ADDRESS_IN_MARKUP = lazy_pattern(r"(?i)(https?://[^\s\"<>]+)[\"<>]\S*\Z")
_SLACK = lazy_pattern(r"(?i)<(https?://[^\s|<>]+)\|[^<>]*>")
_ENTITY = lazy_pattern("&(amp|quot|lt|gt|nbsp|#39|#x27|#47|#x2[fF]);")
_ENTITIES = {"amp": "&", "quot": '"', "lt": "<", "gt": ">", "nbsp": " ", "#39": "'", "#x27": "'"}
_REPEATED_SCHEME = lazy_pattern(r"(?i)(?:view-source:|(?:https?://)+)(?=https?://)")
_LINKED_IMAGE = lazy_pattern(r"\[!\[[^\[\]]*\]\([^()]*\)\]\(([^()]*)\)")
_ANCHOR = lazy_pattern(r"(?i)<a\s[^<>]*?href=[\"']([^\"'<>]+)[\"'][^<>]*>[^<>]*(?:</a>?)?")
#: `Model: `, `href="`, `下载地址：`: one word that names what follows.
_LABEL = lazy_pattern(r"(?i)[^\s:=：＝]{1,40}\s?[:=：＝]\s*[\"'“(（\[<]?(?=https?[:：]//)")
_END_OF_ADDRESS = lazy_pattern(r"[\s\"'<>“”（）【】，。；]")


def without_dirt(text: str) -> str:
    """`text` without what copying and chat programs leave around a reference."""
    if not text.isprintable():
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = _ENTITY.sub(lambda found: _ENTITIES.get(found[1], "/"), text)
    before = None
    while text != before:
        before = text
        text = text.strip().strip(QUOTES)
        if text[-1:] in _TRAILING and text[-2:-1] not in ("", ".", "/", "\\"):
            text = text[:-1]
        elif bullet := _BULLET.match(text):
            text = text[bullet.end() :]
        elif _ENCODED.fullmatch(text):
            text = unquote(text)
        elif _ESCAPED.fullmatch(text):
            text = text.replace("\\/", "/")
        elif text[-1:] == "\\" and (text[-2:-1].isalnum() or text[-2:-1].isspace()):
            text = text[:-1]
        elif stressed := _STRESSED.fullmatch(text):
            text = stressed[2]
        elif marked := _MARKED.fullmatch(text):
            text = next(filter(None, marked.group(1, 3, 5, 6)))
        elif wrapped := _LATEX.fullmatch(text):
            text = wrapped[1]
        elif "\\_" in text and not text.startswith("hf://") and not _DRIVE.match(text):
            text = text.replace("\\_", "_")
        elif ended := _ADDRESS_IN_MARKUP.match(text):
            text = ended[1]
        elif (link := _link(text)) is not None:
            text = link
        elif text[:1] + text[-1:] in ("<>", "()", "[]", "{}"):
            text = text[1:-1]
        elif text[-1:] in (")", "）") and not {"(", "（"}.intersection(text):
            text = text.rstrip(")）")
        elif found := _REPEATED_SCHEME.match(text):
            text = text[found.end() :]
    return text


def with_plain_hyphens(text: str) -> str:
    """`text` with what word processors make of a hyphen undone; no repo ID has others."""
    return re.sub("[‐-―−﹣－]", "-", text)


def without_marks(text: str) -> str:
    """`text` without what no name ends with, for a text that names nothing as it is."""
    return text if text.endswith("/*") else text.strip("¿¡").rstrip("*!！?？~|")


def labelled_address(text: str) -> str | None:
    """The address behind one word that says what it is, `Model: https://…`; else None."""
    label = _LABEL.match(text)
    if label is None:
        return None
    address, *rest = _END_OF_ADDRESS.split(text[label.end() :], maxsplit=1)
    return address if not rest or not re.search(r"[\w:]", rest[0]) else None


def _link(text: str) -> str | None:
    """The address of a Markdown or HTML link that is all of `text`."""
    if text[:1] == "<":
        if not text.endswith(">"):
            return None
        anchor = _ANCHOR.fullmatch(text) or _SLACK.fullmatch(text)
        return anchor[1] if anchor else None
    if not text.startswith(("[", "![")) or not text.endswith(")"):
        return None
    if image := _LINKED_IMAGE.fullmatch(text):
        return image[1]
    if text.count("](") != 1:
        return None
    return next(iter(text.partition("](")[2][:-1].split()), "")
