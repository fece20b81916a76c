"""What a user reads is written in `messages`, once, with fields that are all filled in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "hfget"
MESSAGES = SOURCE / "messages"
#: A word, a blank, and more of a sentence.
SENTENCE = re.compile(r"[A-Za-z]{2,}['’)\],:;.]* +[(A-Za-z0'-]|: $")
#: An expression that is a text.
TEXT = re.compile(
    r"(?:\w*texts|advice|remedies)\.[A-Z_]+(?:\(|$)|count_text\(|\w+\.(?:message|hint)$"
)
#: Words that make a sentence hard to read; STYLE.md says what to write.
HARD = re.compile(
    r"\b(whoever|nobody|somebody|gone on with|is no (?!longer)[a-z]+)\b", re.IGNORECASE
)

#: Whole files whose literals are not sentences of a run, and why.
FILES_ALLOWED = {
    "options/download.py": "help of an option stands beside it; it is the key of its translation",
    "cli/commands/which_mirror.py": "lines of shells",
    "external/input_formats.py": "lines that aria2c and curl read",
    "cli/help_text.py": "the form of the usage line",
    "cli/verbs.py": "commands to type, which are the same in every language",
    "server/protocol/answers.py": "the Hub's own words, which clients know",
    "server/app.py": "the Hub's own words",
    "server/routes.py": "the Hub's own words",
    "server/protocol/files.py": "HTTP",
    "server/cors.py": "HTTP",
    "server/protocol/api.py": "the Hub's own words",
    "server/protocol/ranges.py": "HTTP",
    "server/shortcuts.py": "HTTP",
    "server/page.py": "a page of HTML, whose words stand between its tags",
    "ui/ansi.py": "colours, and words that are coloured",
    "ui/notebook.py": "HTML; the words are those of ui/sentences.py",
    "model/endings.py": "a report as Python and notebooks show it, like the names of its fields",
    "model/plans.py": "a plan as Python and notebooks show it",
    "model/snapshots.py": "a snapshot as Python shows it",
    "model/showing.py": "HTML",
    "operations/on_disk/verified.py": "a verification as Python and notebooks show it",
    "selection/kinds.py": "names of programs",
}
#: Single literals: formats, words of libraries and protocols, errors that never reach a user.
LITERALS_ALLOWED = {
    *("hfget {}", "hfget {} ", "hfget {} FILE… or --include GLOB", "       hfget {} {}\n"),
    *("invalid credentials in authorization header", "access to this resource is disabled"),
    *("the run is being stopped", "timed out", "the host has no address", "not a host name"),
    *("{}line {}{}", ", in {}"),  # of a traceback
    *("stored login", "proxy error", "not valid", "not yet valid", "not implemented"),
    *("wrong version number", "http request", "record layer failure"),
    *("HTTP {}", "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"),
    *("LFS file", "other file", "changed while it was read", "not an identity"),
    *("a link to its blob", "a file of its own", "a link elsewhere, or no file"),
    *("Callable[[Path, str], str | None]", "str | os.PathLike[str] | None"),
    "# Written by `hfget lock`; `hfget sync` brings exactly these files, from any mirror.\n",
    *("not a count", "not a listing", "not a regular file", " or "),
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory holds download records; see https://bford.info/cachedir/\n",
    *("; did you mean {}?", "; see help(hfget.download)", "False: {}{}"),
    "repo must be a string or a Snapshot, not {}",
    *("module 'hfget' has no attribute {}", "module 'hfget.operations' has no attribute {}"),
    *("module 'hfget.system' has no attribute {}", "{}() got an unexpected keyword argument {}{}"),
    "observer: Called with each event, one at a time (hfget.events).",
    "progress: Shows a bar, in a notebook or on stderr.",
    *("stop: Ends the run when it is set.", "the file became shorter while it was sent"),
    *(
        "true false auto 0 1 yes no on off",
        "(malformed URL)",
        "{} min {} s",
        "not an http(s) URL: {}",
    ),
    *("must be a string or a path, not bytes", "not text", "must be True or False, not {}"),
    *("must be a string, not {}", "must hold strings, not {}", "must be a whole number, not {}"),
    *("--weights {}", "--quant {}", "--tool {}", "--tool aria2c", "{}: "),
    *("sent too often", "no leases", "byte {} came after byte {}"),  # never reach a user
    *("certificate error", "a value is cut"),  # likewise
    "{} is not here",  # likewise
    'Basic realm="hfget", charset="UTF-8"',
    *(
        "in use",
        "more range",
        "more file",
        "partial file",
        "reading back",
    ),  # a state in JSON; nouns that are counted; a deed
    "asks {}",  # the name of a thread
    ": ",  # a separator of JSON
    *("other failure", "too deep", "aliases are not read"),
}


@cache
def modules() -> list[str]:
    paths = (path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))
    return sorted(path for path in paths if not path.startswith("messages/"))


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse((SOURCE / module).read_text())


def literals(node: ast.AST) -> Iterator[ast.expr]:
    """String literals below `node` that are neither docstrings, annotations nor log lines."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        of = node.func.value
        if isinstance(of, ast.Name) and of.id in ("_log", "re"):
            return
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "lazy_pattern":
        return
    # The help of an option stands beside it, and is the key of its translation.
    if isinstance(node, ast.keyword) and node.arg == "help":
        return
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from literals(child)


def text_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(str(x.value) if isinstance(x, ast.Constant) else "{}" for x in node.values)


@pytest.mark.parametrize("module", modules())
def test_sentences_stand_in_messages(module: str) -> None:
    if module in FILES_ALLOWED:
        return
    found = [
        f"{module}:{node.lineno}: {text!r}"
        for node in literals(parsed(module))
        if SENTENCE.search((text := text_of(node)).replace("{}", "0"))
        and text not in LITERALS_ALLOWED
    ]
    assert not found, f"write it as a template in messages/: {found}"


def test_what_is_allowed_is_there() -> None:
    there = {
        text_of(node)
        for module in set(modules()) - set(FILES_ALLOWED)
        for node in literals(parsed(module))
    }
    unused = LITERALS_ALLOWED - there
    assert not unused
    assert set(modules()) >= set(FILES_ALLOWED)


@pytest.mark.parametrize("module", modules())
def test_no_text_becomes_a_part_of_an_f_string(module: str) -> None:
    """Which no translation reaches; the server answers in English."""
    found = [
        f"{module}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.JoinedStr) and not module.startswith("server/")
        for part in node.values
        if isinstance(part, ast.FormattedValue) and TEXT.match(ast.unparse(part.value))
    ]
    assert not found, f"join it with + or hfget.messages.joined: {found}"


@cache
def templates() -> dict[str, dict[str, str]]:
    """By module of messages and name, the English text."""
    found: dict[str, dict[str, str]] = {}
    for path in MESSAGES.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                (target,) = node.targets
                assert isinstance(target, ast.Name)
                text = ast.literal_eval(node.value.args[0])
                assert target.id not in found.setdefault(path.stem, {}), target.id
                found[path.stem][target.id] = text
    return found


@cache
def uses(module: str) -> list[tuple[str, str, ast.Call | None, int]]:
    """Module of messages, name, call and line of each template that `module` uses."""
    tree = parsed(module)
    known = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "hfget.messages"
        for alias in node.names
    }
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [
        (home, node.attr, called.get(id(node)), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if (home := known.get(node.value.id)) in templates() and node.attr.isupper()
    ]


@pytest.mark.parametrize("module", modules())
def test_every_field_is_filled(module: str) -> None:
    for home, name, call, line in uses(module):
        fields = {field for _, field, _, _ in Formatter().parse(templates()[home][name]) if field}
        given = {keyword.arg for keyword in call.keywords} if call else set()
        assert call is None or given == fields, f"{module}:{line}: {name} has {fields}"


def test_every_template_is_used() -> None:
    used = {(home, name) for module in modules() for home, name, _, _ in uses(module)}
    there = {(home, name) for home, names in templates().items() for name in names}
    assert not {
        one for one in there - used if one[0] != "error_texts"
    }  # docs/write_errors.py has them


def test_an_advice_is_worded_once() -> None:
    advices = list(templates()["advice"].values())
    assert len(set(advices)) == len(advices)
    again = {
        (home, name)
        for home, names in templates().items()
        for name, text in names.items()
        if home != "advice" and text in advices
    }
    assert not again
    mirrors = [text for text in advices if "mirror" in text and "endpoint" in text]
    assert all(
        "use another mirror: --endpoint URL" in text or "check the endpoint" in text
        for text in mirrors
    )


def test_the_words_import_nothing() -> None:
    code = "".join(path.read_text() for path in MESSAGES.glob("*.py"))
    assert set(re.findall(r"^(?:from|import) (hfget[\w.]*)", code, re.M)) == {
        "hfget.messages.language",
        "hfget.messages.template",
    }


def test_sentences_are_plain() -> None:
    pages = [*SOURCE.rglob("*.py"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    found = [
        f"{page.relative_to(ROOT)}:{number}: {line.strip()}"
        for page in pages
        for number, line in enumerate(page.read_text().splitlines(), 1)
        if HARD.search(line)
    ]
    assert not found
