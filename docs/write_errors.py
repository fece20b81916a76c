"""Writes docs/errors.md, in each language, from the errors themselves: python docs/write_errors.py

The kinds are those of `errors.py`; the messages and their advices are found where errors are made
in the source, by following names to the texts of `hfget.messages`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from error_sources import Raised, raised

from hfget import errors
from hfget.messages import error_texts, lookup_of

DOCS = Path(__file__).parent
LANGUAGES = {"": "errors.md", "zh_CN": "errors.zh-CN.md"}
HEADS = {
    "": """\
# Errors

Written by `python docs/write_errors.py` from `src/hfget`.
Chinese: [errors.zh-CN.md](errors.zh-CN.md).

A message says what failed and why, below it the file, the host and what to do next. The word in
brackets is the kind of the error, and its place on this page; `hfget help KIND` shows that place
in the terminal. Wrong use has no such word: there the message says it all. With `--json` it is
`kind` ([json.md](json.md)), in Python `HfgetError.kind`. It stays the same from version to
version; the texts may change. Words in *italics* stand for what the message names.

```
error: huggingface.co has no model org/nothing [repo-not-found]
  from: huggingface.co
  next: check the spelling; for a dataset or a space add --dataset or --space; …
```

| kind | exit code | |
|---|---|---|
""",
    "zh_CN": """\
# 错误一览

由 `python docs/write_errors.py` 根据 `src/hfget` 生成。英文版：[errors.md](errors.md)。

错误消息说明什么失败了、原因是什么，下面是文件、主机和接下来的办法。方括号中的词是错误的种类，也是它在
本页的位置；`hfget help KIND` 在终端中显示这一节。用法错误没有这个词：消息本身已经说清楚了。使用
`--json` 时它是 `kind` 字段（[json.md](json.zh-CN.md)），在 Python 中是 `HfgetError.kind`。种类在
各个版本中保持不变，文字可能会变。*斜体*代表消息中的具体内容。

```
错误：huggingface.co 没有 model 仓库 org/nothing [repo-not-found]
  来自：huggingface.co
  下一步：检查拼写；如果是数据集或 Space，加上 --dataset 或 --space；…
```

| 种类 | 退出码 | |
|---|---|---|
""",
}
WORDS = {
    "": ("Exit code", "What to do", "message", "next"),
    "zh_CN": ("退出码", "办法", "消息", "下一步"),
}
_FIELD = re.compile(r"\{(\w+)[^{}]*\}")


def kinds() -> dict[str, list[type[errors.HfgetError]]]:
    """The classes of each kind, in the order of `errors.py`."""
    found: dict[str, list[type[errors.HfgetError]]] = {}
    for cls in vars(errors).values():
        if isinstance(cls, type) and issubclass(cls, errors.HfgetError):
            found.setdefault(cls.kind, []).append(cls)
    return found


def page(language: str) -> str:
    say = lookup_of(language)
    code_word, next_word, message_word, advice_word = WORDS[language]
    sections, rows = [], []
    for kind, classes in kinds().items():
        about, remedy = say(_text(kind)), say(_text(kind, "_NEXT"))
        codes = "129, 130, 143" if kind == "interrupted" else str(classes[0].exit_code)
        rows.append(f"| [{kind}](#{kind}) | {codes} | {_first_sentence(about)} |\n")
        colon = ": " if not language else "："
        lines = [
            f"## {kind}\n\n{code_word} {codes}{'. ' if not language else '。'}{about}\n",
            f"**{next_word}**{colon}{remedy}\n",
        ]
        table = sorted(_rows(classes, language), key=lambda row: row[0].lower())
        if table:
            lines.append(
                f"| {message_word} | {advice_word} |\n|---|---|\n"
                + "".join(f"| {message} | {advice} |\n" for message, advice in table)
            )
        sections.append("\n".join(lines))
    return f"{HEADS[language]}{''.join(rows)}\n" + "\n".join(sections)


def _rows(classes: list[type[errors.HfgetError]], language: str) -> Iterator[tuple[str, str]]:
    names = {cls.__name__ for cls in classes}
    say = lookup_of(language)
    found: dict[str, set[str]] = {}
    for one in _RAISED:
        if one.error in names:
            for message in one.messages:
                found.setdefault(message.said(say), set()).update(
                    advice.said(say) for advice in one.hints
                )
    for message, advices in found.items():
        yield _cell(message), " / ".join(sorted(map(_cell, advices)))


def _cell(text: str) -> str:
    """A template as a cell of a table: fields in italics, nothing that Markdown would take."""
    text = re.sub(r"([*<>|\[\]])", r"\\\1", " ".join(text.split()))
    return _FIELD.sub(r"*\1*", text.replace("}{", "} {"))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.。])\s*|[:：;；] ?", text, maxsplit=1)[0]


def _text(kind: str, ending: str = "") -> str:
    return str(getattr(error_texts, kind.upper().replace("-", "_") + ending).template)


_RAISED: list[Raised] = list(raised())


if __name__ == "__main__":
    for language, name in LANGUAGES.items():
        (DOCS / name).write_text(page(language), "utf-8")
