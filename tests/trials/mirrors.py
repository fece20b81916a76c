"""Section: mirrors, redirects, hostile listings and names, what weights may do."""

from __future__ import annotations

from typing import Any

from tests.hub import Fault, effects
from tests.hub.repos import KiB, MiB
from tests.trials.lies import LISTING, pages
from tests.trials.scenario import MIXED, SMALL, Files, Scenario, everywhere
from tests.trials.trial import Trial

ALL = ("w.bin", "b.bin", "c.json")
TINY: Files = {"w.bin": 20 * KiB, "b.bin": 3 * KiB, "c.json": '{"a": 1}'}


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
    ("long component", "x" * 300),
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


def _redirect(name: str, location: str, code: int, *, says: tuple[str, ...] = ()) -> Scenario:
    return Scenario(
        f"redirect {name}",
        ("row 59", "lies: redirect loop, to file://, to http from https"),
        f"Location: {location[:60]!r}",
        codes=(code,),
        faults=(everywhere(effects.Redirect(location), origin="hub", path="*/resolve/*/b.bin"),),
        files=TINY,
        lost=("b.bin",),
        says=says,
    )


def _memory(trial: Trial) -> None:
    assert trial.peak < 700 * MiB, f"{trial.peak / MiB:.0f} MiB of memory"


def _planted(where: str) -> Any:
    def prepare(trial: Trial) -> None:
        outside = trial.base / "outside"
        outside.mkdir()
        trial.out.mkdir()
        (trial.out / where).parent.mkdir(parents=True, exist_ok=True)
        (trial.out / where).symlink_to(outside)

    return prepare


def _unplant(where: str) -> Any:
    def mend(trial: Trial) -> None:
        (trial.out / where).unlink(missing_ok=True)

    return mend


def _no_token_abroad(trial: Trial) -> None:
    assert trial.hub.requests("foreign"), "the foreign origin was not asked"


SCENARIOS = (
    *(
        Scenario(
            f"name refused: {name}",
            ("row 54",) if ".git" not in path.lower() else ("row 54", "row 57"),
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
            f"name taken as it is: {name}",
            ("row 57", "row 58", "row 73", "row 74"),
            f"the repo holds {path!r}",
            files={**TINY, path: "text\n"},
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
    Scenario(
        "endless pages",
        ("row 60", "malicious: endless pages"),
        "each page leads to itself",
        codes=(5, 8),
        hub={"page_size": 1},
        faults=(everywhere(effects.NextLink(None), path=LISTING),),
        files=TINY,
        lost=ALL,
    ),
    Scenario(
        "a huge listing",
        ("row 60", "malicious: a page of 1 GB JSON"),
        "a page of the listing that never ends",
        codes=(5, 8),
        faults=(everywhere(effects.Longer(None, honest=True), path=LISTING),),
        files=TINY,
        lost=ALL,
        check=_memory,
    ),
    Scenario(
        "a listing that swells",
        ("row 60", "malicious: a page of 1 GB JSON"),
        "gzip of 1 GiB of blanks",
        codes=(5, 8),
        faults=(everywhere(effects.Bomb(1 << 30), path=LISTING),),
        files=TINY,
        lost=ALL,
        check=_memory,
    ),
    Scenario(
        "a file that swells",
        ("lies: gzip though identity was asked", "row 60"),
        "gzip of 1 GiB in place of a small file",
        codes=(5, 6),
        faults=(everywhere(effects.Bomb(1 << 30), path="*/resolve/*/c.json"),),
        files=TINY,
        lost=("c.json",),
        check=_memory,
    ),
    Scenario(
        "deep JSON",
        ("row 60",),
        "10,000 brackets",
        codes=(5,),
        faults=(
            everywhere(
                effects.Status(
                    200, {"Content-Type": "application/json"}, b"[" * 10_000 + b"]" * 10_000
                ),
                path=LISTING,
            ),
        ),
        files=TINY,
        lost=ALL,
        arguments=("--retries", "1"),
    ),
    *(
        Scenario(
            f"listing that is {name}",
            ("row 60",),
            f"{body[:40]!r} in place of the listing",
            codes=(5,),
            faults=(
                everywhere(
                    effects.Status(200, {"Content-Type": "application/json"}, body), path=path
                ),
            ),
            files=TINY,
            lost=ALL,
            arguments=("--retries", "1"),
        )
        for name, body, path in (
            ("an object", b'{"a": 1}', LISTING),
            ("null", b"null", LISTING),
            ("a list of numbers", b"[1, 2]", LISTING),
            ("a list of lists", b"[[]]", LISTING),
            ("empty", b"", LISTING),
            ("no Unicode", b'["\xff\xfe"]', LISTING),
            ("a commit that is none", b'{"sha": "../../x"}', "/api/models/org/m*"),
            ("a repo without a commit", b'{"id": "org/m"}', "/api/models/org/m*"),
            ("a repo that is a list", b"[]", "/api/models/org/m*"),
        )
    ),
    Scenario(
        "escapes in the server's words",
        ("row 58", "malicious: escape sequences"),
        "ESC, OSC 52, bidi and markup in X-Error-Message",
        codes=(4,),
        faults=(
            everywhere(
                effects.Status(
                    403,
                    {
                        "X-Error-Code": "GatedRepo",
                        "X-Error-Message": "\x1b[31m\x1b]52;c;aGk=\x07 [/foo] \u202e " + "x" * 9000,
                    },
                ),
                path="/api/*",
            ),
        ),
        files=TINY,
        lost=ALL,
    ),
    Scenario(
        "escapes in Retry-After and Location",
        ("row 58",),
        "ESC in Retry-After, then in Location",
        codes=(5, 8),
        faults=(
            Fault(effects.Status(429, {"Retry-After": "\x1b[2J"}), path="*/resolve/*"),
            everywhere(effects.Redirect("http://\x1b[31mx\x1b]8;;/y"), path="*/resolve/*/b.bin"),
        ),
        files=TINY,
        lost=("b.bin",),
    ),
    _redirect("to a file", "file:///etc/passwd", 8),
    _redirect("to ftp", "ftp://127.0.0.1/x", 8),
    _redirect("to data", "data:text/plain,x", 8),
    _redirect("to gopher", "gopher://127.0.0.1:1/x", 8),
    _redirect("to javascript", "javascript:alert(1)", 8),
    _redirect("in a circle", "{target}", 5, says=("circle",)),
    _redirect("to nothing", "", 5),
    _redirect("to a bad port", "http://127.0.0.1:99999/x", 5),
    _redirect("to a bad address", "http://[::1", 5),
    _redirect("to an unreachable host", "http://127.0.0.1:1/x", 5, says=("leads to this host",)),
    Scenario(
        "redirect with a login",
        ("row 59",),
        "user and password in Location",
        faults=(
            Fault(
                effects.Redirect("http://user:secret@{foreign_host}{target}"),
                origin="hub",
                path="*/resolve/*/b.bin",
            ),
        ),
        files=TINY,
        check=_no_token_abroad,
    ),
    Scenario(
        "redirect to another origin and back",
        ("row 62", "secrets: not to redirect targets"),
        "hub → foreign → hub for a file and for the API",
        faults=(
            Fault(effects.Redirect("{foreign}{target}"), origin="hub", path="*/resolve/*/b.bin"),
            Fault(effects.Redirect("{hub}{target}"), origin="foreign", path="*/resolve/*/b.bin"),
            Fault(effects.Redirect("{foreign}{target}"), origin="hub", path=LISTING),
            Fault(effects.Redirect("{hub}{target}"), origin="foreign", path=LISTING),
        ),
        files=TINY,
        check=_no_token_abroad,
    ),
    *(
        Scenario(
            f"redirect {status} to another origin",
            ("row 62", "secrets: not to redirect targets"),
            f"{status} to the foreign origin for everything",
            faults=(everywhere(effects.Redirect("{foreign}{target}", status), origin="hub"),),
            files=TINY,
            check=_no_token_abroad,
        )
        for status in (301, 302, 303, 307, 308)
    ),
    Scenario(
        "the next page elsewhere",
        ("row 27", "row 62"),
        "Link: next leads to the foreign origin",
        hub={"page_size": 1},
        faults=(everywhere(effects.NextLink("foreign"), origin="hub", path=LISTING),),
        files=TINY,
        check=_no_token_abroad,
    ),
    Scenario(
        "the next page at the Hub",
        ("row 27",),
        "Link: next names huggingface.co",
        hub={"page_size": 1},
        faults=(everywhere(effects.NextAt("https://huggingface.co"), path=LISTING),),
        files=TINY,
    ),
    Scenario(
        "absolute redirects to the Hub",
        ("row 26", "row 27"),
        "the mirror passes on Location: https://huggingface.co/…",
        faults=(
            Fault(effects.Redirect("https://huggingface.co{target}"), path="*/resolve/*/b.bin"),
        ),
        files=TINY,
    ),
    Scenario(
        "the data host cannot be reached",
        ("row 26",),
        "302 to a data host that refuses connections",
        codes=(5,),
        faults=(
            everywhere(
                effects.Redirect("http://127.0.0.1:9/xet/x"), origin="hub", path="*/resolve/*.bin"
            ),
        ),
        files=SMALL,
        lost=("w.bin", "b.bin"),
        says=("127.0.0.1:9", "leads to this host", "--endpoint"),
        seconds=60,
    ),
    *(
        Scenario(
            f"a planted link: {where}",
            ("malicious: a symlink planted in the destination", "row 46"),
            f"{where} is a link to outside",
            codes=codes,
            files={**MIXED, "sub/r.md": "hello\n"},
            prepare=_planted(where),
            mend=_unplant(where),
            lost=None,
        )
        for where, codes in (
            ("sub", (8,)),
            (".cache", (8, 7)),
            (".cache/huggingface", (8, 7)),
            (".cache/huggingface/download", (8, 7)),
            ("w.bin", (7, 8)),
        )
    ),
    Scenario(
        "a repo without files",
        ("row 60",),
        "the listing is an empty list",
        codes=(2, 3, 0),
        faults=(
            everywhere(
                effects.Status(200, {"Content-Type": "application/json"}, b"[]"), path=LISTING
            ),
        ),
        files=TINY,
        lost=ALL,
        names_host=False,
    ),
    Scenario(
        "weights that run code",
        ("row 61",),
        "pickles beside safetensors",
        files={
            **TINY,
            "model.safetensors": 20 * KiB,
            "pytorch_model.bin": 20 * KiB,
            "x.pkl": "x",
            "modeling.py": "pass\n",
        },
        says=("warning",),
    ),
)
