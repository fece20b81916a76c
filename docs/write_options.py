"""Writes docs/options.md, in each language, from the options: python docs/write_options.py"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from hfget.cli.main import make_app
from hfget.messages import lookup_of
from hfget.options.download import DEFAULTS, OPTIONS

DOCS = Path(__file__).parent
LANGUAGES = {"": "options.md", "zh_CN": "options.zh-CN.md"}
HEADS = {
    "": """\
# Options

Written by `python docs/write_options.py` from `src/hfget/options/download.py`. In every option
`_` and `-` are the same, and `~` at the beginning of a path is your home folder. The keywords are
those of `download` and `plan` ([library.md](library.md)); *ls* marks what `hfget ls` and
`hfget urls` have too. Chinese: [options.zh-CN.md](options.zh-CN.md).

```
hfget [OPTIONS] REPO [FILES]...
```
""",
    "zh_CN": """\
# 选项

由 `python docs/write_options.py` 根据 `src/hfget/options/download.py` 生成。
英文版：[options.md](options.md)。

每个选项中 `_` 和 `-` 相同，路径开头的 `~` 是您的主目录。关键字是 `download` 和 `plan` 的参数
（[library.md](library.zh-CN.md)）；标有 *ls* 的选项 `hfget ls` 和 `hfget urls` 也有。

```
hfget [OPTIONS] REPO [FILES]...
```
""",
}
WORDS = {
    "": ("option", "keyword", "what it does", "As in a download: ", ", ", "."),
    "zh_CN": ("选项", "关键字", "作用", "与下载相同：", "、", "。"),
}


def page(language: str) -> str:
    say = lookup_of(language)
    option, keyword, does, *_ = WORDS[language]
    commands: Any = typer.main.get_command(make_app()).commands  # type: ignore[attr-defined]
    parts = [HEADS[language]]
    listing = {flag for param in commands["ls"].params for flag in param.opts}
    groups: dict[str, list[str]] = {}
    for param in commands["get"].params:
        if param.name == "repo":
            continue
        group = getattr(param, "rich_help_panel", None) or "Output"
        name = "What to fetch" if param.param_type_name == "argument" else group
        marked = "ls" if listing.intersection(param.opts) else ""
        groups.setdefault(name, []).append(
            f"| {_spelled(param)} | {_keyword(param.name)} | {say(param.help)} | {marked} |"
        )
    listed = {flag for param in commands["get"].params for flag in param.opts}
    said = {param.help for param in commands["get"].params}
    for name, rows in groups.items():
        parts.append(f"## {say(name)}\n\n| {option} | {keyword} | {does} | |\n|---|---|---|---|")
        parts[-1] += "".join(f"\n{row}" for row in rows) + "\n"
    for name in (
        "urls", "lock", "sync", "outdated", "verify", "list", "prune", "mirrors", "serve",
    ):  # fmt: skip
        command = commands[name]
        known = (
            listing if name == "urls" else listed if name in ("lock", "sync", "outdated") else set()
        )
        rows = [
            f"| {_spelled(param)} | {say(param.help)} |"
            for param in command.params
            if not known.intersection(param.opts) or param.help not in said
        ]
        also = _shared(command, known, said, language) if name != "urls" else ""
        parts.append(f"## hfget {name}\n\n{also}| {option} | {does} |\n|---|---|")
        parts[-1] += "".join(f"\n{row}" for row in rows) + "\n"
    return "\n".join(parts)


def _shared(command: Any, known: set[str], said: set[str], language: str) -> str:
    """The options that a command has as a download has them."""
    flags = [
        max(param.opts, key=len)
        for param in command.params
        if known.intersection(param.opts) and param.help in said
    ]
    *_, begin, comma, end = WORDS[language]
    return f"{begin}{comma.join(f'`{flag}`' for flag in flags)}{end}\n\n" if flags else ""


def _spelled(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{param.metavar}`"
    value = "" if param.is_flag else f" {param.metavar}"
    return ", ".join(f"`{flag}{value}`" for flag in param.opts)


def _keyword(name: str) -> str:
    """The keyword with its default, `repo_type="dataset"` for what is short for it."""
    if name in OPTIONS:
        if DEFAULTS[name] is True:
            return f"`{name}=False`"
        return f"`{name}={DEFAULTS[name]!r}`" if OPTIONS[name].metavar == "N" else f"`{name}`"
    for one, known in OPTIONS.items():
        for short in known.shorthands:
            if short.flag == "--" + name.replace("_", "-"):
                return f'`{one}="{short.value}"`'
    return ""


if __name__ == "__main__":
    for language, name in LANGUAGES.items():
        (DOCS / name).write_text(page(language), encoding="utf-8")
