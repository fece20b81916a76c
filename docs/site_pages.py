"""What the site of the documentation is made of: a hook of mkdocs (mkdocs.yml).

Pages are written to be read in the source tree, where a link is relative to its file. For the
site they are laid out in a folder of their own, with those files beside docs/ that they lead to,
as README.md, and the links follow.

The site asks no other host: what draws the diagrams is a part of it, and what the theme would fetch
elsewhere is left out.
"""

from __future__ import annotations

import hashlib
import logging
import posixpath
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
#: Files of the project that have another place on the site than in docs/.
MOVED = {
    "README.md": "index.md",
    "README.zh-CN.md": "index.zh.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "reporting.md",
    "src/hfget/messages/STYLE.md": "messages-style.md",
    "tests/trials/outcomes.md": "outcomes.md",
    "docs/glossary.zh-CN.md": "glossary.md",  # there is none in English
    ".env.example": "deploy/env.example",
    ".github/actions/hfget/action.yml": "deploy/action.yml",
}
#: How the name of a page in Chinese ends, in the source tree and for the site's theme.
_CHINESE, _ZH = ".zh-CN.md", ".zh.md"
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
#: A line end between Chinese characters, which shows as a blank.
_NO_BLANK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u4e00-\u9fff\uff00-\uffef“（])")
#: Links to the page in the other language: the site has a switch for that.
_SWITCH = re.compile(
    r"^(?:English \| \[.*|\[English\].*)\n|\s?(?:Chinese:|英文版：)\s?\[[^\]]+\]\([^)]+\)[.。]",
    re.MULTILINE,
)

#: From npm, with the hash of the file that is taken from it; kept for the next build.
_MERMAID, _MERMAID_SHA256 = (
    "mermaid@11.17.2",
    "581ed7d74bd9048d0e3a91363927d72ef22942d7722546b27f7cc29e35390eb8",
)
#: What the theme would load from another host: for browsers of before 2020, and for diagrams.
_ELSEWHERE = re.compile(r'"https://unpkg\.com/[^"]*"')
_DRAWER = "assets/mermaid.min.js"
_DIAGRAM = 'class="mermaid"'

#: The pages as they are laid out; removed when mkdocs ends.
_LAID_OUT = tempfile.TemporaryDirectory(prefix="hfget-docs-")


def on_config(config: Any) -> Any:
    folder = Path(_LAID_OUT.name)
    for source in (ROOT / "docs").rglob("*"):
        name = source.relative_to(ROOT).as_posix()
        if source.is_file() and source.suffix not in (".py", ".pyc") and name not in MOVED:
            _lay(source, folder / name.removeprefix("docs/").replace(_CHINESE, _ZH))
    for name, there in MOVED.items():
        _lay(ROOT / name, folder / there)
    kept = ROOT / "build" / f"{_MERMAID}.min.js"
    if kept.exists() or _fetch_drawer(kept):
        (folder / _DRAWER).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept, folder / _DRAWER)
    config.docs_dir = str(folder)
    return config


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Draws the diagrams of a page; without what draws them they are shown as they are written."""
    if _DIAGRAM not in html:
        return html
    if not (Path(_LAID_OUT.name) / _DRAWER).exists():
        return html.replace(_DIAGRAM, 'class="diagram"')
    there = posixpath.relpath(_DRAWER, posixpath.dirname(page.url) or ".")
    return f'{html}<script src="{there}"></script>'


def on_post_build(config: Any) -> None:
    """Has the theme's scripts ask no other host: they load nothing in its place."""
    for script in Path(config.site_dir).glob("assets/javascripts/*.js"):
        text = _ELSEWHERE.sub('"data:,"', script.read_text("utf-8"))
        if "unpkg.com" in text:
            raise SystemExit(f"{script.name} of the theme asks another host in a new way")
        script.write_text(text, "utf-8")
    for source in Path(config.site_dir).glob("assets/**/*.map"):
        source.unlink()  # of scripts that are others now


def _fetch_drawer(kept: Path) -> bool:
    """By npm; false where there is none, or it fetches nothing or something else."""
    kept.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        command = ["npm", "pack", "--silent", "--pack-destination", place, _MERMAID]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            with tarfile.open(next(Path(place).glob("*.tgz"))) as package:
                source = package.extractfile("package/dist/mermaid.min.js")
                script = source.read() if source else b""
        except (OSError, KeyError, StopIteration, subprocess.SubprocessError) as error:
            logging.getLogger("mkdocs").info("diagrams are shown as text: %s", error)
            return False
    if hashlib.sha256(script).hexdigest() != _MERMAID_SHA256:
        raise SystemExit(f"{_MERMAID} from npm is not the file that it was")
    kept.write_bytes(script)
    return True


def _lay(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix != ".md":
        shutil.copyfile(source, place)
        return
    name = source.relative_to(ROOT).as_posix()

    def follow(match: re.Match[str]) -> str:
        if "://" in match[2]:
            return match[0]
        return match[1] + link_on_site(name, match[2]) + match[3]

    text = _NO_BLANK.sub("", _SWITCH.sub("", source.read_text("utf-8")))
    place.write_text(_LINK.sub(follow, text), "utf-8")


def link_on_site(name: str, target: str) -> str:
    """The link `target` of the file `name`, as it is on the site.

    A link to a page in Chinese is one to the page: the site has it in the reader's language.
    """
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    there = MOVED.get(path, path.removeprefix("docs/"))
    for ending in (_CHINESE, _ZH):
        there = re.sub(f"{re.escape(ending)}$", ".md", there)
    page = MOVED.get(name, name.removeprefix("docs/"))
    return posixpath.relpath(there, posixpath.dirname(page) or ".")
