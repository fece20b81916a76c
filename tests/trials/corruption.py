"""Section: the server lies about bytes, lengths and ranges."""

from __future__ import annotations

from collections.abc import Callable

from tests.hub import Fault, effects
from tests.hub.repos import KiB, MiB
from tests.trials.scenario import MIXED, SMALL, Scenario, everywhere
from tests.trials.trial import Trial

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 3145728\n"
)


def _bounded(trial: Trial) -> None:
    sent = [r.bytes_sent for r in trial.hub.requests("cdn")]
    assert max(sent) < 24 * MiB, f"{max(sent)} bytes of an endless body were taken"


def _said_once(text: str) -> Callable[[Trial], None]:
    def check(trial: Trial) -> None:
        said = trial.last.out if trial.json else trial.last.err
        assert said.count(text) == 1, f"{said.count(text)} times: {text}"

    return check


SCENARIOS = (
    Scenario(
        "one flipped bit, once",
        ("row 13", "corruption: wrong bytes once"),
        "one bit of one range",
        faults=(Fault(effects.BitFlip(20 * MiB), origin="cdn"),),
        files=MIXED,
        most=2.1,
    ),
    Scenario(
        "one flipped bit in a thousand ranges",
        ("row 13", "corruption: wrong bytes once"),
        "one bit of one answer of a thousand",
        faults=(Fault(effects.BitFlip(20 * KiB), origin="cdn", skip=500),),
        files={f"d{i % 8}/{i:03}.bin": 64 * KiB for i in range(1000)},
        most=1.05,
    ),
    Scenario(
        "one flipped bit in a git file, once",
        ("row 13", "corruption: wrong bytes once"),
        "one bit of a small file",
        faults=(Fault(effects.BitFlip(3), path="*/resolve/*/c.json"),),
    ),
    Scenario(
        "one flipped bit, always",
        ("row 14", "corruption: wrong bytes always"),
        "one bit of one file in every answer",
        codes=(6,),
        faults=(everywhere(effects.BitFlip(2 * MiB), origin="cdn"),),
        lost=("w.bin",),
        most=2.2,
    ),
    Scenario(
        "wrong bytes of a git file, always",
        ("row 14", "corruption: wrong bytes always"),
        "another text of the same length",
        codes=(6,),
        faults=(everywhere(effects.Garbage(), path="*/resolve/*/c.json"),),
        lost=("c.json",),
    ),
    *(
        Scenario(
            f"a part {name}, {word}",
            ("row 15", "corruption: Content-Range of another place or total"),
            f"Content-Range lies: {effect}",
            faults=(Fault(effect, origin="cdn", times=times),),
            files={"w.bin": 40 * MiB, "c.json": "{}"},
            most=1.6 if times else 2.0,
        )
        for name, effect in (
            ("of another place", effects.WrongRange(shift=5)),
            ("of another total", effects.WrongRange(total=7)),
            ("of any total", effects.WrongRange(text="bytes 0-99/*")),
            ("without a place", effects.WrongRange(text="bytes */1")),
            ("with nonsense", effects.WrongRange(text="lines 1-2/3")),
            ("beyond the end", effects.WrongRange(text="bytes 0-99999999999/41943040")),
            ("backwards", effects.WrongRange(text="bytes 9-3/41943040")),
        )
        for word, times in (("twice", 2), ("always", None))
    ),
    Scenario(
        "other data under a right Content-Range",
        ("row 15",),
        "all bytes of one part are others",
        faults=(Fault(effects.Garbage(), origin="cdn"),),
        files=MIXED,
        most=2.1,
    ),
    Scenario(
        "the whole body for a range, always",
        (
            "row 16",
            "corruption: 200 with the whole body for a Range",
            "corruption: no range support at all",
        ),
        "Range is ignored",
        faults=(everywhere(effects.WholeBody(), origin="cdn"),),
        files={**MIXED, "v.bin": 30 * MiB},
        most=1.6,
        check=_said_once("does not serve parts of files"),
    ),
    Scenario(
        "the whole body for a range, once",
        ("row 16", "corruption: 200 with the whole body for a Range"),
        "Range is ignored once",
        faults=(Fault(effects.WholeBody(), origin="cdn", skip=2),),
        files={"w.bin": 80 * MiB},
        most=2.0,
    ),
    Scenario(
        "no ranges, and a break",
        ("corruption: no range support at all",),
        "Range is ignored, the stream breaks twice",
        faults=(
            everywhere(effects.WholeBody(), origin="cdn"),
            Fault(effects.Reset(after_bytes=10 * MiB), origin="cdn", times=2),
        ),
        files={"w.bin": 20 * MiB},
        most=3.2,
    ),
    *(
        Scenario(
            f"too long a body{word}",
            ("row 17", "corruption: body shorter or longer than promised"),
            "1000 bytes more than promised",
            codes=codes,
            faults=(Fault(effects.Longer(1000, honest=honest), origin="cdn", times=times),),
            lost=("w.bin", "b.bin") if 0 not in codes else (),
        )
        for word, honest, times, codes in (
            ("", False, 2, (0,)),
            (", always", False, None, (0,)),
            (", honestly", True, 2, (0,)),
            (", honestly and always", True, None, (6,)),
        )
    ),
    Scenario(
        "a body without end",
        ("row 17",),
        "the body never ends, no length",
        codes=(0, 6),
        faults=(everywhere(effects.Longer(None, honest=True), origin="cdn"),),
        lost=None,
        check=_bounded,
    ),
    *(
        Scenario(
            f"too short a body{word}",
            ("corruption: body shorter or longer than promised",),
            "1000 bytes less than listed",
            codes=codes,
            faults=(Fault(effects.Shorter(1000, honest=honest), origin="cdn", times=times),),
            lost=("w.bin", "b.bin") if 0 not in codes else (),
        )
        for word, honest, times, codes in (
            ("", False, 3, (0,)),
            (", honestly", True, 2, (0,)),
            (", honestly and always", True, None, (6,)),
        )
    ),
    Scenario(
        "gzip unasked",
        ("corruption: gzip though identity was asked",),
        "everything comes gzip-encoded, the API too",
        faults=(everywhere(effects.Gzip()),),
    ),
    Scenario(
        "gzip unasked for large files",
        ("corruption: gzip though identity was asked",),
        "every part comes gzip-encoded",
        faults=(everywhere(effects.Gzip(), origin="cdn"),),
        files={"w.bin": 40 * MiB, "c.json": "{}"},
        most=2.5,
    ),
    Scenario(
        "chunked",
        ("corruption: missing ETag, X-Repo-Commit, Content-Length; chunked",),
        "everything comes in chunks",
        faults=(everywhere(effects.Chunked()),),
        files=MIXED,
        most=1.25,
    ),
    Scenario(
        "headers stripped",
        ("row 29", "corruption: missing ETag, X-Repo-Commit, Content-Length; chunked"),
        "no ETag, X-Repo-Commit, X-Linked-*, Accept-Ranges",
        faults=(
            everywhere(
                effects.Headers(
                    strip=(
                        "ETag",
                        "X-Repo-Commit",
                        "X-Linked-Etag",
                        "X-Linked-Size",
                        "Accept-Ranges",
                        "Content-Type",
                        "Date",
                        "Content-Disposition",
                    ),
                )
            ),
        ),
        files=MIXED,
        most=1.25,
    ),
    Scenario(
        "weak and other ETags",
        ("row 29", "row 20", "corruption: ETag or size changed midway"),
        "a weak ETag, and another commit in the headers",
        faults=(everywhere(effects.Headers(put={"ETag": 'W/"abc"', "X-Repo-Commit": "0" * 40})),),
        files=MIXED,
        most=1.25,
    ),
    Scenario(
        "another ETag in each answer",
        ("row 20", "corruption: ETag or size changed midway"),
        "the ETag changes amid the download",
        faults=(
            Fault(effects.Headers(put={"ETag": '"' + "1" * 64 + '"'}), origin="cdn", times=2),
            Fault(effects.Headers(put={"ETag": '"' + "2" * 64 + '"'}), origin="cdn", times=2),
        ),
        files=MIXED,
    ),
    Scenario(
        "no Content-Length",
        ("corruption: missing ETag, X-Repo-Commit, Content-Length; chunked",),
        "Content-Length stripped everywhere, the connection ends the body",
        faults=(everywhere(effects.Headers(strip=("Content-Length",))),),
        files=SMALL,
    ),
    Scenario(
        "Content-Length is no number",
        ("corruption: missing ETag, X-Repo-Commit, Content-Length; chunked",),
        "Content-Length: many",
        codes=(0, 5, 6),
        faults=(Fault(effects.Headers(put={"Content-Length": "many"}), origin="cdn", times=2),),
        lost=None,
    ),
    Scenario(
        "the LFS pointer instead of the file",
        ("row 23",),
        "the hub sends the pointer's text",
        codes=(6,),
        faults=(everywhere(effects.Status(200, {}, POINTER), path="*/resolve/*/w.bin"),),
        lost=("w.bin",),
        says=("pointer",),
    ),
    Scenario(
        "a login page, once",
        ("row 24",),
        "HTML of the right length with 200, twice",
        faults=(Fault(effects.Html(same_length=True), path="*/resolve/*", times=2),),
    ),
    Scenario(
        "a login page, always",
        ("row 24",),
        "HTML of the right length with 200",
        codes=(5, 6),
        faults=(everywhere(effects.Html(same_length=True), path="*/resolve/*/b.bin"),),
        lost=("b.bin",),
        says=("looks like a web page",),
    ),
    Scenario(
        "JSON instead of the file",
        ("row 24",),
        '{"error": "no"} with 200 for every file, without a length',
        codes=(5, 6),
        faults=(
            everywhere(
                effects.Status(200, {"Content-Type": "application/json"}, b'{"error": "no"}'),
                path="*/resolve/*/b.bin",
            ),
        ),
        lost=("b.bin",),
    ),
)
