"""The words of a command line as people type and copy them, made into those that typer reads.

`_` and `-` are the same in a name; several words behind `--include` or `--exclude` are patterns
of it; options of other programs are answered by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hfget.cli.other_tools import INSTEAD, NOT_NEEDED
from hfget.cli.shell_globs import is_download, is_file_here, is_glob, looks_like_file, with_stars
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.options import OPTIONS
from hfget.system import safe_text

PATTERNS = ("--include", "--exclude")
_CHOICES = ("--weights", "--quant")
_MOST_NAMED = 4
_NEAREST = 2


class Said(NamedTuple):
    """What the user should know about the words, as in `hfget.events.Note`."""

    text: str
    level: Literal["info", "warning"] = "info"


class Arguments(NamedTuple):
    """What typer is to read, and what is to be said about it."""

    words: list[str]
    notes: list[Said]


class _Known(NamedTuple):
    """The options of a command: their names, and which of them take a value."""

    names: frozenset[str]
    valued: frozenset[str]
    command: str


def read(words: Sequence[str], params: Iterable[Any], command: str) -> Arguments:
    """`words` as `command` with the parameters `params` understands them. Raises UsageError."""
    options = [param for param in params if param.param_type_name == "option"]
    names = frozenset(name for param in options for name in (*param.opts, *param.secondary_opts))
    valued = frozenset(name for param in options if not param.is_flag for name in param.opts)
    return _Reader(list(words), _Known(names | {"-h", "--help"}, valued, command)).read()


def same(name: str) -> str:
    """`--local_dir` → `--local-dir`."""
    return name.replace("_", "-") if name.startswith("--") else name


def _is_choice(word: str) -> bool:
    """Whether a word is the name of a kind of weights, or a quantisation."""
    from hfget.selection import is_kind, looks_like_label

    return is_kind(word) or looks_like_label(word)


def is_option(word: str) -> bool:
    return word.startswith("-") and len(word) > 1


class _Reader:
    """Goes through the words once, from left to right."""

    def __init__(self, words: list[str], known: _Known) -> None:
        self._words = words
        self._known = known
        self._at = 0
        self._out: list[str] = []
        self._notes: list[Said] = []
        self._repo = False

    def read(self) -> Arguments:
        while self._at < len(self._words):
            word = self._next()
            if word == "--":
                self._out += [word, *self._words[self._at :]]
                break
            if not is_option(word):
                self._out.append(word)
                self._repo = True
            elif word.startswith("--"):
                self._long(word)
            else:
                self._short(word)
        return Arguments(self._out, self._notes)

    def _next(self) -> str:
        self._at += 1
        return self._words[self._at - 1]

    def _long(self, word: str) -> None:
        name, equals, value = word.partition("=")
        name = same(name)
        if name not in self._known.names:
            self._unknown(name, value if equals else None)
        elif name not in self._known.valued or (not equals and self._at == len(self._words)):
            self._out.append(name + equals + value)
        elif name in PATTERNS:
            self._patterns(name, value if equals else self._value(name))
        elif name in _CHOICES:
            self._choices(name, value if equals else self._value(name))
        else:
            self._out += [name, value if equals else self._value(name)]

    def _short(self, word: str) -> None:
        """`-x4`, `-x 4`, `-qy`."""
        if word not in self._known.names and (word in NOT_NEEDED or word in INSTEAD):
            return self._unknown(word, None)
        for place, letter in enumerate(word[1:], start=2):
            name = f"-{letter}"
            if name not in self._known.names:
                return self._unknown(name, None)
            if name in self._known.valued:
                self._out.append(word)
                if place == len(word) and self._at < len(self._words):
                    self._out.append(self._value(name))
                return None
        self._out.append(word)
        return None

    def _value(self, name: str) -> str:
        """The word behind an option, unless that is an option itself. Raises UsageError."""
        word = self._next()
        other = same(word.partition("=")[0])
        if word.startswith("--") and other in self._known.names:
            raise UsageError(
                texts.NEEDS_VALUE(name=name, other=other),
                hint=advice.GIVE_VALUE(name=name, word=_shown(word)),
            )
        return word

    def _unknown(self, name: str, value: str | None) -> None:
        """An option that is another program's, or no one's. Raises UsageError."""
        if "--include" not in self._known.names:
            raise self._no_such(name, "")
        if (unneeded := NOT_NEEDED.get(name)) is None:
            raise self._no_such(name, INSTEAD.get(name, ""))
        if value is None and unneeded.values:
            following = self._words[self._at] if self._at < len(self._words) else ""
            if unneeded.values == "any" or following.lower() in unneeded.values.split():
                self._following()
        return self._say(texts.NOT_NEEDED(name=name, why=unneeded.why))

    def _say(self, text: str, level: Literal["info", "warning"] = "info") -> None:
        self._notes.append(Said(text, level))

    def _following(self) -> str | None:
        """The word behind an option, if there is one that is not an option."""
        if self._at < len(self._words) and not is_option(self._words[self._at]):
            return self._next()
        return None

    def _no_such(self, name: str, instead: str) -> UsageError:
        from hfget.options import OTHER_NAMES

        help = f"{self._known.command} --help"
        meant = OTHER_NAMES.get(name.lstrip("-").replace("-", "_"), "")
        flags = (
            [flag for flag in OPTIONS[meant].flags if flag in self._known.names] if meant else []
        )
        if not instead and flags:
            instead = texts.CALLED(flags=flags[-1])
        if not instead and (near := self._nearest(name)):
            instead = advice.DID_YOU_MEAN(this=" or ".join(near))
        hint = (
            texts.ALL_OPTIONS(instead=instead, help=help)
            if instead.endswith("?")
            else instead or help
        )
        return UsageError(texts.NO_SUCH_OPTION(name=safe_text(name, 80)), hint=hint)

    def _nearest(self, name: str) -> list[str]:
        """Names of the command's own options, the nearest first."""
        from difflib import get_close_matches

        return get_close_matches(name.lower(), sorted(self._known.names), n=_NEAREST, cutoff=0.7)

    def _choices(self, flag: str, first: str) -> None:
        """Behind the repo what can be nothing else is a value more: `--quant Q4_K_M Q8_0`."""
        values = [first]
        while self._repo and self._at < len(self._words) and _is_choice(self._words[self._at]):
            values.append(self._next())
        for value in values:
            self._out += [flag, value]
        if values[1:]:
            self._say(texts.VALUES_OF(flag=flag, values=_named(values)))

    def _patterns(self, flag: str, first: str) -> None:
        following = []
        while self._at < len(self._words) and not is_option(self._words[self._at]):
            following.append(self._next())
        repo: list[str] = []
        if following and not self._repo and not self._repo_comes_later():
            following, repo = _without_repo(flag, first, following)
            self._repo = True
        self._add(flag, [first, *following])
        self._out += repo

    def _add(self, flag: str, patterns: list[str]) -> None:
        starred = with_stars(patterns)
        put_back = [star for star in starred if star not in patterns]
        # Where a download lies, names may have been typed to fetch just these again.
        if put_back and (flag == "--exclude" or not is_download(Path())):
            quoted = " ".join(f"'{_shown(star)}'" for star in put_back)
            names = [pattern for pattern in patterns if pattern not in starred]
            self._say(
                texts.SHELL_EXPANDED(names=_named(names), flag=flag, quoted=quoted),
                "warning",
            )
            patterns = starred
        elif here := [pattern for pattern in patterns if is_file_here(pattern)]:
            self._say(
                texts.SHELL_MAYBE_EXPANDED(
                    here=_named(here), flag=flag, suffix=_shown(Path(here[0]).suffix)
                )
            )
        elif len(patterns) > 1 and not all(map(is_glob, patterns[1:])):
            self._say(texts.PATTERNS_OF(flag=flag, patterns=_named(patterns)))
        for pattern in patterns:
            self._out += [flag, pattern]

    def _repo_comes_later(self) -> bool:
        """Whether the rest of the words holds one that can be the repo."""
        at = self._at
        while at < len(self._words):
            word = self._words[at]
            at += 1
            if word == "--":
                return at < len(self._words)
            if not is_option(word):
                if not is_glob(word) and not is_file_here(word):
                    return True
                continue
            name, equals, _ = word.partition("=")
            name = same(name) if word.startswith("--") else f"-{word[-1]}"
            if name in self._known.valued and not equals:
                at += 1
        return False


def _without_repo(flag: str, first: str, words: list[str]) -> tuple[list[str], list[str]]:
    """The words that are patterns, and the repo with the files behind it.

    The repo did not stand before `flag` and does not come later. Raises UsageError where it is
    not plain which word it is, and where words behind it could mean the opposite.
    """
    can_be = [word for word in words if not is_glob(word) and not is_file_here(word)]
    if len(can_be) > 1:
        can_be = [word for word in can_be if not looks_like_file(word)]
    in_order = advice.REPO_FIRST(flag=flag, first=_shown(first))
    if len(can_be) != 1:
        what = texts.NO_REPO_NAMED if not can_be else texts.WHICH_IS_REPO(can_be=_named(can_be))
        raise UsageError(what, hint=in_order)
    at = words.index(can_be[0])
    if flag == "--exclude" and words[at + 1 :]:
        raise UsageError(
            texts.FILES_OR_PATTERNS(
                words=_named(words[at + 1 :]), repo=_shown(can_be[0]), flag=flag
            ),
            hint=in_order,
        )
    return words[:at], words[at:]


def _named(words: Sequence[str]) -> str:
    rest = texts.AND_MORE(more=len(words) - _MOST_NAMED) if len(words) > _MOST_NAMED else ""
    return ", ".join(_shown(word) for word in words[:_MOST_NAMED]) + rest


def _shown(word: str) -> str:
    return safe_text(word, 80)
