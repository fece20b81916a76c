"""Which paths of a listing may be written: nothing that is accepted leaves the folder."""

from __future__ import annotations

import ntpath
import posixpath
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hfget.destinations.safe_paths import check_paths, check_root, destination, warnings_for
from hfget.errors import UnsafeError
from hfget.system.text import safe_text
from tests.support import verdicts
from tests.support.path_refusals import refusal, refused


@pytest.mark.parametrize(
    "path",
    [
        ".gitattributes",
        ".gitignore",
        ".github/workflows/ci.yml",
        "model-00001-of-00002.safetensors",
        "a b/c (1) [x] {y} #z ~.txt",
        "...",
        "a/..b/c..",
        "-rf",
        "~/x",
        "$HOME",
        "x.git/config",
        "git/config",
        ".cached/huggingface",
        ".cache/other/x",
        "文件/ｆｕｌｌ.bin",
        "https%3A%2F%2Fhost%2Fa.png",
        "100%",
        "e\u0301.txt",
        "\U0001f468\u200d\U0001f469.png",
        "a" * 255,
        "é" * 127 + "x",
        "a" * 16 + "/a23456789012345" * 255,
        "/".join(["a" * 100] * 40),
    ],
)
def test_names_that_are_only_unusual(path: str) -> None:
    assert refusal(path) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "is empty"),
        (".", "leaves the folder"),
        ("..", "leaves the folder"),
        ("../x", "leaves the folder"),
        ("a/../../x", "leaves the folder"),
        ("a/./b", "leaves the folder"),
        ("a/..", "leaves the folder"),
        ("/x", "is absolute"),
        ("/", "is absolute"),
        ("//host/share", "is absolute"),
        ("a//b", "empty segment"),
        ("a/", "empty segment"),
        ("\\x", "backslash"),
        ("a\\..\\x", "backslash"),
        ("..\\x", "backslash"),
        ("\\\\host\\share", "backslash"),
        ("C:\\x", "backslash"),
        ("C:/x", "drive letter"),
        ("C:x", "drive letter"),
        ("a/d:x", "drive letter"),
        ("a\0b", "control characters"),
        ("a\nb", "control characters"),
        ("a\x1b[31m", "control characters"),
        ("a\x9bb", "control characters"),
        ("a\x7f", "control characters"),
        ("a\ud800", "broken Unicode"),
        (b"\xc0\xae\xc0\xae/x".decode("utf-8", "surrogateescape"), "broken Unicode"),
        ("．．/x", "other programs read"),
        ("‥/x", "other programs read"),
        ("..／x", "other programs read"),
        ("a／..／x", "other programs read"),
        ("..＼x", "other programs read"),
        (".\u200b./x", "other programs read"),
        ("%2e%2e/x", "other programs read"),
        ("%2E./x", "other programs read"),
        ("..%2fx", "other programs read"),
        ("a%5C..%5Cx", "other programs read"),
        (".git", ".git folder"),
        (".git/config", ".git folder"),
        (".GIT/hooks/pre-commit", ".git folder"),
        ("a/.Git/config", ".git folder"),
        ("git~1/config", ".git folder"),
        (".git /config", ".git folder"),
        (".git.../config", ".git folder"),
        (".git::$INDEX_ALLOCATION/config", ".git folder"),
        (".g\u200cit/config", ".git folder"),
        ("．ｇｉｔ/config", ".git folder"),
        ("．ＧＩＴ/config", ".git folder"),
        (".cache", "download records"),
        (".cache/huggingface", "download records"),
        ("a/.cache/huggingface", "download records"),
        ("a/b/.cache/huggingface/download/x.metadata", "download records"),
        ("a/.Cache/HuggingFace/trees/x.json", "download records"),
        ("a/.cac\u200bhe/huggingface/x", "download records"),
        ("a/\uff0ecache/huggingface/x", "download records"),
        (".hfget", "own records"),
        ("a/.hfget/records", "own records"),
        ("a/.HFGET-journal", "own records"),
        ("models--a--b/.hfget/records", "own records"),
        ("models--a--b/trees/x.json", "Hub cache keeps listings"),
        ("hub/Datasets--a--b/trees/x.json", "Hub cache keeps listings"),
        (".cache/huggingface/download/x.metadata", "download records"),
        (".Cache/HuggingFace/x", "download records"),
        (".ca\u200bche/huggingface/x", "download records"),
    ],
)
def test_what_is_refused_everywhere(path: str, reason: str) -> None:
    for windows in (False, True):
        error = refused("good.txt", path, windows=windows)
        assert reason in error.message
        assert "1 of its paths" in error.message
        assert error.hint == "nothing was written; tell the repo's owner"
    with pytest.raises(UnsafeError):
        destination(Path("root"), path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("CON", "reserved on Windows"),
        ("nul.txt", "reserved on Windows"),
        ("a/aux/x", "reserved on Windows"),
        ("a/Prn", "reserved on Windows"),
        ("LPT1.json", "reserved on Windows"),
        ("com0", "reserved on Windows"),
        ("COM¹", "reserved on Windows"),
        ("CONIN$", "reserved on Windows"),
        ("conout$.txt", "reserved on Windows"),
        ("con .txt", "reserved on Windows"),
        ("a.", "ends in a dot or a space"),
        ("a ", "ends in a dot or a space"),
        ("a./b", "ends in a dot or a space"),
        ("...", "ends in a dot or a space"),
        ("file::$DATA", "a character that Windows forbids"),
        ("ab:c", "a character that Windows forbids"),
        ("a<b", "a character that Windows forbids"),
        ('a"b', "a character that Windows forbids"),
        ("a|b", "a character that Windows forbids"),
        ("a?", "a character that Windows forbids"),
        ("*.txt", "a character that Windows forbids"),
        ("PROGRA~1/x", "short name"),
        ("a/gi7eba~1.txt", "short name"),
        ("x~12", "short name"),
    ],
)
def test_what_is_refused_on_windows_only(path: str, reason: str) -> None:
    assert refusal(path) is None
    error = refused(path, windows=True)
    assert reason in error.message
    assert "download it on Linux" in error.hint
    assert warnings_for(["good.txt", path]) == [f"'{safe_text(path)}' {reason_of(error)}"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("a" * 256, "longer than 255 bytes"),
        ("é" * 128, "longer than 255 bytes"),
        ("x" * 5_000, "longer than 4096 bytes"),
        ("/".join(["a" * 100] * 50), "longer than 4096 bytes"),
    ],
)
def test_what_is_too_long_for_any_system(path: str, reason: str) -> None:
    assert reason in refused("good.txt", path).message


def reason_of(error: UnsafeError) -> str:
    return error.message.rpartition("' ")[2]


@pytest.mark.parametrize(
    "path",
    ["con1", "console", "a.con", "null", "com10", "lpt", "~1", "a~b", "longname~1.txt", "a~1.json"],
)
def test_what_windows_takes(path: str) -> None:
    assert refusal(path, windows=True) is None
    assert warnings_for([path]) == []


def test_the_records_are_safe_from_names_that_windows_shortens() -> None:
    assert "download records" in refused(".cache./huggingface /x").message


def test_linux_is_no_help_against_an_escape() -> None:
    assert "Linux" not in refused("CON", "../x", windows=True).hint
    assert (
        "Linux"
        not in refused(*["CON"] * 1, *[f"a{n}." for n in range(20)], "/x", windows=True).hint
    )


def test_a_listing_is_refused_as_a_whole() -> None:
    paths = [f"good-{number}" for number in range(50)] + [f"../{number}" for number in range(50)]
    error = refused(*paths)
    assert "50 of its paths" in error.message
    assert error.message.count("leaves the folder") == 10
    assert error.message.endswith("and 40 more")
    assert error.path == "../0"


def test_names_are_shown_escaped_and_short() -> None:
    error = refused("\x1b]8;;http://host\x07" + "x" * 9_000, "../\u202egpj.\x9b")
    assert "\\x1b]8;;" in error.message
    assert "\\u202e" in error.message
    assert safe_text(error.message, 10_000) == error.message
    assert len(error.message) < 600
    assert error.path is not None
    assert safe_text(error.path) == error.path


def test_warnings_are_few() -> None:
    lines = warnings_for(f"{number}?" for number in range(25))
    assert len(lines) == 11
    assert lines[-1] == "and 15 more"


PIECES = (
    *("a", "b", "A", "é", "con", "x.txt", "..", ".", "...", "", " ", "~", ":", "C:", "c:x", "\\"),
    *(
        "..\\",
        "．",
        "‥",
        "／",
        "＼",
        "\u200b",
        "%2e",
        "%2e%2e",
        "%2f",
        "%5c",
        "\0",
        "\n",
        ".git",
        "~1",
    ),
    *(".cache", "huggingface", "\ud800", "$", "?", "*", "\u2024", "\u2215", "\u29f5", "\uff0e"),
)
PATHS = st.one_of(
    st.text(max_size=12),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("/".join),
)


@settings(max_examples=2_000, deadline=None)
@given(PATHS, st.booleans())
@example("a/b.txt", True)
def test_nothing_accepted_leaves_the_folder(path: str, windows: bool) -> None:
    if refusal(path, windows=windows):
        verdicts.refused()
        return
    for form in (path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path)):
        inside = posixpath.normpath(posixpath.join("/srv/root", form))
        assert inside.startswith("/srv/root/")
        if windows or ":" not in form:  # ntpath takes any character before a colon for a drive
            inside = ntpath.normpath(ntpath.join("D:\\srv\\root", form))
            assert inside.startswith("D:\\srv\\root\\")
    for folded in (unicodedata.normalize("NFKC", path), unquote(path)):
        assert not {".", ".."}.intersection(re.split(r"[/\\]", folded))
    assert posixpath.normpath(path) == path
    assert not re.search(r"\\|(?:^|/)[A-Za-z]:", path)
    assert destination(Path("/srv/root"), path) == Path("/srv/root", path)
    assert len(Path(path).parts) == path.count("/") + 1


@settings(max_examples=500, deadline=None)
@given(PATHS)
def test_windows_refuses_what_is_refused_elsewhere(path: str) -> None:
    if refusal(path):
        verdicts.refused()
        assert refusal(path, windows=True)


def test_a_destination_is_below_the_root(tmp_path: Path) -> None:
    place = destination(tmp_path, "a/b c/文.bin")
    assert place == tmp_path / "a" / "b c" / "文.bin"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x")
    assert place.resolve().is_relative_to(tmp_path.resolve())


@pytest.mark.timeout(100)
def test_a_large_listing_is_checked_in_bounded_time() -> None:
    """Quadratic work on 40,000 paths would run into the time limit."""
    deep = "/".join("d" * 40)
    paths = [f"{deep}/{number}/é{number}.bin" for number in range(20_000)]
    paths += [f"plain/{number}.bin" for number in range(20_000)]
    check_paths(paths, windows=True, case_insensitive=True)
    assert "40000 of its paths" in refused(*[f"{path}/.." for path in paths]).message
    assert "1 of its paths" in refused(*paths, deep).message


def test_names_of_other_systems_are_refused_only_where_asked_for() -> None:
    check_paths(["con", "A", "a"])


@pytest.mark.parametrize(
    ("root", "path", "refused_here"),
    [
        ("m/.cache/huggingface", "x", True),
        ("m/.cache/huggingface/download", "x", True),
        ("m/.Cache/huggingface/trees/sub", "x", True),
        ("m/.cache", "huggingface/hfget.records", True),
        ("m/.cache", "HuggingFace", True),
        ("m/.cache", "other/x", False),
        ("m/.cache/huggingface/my-models", "x", False),
        ("m/cache", "huggingface/x", False),
    ],
)
def test_a_destination_is_not_among_the_records_of_another(
    root: str, path: str, refused_here: bool, tmp_path: Path
) -> None:
    if refused_here:
        with pytest.raises(UnsafeError, match="download records"):
            check_root(tmp_path / root, [path])
    else:
        check_root(tmp_path / root, [path])
