"""The site of the documentation: every page has its place, and links lead where they should."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HOOK: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "site_pages.py"))
CHINESE = ".zh-CN.md"
FOR_DEVELOPERS = ("bench", "design")


def test_every_page_has_one_place_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]
    named = re.findall(r"[\w-]+\.md$", nav, flags=re.MULTILINE)
    pages = {path.name for path in (ROOT / "docs").glob("*.md") if not path.match(f"*{CHINESE}")}
    moved = {name for name in HOOK["MOVED"].values() if name.endswith(".md")} - {"index.zh.md"}
    assert sorted(named) == sorted(pages | moved)


def test_a_page_for_users_is_there_in_chinese_and_each_leads_to_the_other() -> None:
    for path in (ROOT / "docs").glob("*.md"):
        if path.match(f"*{CHINESE}") or path.stem in FOR_DEVELOPERS:
            continue
        name = path.stem + CHINESE
        assert f"Chinese: [{name}]({name})" in path.read_text("utf-8").replace(":\n", ": "), name
        there = (path.parent / name).read_text("utf-8")
        assert f"英文版：[{path.name}]({path.name})" in there.replace("：\n", "："), name


def test_a_page_in_chinese_is_one_of_a_page_in_english() -> None:
    for path in (ROOT / "docs").glob(f"*{CHINESE}"):
        english = path.name.removesuffix(CHINESE) + ".md"
        assert (path.parent / english).exists() or f"docs/{path.name}" in HOOK["MOVED"], path.name


@pytest.mark.parametrize(
    ("page", "target", "link"),
    [
        ("README.md", "docs/mirrors.md", "mirrors.md"),
        ("docs/mirrors.md", "../README.md", "index.md"),
        ("docs/ci.md", "deploy/Dockerfile", "deploy/Dockerfile"),
        ("docs/ci.md", "../.github/actions/hfget/action.yml", "deploy/action.yml"),
        ("README.zh-CN.md", "docs/resume.zh-CN.md", "resume.md"),
        ("docs/token.md", "../README.zh-CN.md", "index.md"),
        ("README.zh-CN.md", "docs/glossary.zh-CN.md", "glossary.md"),
        ("docs/design.md", "../src/hfget/messages/STYLE.md", "messages-style.md"),
    ],
)
def test_links_follow_their_pages(page: str, target: str, link: str) -> None:
    assert HOOK["link_on_site"](page, target) == link


def test_each_package_that_hfget_names_is_justified() -> None:
    told = (ROOT / "pyproject.toml").read_text("utf-8").partition("\ndependencies = [\n")[2]
    named = set(re.findall(r'^  "([\w-]+)', told.partition("\n]")[0], flags=re.MULTILINE))
    assert len(named) > 5
    for page in ("install.md", "install.zh-CN.md"):
        cells = re.findall(r"^\|([^|]+)\|", (ROOT / "docs" / page).read_text("utf-8"), re.M)
        assert named <= set(re.findall(r"[\w-]+", " ".join(cells), re.ASCII)), page


def test_a_diagram_is_drawn_by_the_site_itself_or_shown_as_text() -> None:
    class Page:
        url = "zh/token.html"

    draw, drawer = HOOK["on_page_content"], Path(HOOK["_LAID_OUT"].name) / HOOK["_DRAWER"]
    assert draw("<p>no diagram</p>", page=Page) == "<p>no diagram</p>"
    assert draw('<pre class="mermaid">a --> b</pre>', page=Page) == (
        '<pre class="diagram">a --> b</pre>'
    ), "the theme would fetch what draws it from another host"
    drawer.parent.mkdir()
    drawer.touch()
    drawn = draw('<pre class="mermaid">a --> b</pre>', page=Page)
    assert drawn.endswith(
        'class="mermaid">a --> b</pre><script src="../assets/mermaid.min.js"></script>'
    )


def test_the_scripts_of_the_theme_ask_no_other_host(tmp_path: Path) -> None:
    class Config:
        site_dir = str(tmp_path)

    scripts = tmp_path / "assets" / "javascripts"
    scripts.mkdir(parents=True)
    (scripts / "bundle.js.map").touch()
    bundle = scripts / "bundle.js"
    bundle.write_text('x=old?load("https://unpkg.com/resize-observer-polyfill"):0')
    HOOK["on_post_build"](Config)
    assert bundle.read_text() == 'x=old?load("data:,"):0' and list(scripts.iterdir()) == [bundle]
    bundle.write_text("x=load(`https://unpkg.com/${name}`)")
    with pytest.raises(SystemExit):
        HOOK["on_post_build"](Config)


def test_the_package_page_has_no_link_that_leads_nowhere() -> None:
    readme = runpy.run_path(str(ROOT / "docs" / "package_readme.py"))["readme"]
    text = (ROOT / "README.md").read_text("utf-8")
    relative = re.compile(r"\]\((?!https?://)")
    plain = readme(text, "", "1.2.3")
    assert (
        not relative.search(plain)
        and "docs/pictures" not in plain
        and "| `hfget ls gpt2` |" in plain
    )
    assert len(plain) > len(text) / 2
    linked = readme(text, "https://code.example/hfget/", "1.2.3")
    assert not relative.search(linked)
    assert "![hfget downloading" in linked
    assert "(https://code.example/hfget/raw/v1.2.3/docs/screen.svg)" in linked
    assert "(https://code.example/hfget/blob/v1.2.3/docs/serve.md#a-mirror-for-the-lan)" in linked
