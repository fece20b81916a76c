"""What a user is advised to do next, done: the command in this process, in a folder of its own."""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hfget.cli.main import main
from hfget.messages import Text, advice, remedies
from tests.hub import LocalHub

#: A command, an option, a variable or a program in a text.
_NAMED = re.compile(
    r"(?<![\w/-])--?[a-zA-Z][\w-]*|\b(?:[A-Z]+_[A-Z_]+|HOME)\b"
    r"|\bhfget (?:lock|ls|mirrors|serve|sync|urls|verify)\b"
)
#: Commands of the system; where an advice is one as a whole, its first word is not ours.
_OTHERS = re.compile(r"`[^`]*`|\((?:apt|brew|pip) [^)]*\)|^pip .*|openssl .*")
_VARIABLE = re.compile(r"([A-Z][A-Z_]+)=(.*)", re.DOTALL)
_FIELD = re.compile(r"\\{\w+(?:![rs])?(?::[^}]*)?\\}")

Scenario = Callable[["Desk"], object]


def advices() -> dict[str, Text]:
    """Every advice, by its name."""
    return {
        name: text
        for module in (advice, remedies)
        for name, text in vars(module).items()
        if isinstance(text, Text)
    }


def named_in(text: Text) -> set[str]:
    """The options, variables and commands that an advice names."""
    return set(_NAMED.findall(_OTHERS.sub("", text.template)))


@dataclass
class Desk:
    """A user in an empty folder, with a hub; `line`s are typed as `NAME=value words of hfget`."""

    advice: str
    hub: LocalHub
    folder: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    failed: str = ""
    worked: list[str] = field(default_factory=list)

    def fill(self) -> dict[str, str]:
        """What stands for the fields of a line: the hub, a mirror of it, the hub's address."""
        hub = self.hub.endpoint
        return {"hub": hub, "mirror": self.hub.foreign, "host": hub.partition("://")[2]}

    def run(self, line: str) -> tuple[int, str]:
        """The exit code, and what was said."""
        words = shlex.split(line.format_map(self.fill()))
        with self.patch.context() as patch:
            while words and (set_ := _VARIABLE.fullmatch(words[0])):
                name, value = set_.groups()
                patch.setenv(name, value) if value else patch.delenv(name, raising=False)
                del words[0]
            patch.setattr("sys.argv", ["hfget", *words])
            for name in ("", "hfget", "urllib3"):  # what --debug sets is for this line alone
                patch.setattr(logging.getLogger(name), "handlers", [])
                patch.setattr(logging.getLogger(name), "level", logging.NOTSET)
            with pytest.raises(SystemExit) as ended:
                main()
        said = self.capture.readouterr()
        code = ended.value.code or 0
        assert isinstance(code, int)
        return code, said.out + said.err

    def wrong(self, line: str, code: int | None = None) -> str:
        """What does not work, or not as it is meant, is answered with the advice."""
        ended, said = self.run(line)
        pattern = _FIELD.sub(".*", re.escape(advices()[self.advice].template))
        assert re.search(pattern, said, re.DOTALL), said
        assert code is None or ended == code, (ended, said)
        self.failed = line
        return said

    def right(self, line: str, *done: str) -> str:
        """What is advised works, and leaves the files `done` here."""
        code, said = self.run(line)
        assert code == 0, (line, said)
        missing = [name for name in done if not (self.folder / name).exists()]
        assert not missing, (line, missing, said)
        self.worked.append(line)
        return said

    def check(self) -> None:
        """Whatever the advice names was done by what worked, or left out of what did not."""
        assert self.failed and self.worked, "the scenario shows nothing"
        for name in named_in(advices()[self.advice]):
            word = name.removeprefix("hfget ")
            used = [line for line in self.worked if _has(line, word)]
            left_out = _has(self.failed, word) and len(used) < len(self.worked)
            assert used or left_out, f"{name} is advised, and not tried"


def _has(line: str, word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line) is not None


def row(
    wrong: str, *right: str, files: Mapping[str, str] | None = None, first: str = ""
) -> Scenario:
    """A line that is answered with an advice, and the lines that it advises."""

    def scenario(desk: Desk) -> None:
        fill = desk.fill()
        for path, text in (files or {}).items():
            (desk.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (desk.folder / path).write_text(text.format_map(fill))
            (desk.folder / path).chmod(0o600)
        if first:
            desk.right(first)
            desk.worked.clear()
        desk.wrong(wrong)
        for line in right:
            desk.right(line)

    return scenario
