"""Section: mirrors and repos that are hostile, broken or odd."""

from __future__ import annotations

from typing import Any

from tests.hub import Fault, effects
from tests.hub.repos import KiB, MiB
from tests.trials.listings import INFO, LISTING, without_siblings
from tests.trials.scenario import ALL, MIXED, Files, Scenario, everywhere
from tests.trials.trial import Trial

TINY: Files = {"w.bin": 20 * KiB, "b.bin": 3 * KiB, "c.json": '{"a": 1}'}


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


def _million(trial: Trial) -> None:
    entry = b'{"type":"file","path":"%d","size":1,"oid":"' + b"a" * 40 + b'"}'
    body = b"[" + b",".join(entry % number for number in range(1_000_000)) + b"]"
    page = effects.Status(200, {"Content-Type": "application/json"}, body)
    trial.add_fault(everywhere(page, path=LISTING))


SCENARIOS = (
    Scenario(
        "endless pages",
        ("row 60", "malicious: endless pages"),
        "each page leads to itself; the info names the files",
        hub={"page_size": 1},
        faults=(everywhere(effects.NextLink(None), path=LISTING),),
        files=TINY,
    ),
    Scenario(
        "endless pages, and nothing else",
        ("row 60", "malicious: endless pages"),
        "each page leads to itself; the info names no files",
        codes=(5, 8),
        hub={"page_size": 1},
        faults=(
            everywhere(effects.NextLink(None), path=LISTING),
            everywhere(effects.EditJson(without_siblings), path=INFO),
            everywhere(effects.NoRoute(), path="*/treesize/*"),
        ),
        files=TINY,
        lost=ALL,
        says=("again and again",),
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
        ("corruption: gzip though identity was asked", "row 60"),
        "gzip of 1 GiB in place of a small file",
        codes=(5, 6),
        faults=(everywhere(effects.Bomb(1 << 30), path="*/resolve/*/c.json"),),
        files=TINY,
        lost=("c.json",),
        check=_memory,
    ),
    Scenario(
        "a million entries",
        ("row 60", "malicious: a million entries"),
        "a listing of a million files in one page",
        codes=(5, 8),
        files=TINY,
        lost=ALL,
        prepare=_million,
        check=_memory,
        arguments=("--retries", "1"),
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
    Scenario(
        "absolute redirects to the Hub",
        ("row 26", "row 27"),
        "the mirror passes on Location: https://huggingface.co/…",
        faults=(
            Fault(effects.Redirect("https://huggingface.co{target}"), path="*/resolve/*/b.bin"),
        ),
        files=TINY,
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
        "the listing is an empty list, and the info names no files",
        codes=(0,),
        faults=(
            everywhere(
                effects.Status(200, {"Content-Type": "application/json"}, b"[]"), path=LISTING
            ),
            everywhere(effects.EditJson(lambda info: {**info, "siblings": []}), path=INFO),
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
