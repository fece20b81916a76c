"""Writes pages of reference from what they are about: python docs/write_reference.py

`python.md` from the docstrings of what `hfget` exports, `json-schema.md` from `ndjson.schema.json`,
`environment.md` from `.env.example`. The first two in Chinese have what is said about them, and the
help of options, in Chinese; docstrings and schema stay as they are.
"""

from __future__ import annotations

import inspect
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import hfget
from hfget import errors, events
from hfget.messages import lookup_of
from hfget.options import OPTIONS

DOCS = Path(__file__).parent
SCHEMA = "ndjson.schema.json"
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_VARIABLE = re.compile(r"((?:^# .*\n)+)((?:^#?[A-Z_]+=.*\n)+)", re.MULTILINE)


#: What stands above what is made from the code, by language.
_PYTHON_HEADS = {
    "": (
        "# The Python API\n\n"
        "Written by `python docs/write_reference.py` from the docstrings; how it is used: "
        "[library.md](library.md).\n"
        "Sizes are bytes, times seconds, hashes lower-case hex. "
        "Chinese: [python.zh-CN.md](python.zh-CN.md).\n"
    ),
    "zh_CN": (
        "# Python API\n\n"
        "由 `python docs/write_reference.py` 根据英文文档字符串生成；用法见"
        " [library.md](library.zh-CN.md)。\n"
        "大小以字节计，时间以秒计，哈希为小写十六进制。英文版：[python.md](python.md)。\n"
    ),
}
_SCHEMA_HEADS = {
    "": (
        "# The schema of `--json`\n\nWritten by `python docs/write_reference.py` from "
        f"[{SCHEMA}]({SCHEMA}). What the events mean: [json.md](json.md). "
        "Chinese: [json-schema.zh-CN.md](json-schema.zh-CN.md).\n"
    ),
    "zh_CN": (
        "# `--json` 的结构\n\n由 `python docs/write_reference.py` 根据 "
        f"[{SCHEMA}]({SCHEMA}) 生成，说明为英文。各事件的含义见 [json.md](json.zh-CN.md)。"
        "英文版：[json-schema.md](json-schema.md)。\n"
    ),
}


def python_page(language: str = "") -> str:
    parts = [_PYTHON_HEADS[language]]
    public = [name for name in hfget.__all__ if name != "__version__"]
    functions = [name for name in public if inspect.isfunction(getattr(hfget, name))]
    for name in functions:
        parts.append(f"## {name}\n\n{_function(name, getattr(hfget, name), language)}")
    for name in public:
        if name not in functions and name != "HfgetError":
            parts.append(f"## {name}\n\n{_class(getattr(hfget, name))}")
    parts.append(f"## Errors\n\n{_errors()}")
    parts.append(
        "## Events\n\nWhat an `observer` is called with; all are in `hfget.events`.\n\n"
        + "\n".join(_event(one) for one in vars(events).values() if _is_event(one))
    )
    return "\n".join(parts)


def _function(name: str, function: Any, language: str) -> str:
    lookup = lookup_of(language)
    text = inspect.getdoc(function) or ""
    about, _, keywords = text.partition("\n\nKeywords:\n")
    about, _, example = about.partition("\n\nExample:\n")
    about += f"\n\n```python\n{inspect.cleandoc(example)}\n```"
    first = next(iter(inspect.signature(function).parameters))
    shown = f"hfget.{name}({first}, **keywords)" if keywords else f"hfget.{name}{_plain(function)}"
    lines = [f"```text\n{shown}\n```\n\n{about}\n"]
    if keywords:
        lines.append("| keyword | |\n|---|---|")
        for line in re.sub(r"\n {8}", " ", keywords).splitlines():
            keyword, _, said = line.strip().partition(": ")
            if language and keyword in OPTIONS:
                off = "False：" if said.startswith("False: ") else ""
                said = off + lookup(str(OPTIONS[keyword].help))
            lines.append(f"| `{keyword}` | {_cell(said)} |")
        lines[-1] += "\n"
    return "\n".join(lines)


def _plain(function: Any) -> str:
    """A signature without the names of modules in its types."""
    shown = re.sub(r"\b(?:\w+\.)+(?=\w)", "", str(inspect.signature(function)))
    return _ADDRESS.sub("", shown).replace("'", "")


def _class(cls: Any) -> str:
    lines = [f"{inspect.getdoc(cls)}\n"]
    fields = _fields(cls)
    properties = {
        name: value
        for name, value in vars(cls).items()
        if isinstance(value, property) and not name.startswith("_")
    }
    if fields or properties:
        lines.append("| | type | |\n|---|---|---|")
        for name, kind in fields.items():
            lines.append(f"| `{name}` | `{_cell(kind)}` | |")
        for name, value in properties.items():
            kind = getattr(value.fget, "__annotations__", {}).get("return", "")
            said = (inspect.getdoc(value) or "").partition("\n\n")[0]
            lines.append(f"| `{name}` | `{_cell(str(kind))}` | {_cell(said)} |")
        lines[-1] += "\n"
    return "\n".join(lines)


def _fields(cls: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        if one.__module__.startswith("hfget") and (
            hasattr(one, "__dataclass_fields__") or hasattr(one, "_fields")
        ):
            found |= {
                name: getattr(kind, "__forward_arg__", kind)
                for name, kind in getattr(one, "__annotations__", {}).items()
                if not name.startswith("_") and "ClassVar" not in str(kind)
            }
    return {name: kind if isinstance(kind, str) else kind.__name__ for name, kind in found.items()}


def _errors() -> str:
    rows = ["| | `kind` | exit code | |\n|---|---|---|---|"]
    for name, cls in vars(errors).items():
        if isinstance(cls, type) and issubclass(cls, errors.HfgetError):
            base = "" if cls is errors.HfgetError else f"A {cls.__mro__[1].__name__}. "
            code = "128 + signal" if name == "InterruptedRunError" else cls.exit_code
            said = (inspect.getdoc(cls) or "").partition("\n\n")[0]
            kind = f"[`{cls.kind}`](errors.md#{cls.kind})"
            rows.append(f"| `{name}` | {kind} | {code} | {base}{_cell(said)} |")
    about = (inspect.getdoc(errors.HfgetError) or "").partition("\n\n")[2]
    return f"In `hfget.errors`; `HfgetError`, in `hfget`, is the base of all.\n\n{about}\n\n" + (
        "\n".join(rows) + "\n"
    )


def _is_event(value: Any) -> bool:
    return isinstance(value, type) and value.__module__ == events.__name__ and bool(_fields(value))


def _event(cls: Any) -> str:
    fields = ", ".join(f"`{name}: {kind}`" for name, kind in _fields(cls).items())
    return f"- **{cls.__name__}**: {' '.join((inspect.getdoc(cls) or '').split())} Has {fields}."


def schema_page(language: str = "") -> str:
    schema = json.loads((DOCS / SCHEMA).read_text("utf-8"))
    named = [one["$ref"].rpartition("/")[2] for one in schema["oneOf"]]
    parts = [_SCHEMA_HEADS[language]]
    for name in [*named, *(name for name in schema["$defs"] if name not in named)]:
        parts.append(f"## {name}\n\n{_object(schema['$defs'][name])}")
    return "\n".join(parts)


def _object(told: dict[str, Any]) -> str:
    about = f"{told['description']}\n\n" if told.get("description") else ""
    bases = [one["$ref"].rpartition("/")[2] for one in told.get("allOf", []) if "$ref" in one]
    about += "".join(f"With the fields of [{base}](#{base}).\n\n" for base in bases)
    fields = dict(told.get("properties", {}))
    for one in told.get("allOf", []):
        fields |= one.get("properties", {})
    if not fields:
        return f"{about}`{_cell(_type(told))}`\n" if not bases else about
    rows = [
        f"| `{name}` | {_cell(_type(kind))} | {_cell(kind.get('description', ''))} |\n"
        for name, kind in fields.items()
        if name != "event"
    ]
    return f"{about}| field | type | |\n|---|---|---|\n{''.join(rows)}"


def _type(told: dict[str, Any]) -> str:
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if "const" in told:
        return f"`{json.dumps(told['const'])}`"
    if "enum" in told:
        return ", ".join(f"`{json.dumps(one)}`" for one in told["enum"])
    for one in ("oneOf", "anyOf"):
        if one in told:
            return " or ".join(_type(kind) for kind in told[one])
    kinds = told.get("type", "any")
    kinds = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return f"{kinds} of {_type(told['items'])}" if "items" in told else kinds


def environment_page() -> str:
    text = (DOCS.parent / ".env.example").read_text("utf-8")
    rows = []
    for comment, lines in _VARIABLE.findall(text):
        said = " ".join(line.lstrip("# ") for line in comment.splitlines())
        for line in lines.splitlines():
            name, _, value = line.lstrip("#").partition("=")
            default = f"`{value}`" if value else ""
            rows.append(f"| `{name}` | {default} | {_cell(said)} |\n")
    return (
        "# Environment variables\n\nWritten by `python docs/write_reference.py` from "
        "[.env.example](../.env.example), which `--env-file` reads, too. An option\nof the command "
        "counts before a variable, a variable before that file. The variables of proxies and CA "
        "bundles:\n[network.md](network.md). Chinese: [environment.zh-CN.md](environment.zh-CN.md)."
        "\n\n| variable | as in that file | |\n|---|---|---|\n" + "".join(rows)
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES = {
    "python.md": python_page,
    "python.zh-CN.md": partial(python_page, "zh_CN"),
    "json-schema.md": schema_page,
    "json-schema.zh-CN.md": partial(schema_page, "zh_CN"),
    "environment.md": environment_page,
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
