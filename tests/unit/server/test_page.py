"""The page for people: names are text in it, whatever they are."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

from hfget.model import RemoteFile, RepoRef, Snapshot
from hfget.operations import Pull
from hfget.server.page import HEADERS, Activity, render
from hfget.server.repos.holdings import Holding
from hfget.server.repos.repo import Repo

EVIL = "<script src=//evil.example>alert(1)</script>\"'&<img onerror=x>"


class Page(HTMLParser):
    """The tags of a page, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def activity(**changes: object) -> Activity:
    file = RemoteFile(EVIL, 1000, "a" * 40)
    pull = Pull(Snapshot(RepoRef("org/name"), "", "c" * 40, (file,)), file)
    repo = Repo(EVIL, "model", {EVIL: Path()})
    known: dict[str, object] = {
        "address": "http://mirror:8090", "holdings": [Holding(repo, (EVIL,), 2, 5000)],
        "clients": {EVIL: 3, "10.0.0.1": 1}, "upstreams": [EVIL], "pulls": [pull],
        "pulled": 4000, "limit": 10_000,
    }  # fmt: skip
    return Activity(**{**known, **changes})  # type: ignore[arg-type]


def test_names_are_text() -> None:
    page = Page(render(activity()))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "link", "iframe", "a", "form"}
    assert page.text.count(EVIL) == 5
    loads = [value for _, attributes in page.tags for name, value in attributes.items()
             if name in ("src", "href", "action", "style") or name.startswith("on")]  # fmt: skip
    assert not loads
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


def test_what_one_needs_to_know_is_there() -> None:
    text = Page(render(activity(asks_token=True))).text
    for wanted in ("export HF_ENDPOINT=http://mirror:8090", "HF_TOKEN", "5.0 kB", "at most 10.0 kB",
                   "starting", "1.0 kB", "10.0.0.1"):  # fmt: skip
        assert wanted in text, text
    assert "cannot be reached" in Page(render(activity(is_down=True))).text
    plain = Page(render(activity(upstreams=[], pulls=[], holdings=[], address=""))).text
    assert "Being fetched" not in plain and "HF_ENDPOINT" not in plain


def test_long_lists_are_cut() -> None:
    repos = [Holding(Repo(f"org/n{n}", "model", {}), (), None, None) for n in range(700)]
    page = render(activity(holdings=repos))
    assert page.count("being hashed") == 500 and "and 200 more" in page


class Quarter(Pull):
    """A file of which a part is here."""

    @property
    def done(self) -> int:
        return self.file.size // 4


def words(page: str) -> str:
    """What is read on it."""
    return re.sub(r"<[^>]*>", " ", page.partition("</style>")[2])


def test_what_has_just_begun_is_not_told_in_bytes() -> None:
    pull = activity().pulls[0]
    new = [Holding(Repo("org/name", "model", {}), ("main",), 0, 0)]
    text = words(render(activity(holdings=new, pulled=0)))
    assert " 0 B" not in text and " 0%" not in text and text.count("starting") == 2, text
    text = words(render(activity(pulls=[Quarter(pull.snapshot, pull.file)])))
    assert "25%" in text and "250 B of 1.0 kB" in text
    assert " 0 B" in words(render(activity(holdings=new, pulls=[]))), "an empty repo is told so"


def test_it_is_in_the_language_of_the_browser() -> None:
    page = render(activity(asks_token=True, is_down=True), "zh_CN")
    assert "<html lang=zh-CN>" in page and "<html lang=en>" in render(activity())
    assert Page(page).text.count(EVIL) == 5, "names stay as they are"
    text = words(page).replace(escape(EVIL), "")
    assert "正在下载" in text and "1 个仓库" in text and "无法连接" in text
    known = "hfget mirror export http HTTP ENDPOINT TOKEN org name download"
    assert set(re.findall(r"[A-Za-z]{3,}", text)) <= set(known.split()), text
