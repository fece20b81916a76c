"""Section: the names of files, hostile and odd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hub import Fault
from tests.trials.listings import pages
from tests.trials.mirrors import TINY
from tests.trials.scenario import ALL, Scenario
from tests.trials.trial import Trial


def renamed(path: str) -> Fault:
    """The listing gives `c.json` another path."""

    def edit(page: Any) -> Any:
        for entry in page:
            if entry.get("path") == "c.json":
                entry["path"] = path
        return page

    return pages(edit)


def and_also(*paths: str, **fields: Any) -> Fault:
    """The listing holds `c.json` under further paths."""

    def edit(page: Any) -> Any:
        model = next(entry for entry in page if entry.get("path") == "c.json")
        return [*page, *({**model, "path": path, **fields} for path in paths)]

    return pages(edit)


def _no_content(trial: Trial) -> None:
    assert not trial.hub.requests(path="*/resolve/*"), "content was asked for"
    left = [path for path in trial.out.rglob("*") if path.is_file()] if trial.out.exists() else []
    assert not left, f"written: {left}"


REFUSED_NAMES: tuple[tuple[str, str], ...] = (
    ("parent", "../x"),
    ("absolute", "/tmp/x"),
    ("parent amid", "a/../../x"),
    ("drive", "C:\\x"),
    ("drive without a slash", "C:x"),
    ("UNC", "\\\\host\\share"),
    ("double slash", "//host/x"),
    ("backslash first", "\\x"),
    ("backslash parent", "a\\..\\x"),
    ("percent parent", "%2e%2e/x"),
    ("percent slash", "..%2fx"),
    ("full-width dots", "．．/x"),
    ("NUL", "a\0b"),
    ("newline", "a\nb"),
    ("escape", "a\x1b]8;;http://x\x07b"),
    ("C1", "a\x9bb"),
    ("surrogate", "a\ud800b"),
    ("empty", ""),
    ("dot", "."),
    ("dot segment", "a/./b"),
    ("empty segment", "a//b"),
    ("slash at the end", "a/"),
    ("git config", ".git/config"),
    ("git hook", "sub/.git/hooks/post-checkout"),
    ("git in capitals", ".GIT/config"),
    ("git with a soft hyphen", ".g\u00adit/config"),
    ("git short name", "git~1/config"),
    ("records", ".cache/huggingface/download/w.bin.metadata"),
    ("records in capitals", ".Cache/HuggingFace/download/x"),
    ("records of a folder below", "gpt2/.cache/huggingface/download/w.bin.metadata"),
    ("a listing of a folder below", f"gpt2/.cache/huggingface/trees/{'a' * 40}.json"),
    ("hfget's records in a cache", "models--org--m/.hfget/records"),
    ("a listing in a cache", f"models--org--m/trees/{'a' * 40}.json"),
)

TOO_LONG: tuple[tuple[str, str], ...] = (
    ("one component", "x" * 300),
    ("5,000 characters", "/".join(["y" * 90] * 55)),
)

ODD_NAMES: tuple[tuple[str, str], ...] = (
    ("device", "CON"),
    ("device with suffix", "nul.txt"),
    ("superscript port", "COM¹"),
    ("printer", "LPT1.json"),
    ("device folder", "aux/x"),
    ("console", "CONIN$"),
    ("dot at the end", "a."),
    ("space at the end", "a "),
    ("stream", "ab:c"),
    ("data stream", "file::$DATA"),
    ("short name", "PROGRA~1/x"),
    ("forbidden characters", '<>"|?*'),
    ("markup", "model[/foo].txt"),
    ("bidi", "a\u202etxt.exe"),
    ("zero width", "a\u200bb.txt"),
    ("spaces", "a b  c.txt"),
    ("hash and query", "a#b?c.txt"),
    ("percent", "100%25.txt"),
    ("plus and at", "a+b@c=d&e.txt"),
    ("other scripts", "模型/вес.txt"),
    ("emoji", "🤗.txt"),
    ("dash first", "--force"),
    ("dot file", ".env"),
    ("ssh", ".ssh/authorized_keys"),
    ("site customisation", "sitecustomize.py"),
    ("hidden cache", ".cache/other/x"),
)

_NOT_ON_WINDOWS = (*(name for name, _ in ODD_NAMES[:12]), "hash and query")
_ACTED_ON = ("dot file", "ssh", "site customisation")


def _remarked(name: str) -> Callable[[Trial], None]:
    """That is said of the name which there is to say, once."""

    def check(trial: Trial) -> None:
        said = trial.last.out if trial.json else trial.last.err
        assert said.count("not every system can have these names") == (name in _NOT_ON_WINDOWS)
        assert said.count("other programs act on files of such names") == (name in _ACTED_ON)

    return check


_ODD = "malicious: names of devices, with a dot or a blank at the end"


def _refused_lines(name: str, path: str) -> tuple[str, ...]:
    line = "malicious: paths that lead outside or to where git and hfget keep their own"
    return ("row 54", "row 57", line) if ".git" in path.lower() else ("row 54", line)


SCENARIOS = (
    *(
        Scenario(
            f"refused: {name}",
            _refused_lines(name, path),
            f"the listing names {path[:40]!r}",
            codes=(8,),
            faults=(renamed(path),),
            files=TINY,
            lost=ALL,
            check=_no_content,
        )
        for name, path in REFUSED_NAMES
    ),
    *(
        Scenario(
            f"too long for this disk: {name}",
            ("row 76", "malicious: a 5,000-character name"),
            f"the listing names {path[:40]!r}",
            codes=(7,),
            faults=(and_also(path),),
            files=TINY,
            says=("longer than", "--exclude"),
            again_arguments=("--exclude", f"{path[:90]}*"),
        )
        for name, path in TOO_LONG
    ),
    *(
        Scenario(
            f"taken as it is: {name}",
            ("row 57", "row 58", "row 73", "row 74", _ODD),
            f"the repo holds {path!r}",
            files={**TINY, path: "text\n"},
            check=_remarked(name),
        )
        for name, path in ODD_NAMES
    ),
    Scenario(
        "names that are one with case folded",
        ("row 75", "malicious: case collisions"),
        "A/x beside a/x, both normal forms of one name",
        files={
            **TINY,
            "A/x": "1",
            "a/x": "2",
            "caf\u00e9": "3",
            "cafe\u0301": "4",
            "ß": "5",
            "SS": "6",
        },
    ),
    Scenario(
        "a file beside a folder of that name",
        ("row 76", "malicious: a file a beside a/b"),
        "c.json beside c.json/x",
        codes=(8,),
        faults=(and_also("c.json/x"),),
        files=TINY,
        lost=ALL,
        check=_no_content,
    ),
    Scenario(
        "a path twice with other content",
        ("row 60", "malicious: duplicate paths"),
        "c.json twice, with two hashes",
        codes=(8,),
        faults=(and_also("c.json", oid="b" * 40),),
        files=TINY,
        lost=ALL,
        check=_no_content,
    ),
    Scenario(
        "a path twice",
        ("row 60",),
        "c.json twice, the same",
        faults=(and_also("c.json"),),
        files=TINY,
    ),
)
