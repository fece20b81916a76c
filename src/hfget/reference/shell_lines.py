"""A pasted text as a shell reads it: commands, without what stands in front of them (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from hfget.reference.copied_text import QUOTES

_PROMPT = re.compile(
    r"[ \t]*(?:"
    r"(?:\([\w.-]{1,60}\)[ \t]{0,8})?"
    r"(?:\[[^\]\n]{1,80}\]|[\w.-]{1,60}@[\w.-]{1,60}(?:[: ][^\n$#%>]{0,80})?|bash-[\d.]+)?"
    r"(?:[ \t]{0,8}[$#%❯➜λ»](?=[ \t])|[!%](?=[\w./])|\$(?!(?i:env):)(?=[\w./]))"
    r"|\([\w.-]{1,60}\)(?=[ \t]+\w)|(?:PS )?[A-Za-z]:\\[^>\n]{0,120}>|PS>|>{1,3}(?=\s)"
    r"|In \[\d*\]:|RUN(?:[ \t]+--\S+)*(?=\s)|CMD(?=\s)|Exec\w+=[-@+!]?(?=\S)"
    r"|(?:[\d*/,-]+[ \t]+){5}|@(?:daily|hourly|reboot)(?=\s)|%env(?=\s)"
    r"|(?:-\s+)?run:(?=\s)|[-*•](?=\s)|\d{1,2}[.)](?=\s)"
    r")[ \t]*"
)
_ASSIGNMENT = re.compile(r"(?:\$(?i:env):)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_CONTINUED = re.compile(r"[\\`^][ \t]*\r?(?:\n|\Z)")
_REDIRECTION = re.compile(r"(?:\d|&)?>{1,2}(&?\S*)")
#: Programs that run the one behind them, and those of their options that take a value.
_RUNNERS: dict[str, tuple[str, ...]] = {
    "sudo": ("-u", "-g", "-h", "-p", "-C", "-D", "--user", "--group"),
    "env": ("-u", "-C", "--unset", "--chdir"),
    "time": ("-o", "-f"),
    "nice": ("-n",),
    "ionice": ("-c", "-n", "-p"),
    "uvx": ("--from", "--with", "--python", "-p", "--index-url", "--index"),
    "npx": ("-p", "--package"),
    "proxychains4": ("-f",),
    "caffeinate": ("-t", "-w"),
    **dict.fromkeys(("nohup", "exec", "command", "then", "do", "else", "doas", "stdbuf"), ()),
    **dict.fromkeys(("and", "or", "not", "begin"), ()),
    "watch": ("-n", "--interval"),
    **dict.fromkeys(("bunx", "pnpx", "proxychains", "torsocks", "torify", "winpty", "setsid"), ()),
}
#: The same for those that run it by a word of their own: `uv run hf …`.
_RUNNERS_BY_VERB: dict[str, tuple[str, ...]] = {
    "uv": ("--with", "--from", "--python", "-p", "--directory", "--project", "--extra"),
    "pipx": ("--spec", "--python", "--index-url"),
    **dict.fromkeys(("conda", "mamba", "micromamba"), ("-n", "-p", "--name", "--prefix")),
    **dict.fromkeys(("poetry", "pdm", "rye", "hatch", "pixi"), ()),
}
#: Programs that run another one somewhere else, and words of the shell; their own words vary.
_ELSEWHERE = frozenset(
    (
        *("docker", "podman", "nerdctl", "kubectl", "oc", "srun", "ssh", "cmd", "while", "until"),
        *("if", "singularity", "apptainer", "screen", "powershell", "pwsh", "wsl", "xargs"),
    )
)
_DOWNLOADERS = ("hf", "huggingface-cli")
#: A command within a word: `bash -c "…"`, `sbatch --wrap="…"`, `alias dl="…"`.
_WITHIN = re.compile(
    r"(?:[\w-]+=(?=(?:\S{0,200}/)?(?:hf|huggingface-cli)[ ]))?"
    r"(.*(?<![\w.-])(?:hf|huggingface-cli)[ ]download[ ].*)",
    re.DOTALL,
)
#: The same as a list, as Python and containers have it: `["hf", "download", …]`.
_LISTED = re.compile(
    r"\[\s*[\"'](?:\S{0,200}/)?(?:hf|huggingface-cli)[\"']((?:\s*,\s*[\"'][^\"'\n]*[\"'])+)[\s,]*\]"
)
#: What the shell puts in place of a command: `DIR=$(hf download …)`.
_SUBSTITUTED = re.compile(r"\$\(\s*((?:\S{0,200}/)?(?:hf|huggingface-cli) download [^()]*)\)")
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "source", "."})
_PYTHON = re.compile(r"(?:python[\d.]*|py|pypy3?)")


class CommandLine(NamedTuple):
    """A program by its bare name, the words behind it, the variables set for it."""

    program: str
    words: tuple[str, ...]
    variables: Mapping[str, str]


def command_lines(text: str, depth: int = 0) -> list[CommandLine]:
    """The commands of `text`; a text that is none gives its first word as the program."""
    found: list[CommandLine] = []
    variables: dict[str, str] = {}
    text = _LISTED.sub(lambda found: "\nhf" + found[1].replace(",", " ") + "\n", text)
    for words in _split(_without_prompts(_SUBSTITUTED.sub(r"\n\1\n", text))):
        for line in _lines_of(words, variables, depth):
            found.append(line)
            if len(found) > 200:
                return found
    return found


def _lines_of(words: Sequence[str], variables: dict[str, str], depth: int) -> Iterator[CommandLine]:
    rest = list(_without_redirections(words))
    if rest and rest[0] in ("export", "set", "setx", "declare"):
        lasting = True
        del rest[0]
        if len(rest) == 3 and re.fullmatch("-[gxUL]+", rest[0]):  # fish: set -gx NAME VALUE
            rest[:] = [f"{rest[1]}={rest[2]}"]
    else:
        lasting = bool(rest) and rest[0].lower().startswith("$env:")
        if lasting and rest[1:2] == ["="]:  # PowerShell allows spaces here
            rest[:3] = ["".join(rest[:3])]
    own = dict(variables)
    rest = _behind_runners(rest, own)
    if not rest:
        if lasting or own:
            variables.update(own)
        return
    program = _bare(rest[0])
    if program in _SHELLS and len(rest) > 1:
        if re.fullmatch("-[a-z]*c", rest[1]) and depth == 0:
            yield from command_lines(" ".join(rest[2:3]), depth + 1)
            return
        rest = _behind_options(rest[1:], ()) or rest
    elif _PYTHON.fullmatch(program) and len(rest) > 1:
        while len(rest) > 2 and rest[1] in ("-u", "-B", "-I", "-s", "-O", "-3"):
            del rest[1]
        if rest[1] == "-m" and len(rest) > 2:
            rest = rest[2:]
        elif not rest[1].startswith("-"):
            rest = rest[1:]
    inner = (found for word in rest[1:] if (found := _WITHIN.fullmatch(word)) and depth < 2)
    for found in inner if _bare(rest[0]) not in _DOWNLOADERS else ():
        yield from command_lines(found[1], depth + 1)
        return
    yield CommandLine(_bare(rest[0]), tuple(rest[1:]), own)


def _behind_runners(words: list[str], variables: dict[str, str]) -> list[str]:
    """`words` from the program itself on; assignments in front of it go into `variables`."""
    rest = list(words)
    while rest:
        if assigned := _ASSIGNMENT.fullmatch(rest[0]):
            variables[assigned[1]] = assigned[2]
            del rest[0]
            continue
        name = _bare(rest[0])
        if name == "timeout" and len(rest) > 2:
            rest = _behind_options(rest[1:], ("-s", "-k", "--signal"))[1:]
        elif name in _RUNNERS and len(rest) > 1:
            rest = _behind_options(rest[1:], _RUNNERS[name])
        elif name in _RUNNERS_BY_VERB and "run" in rest[1:4]:
            rest = _behind_options(rest[rest.index("run") + 1 :], _RUNNERS_BY_VERB[name])
        elif name in _ELSEWHERE and (inner := _downloader_in(rest)):
            rest = rest[inner:]
        else:
            break
    return rest


def _downloader_in(words: Sequence[str]) -> int:
    """Where `hf download` stands in a line that another program carries out; 0 if nowhere."""
    for at, pair in enumerate(pairwise(words)):
        if _bare(pair[0]) in _DOWNLOADERS and pair[1] == "download":
            return at
    return 0


def _behind_options(words: Sequence[str], valued: Sequence[str]) -> list[str]:
    at = 0
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "--":
            return list(words[at + 1 :])
        at += 2 if words[at] in valued else 1
    return list(words[at:])


def _bare(word: str) -> str:
    """`./build/bin/llama-server.exe` → `llama-server`"""
    return re.split(r"[/\\]", word)[-1].lower().removesuffix(".exe")


def _without_redirections(words: Sequence[str]) -> Iterator[str]:
    skip = False
    for at, word in enumerate(words):
        found = _REDIRECTION.fullmatch(word) if at else None
        if skip:
            skip = False
        elif found:
            skip = not found[1]
        else:
            yield word


def _without_prompts(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        rest = line
        for _ in range(3):  # `RUN`, a bullet, a prompt
            found = _PROMPT.match(rest)
            if found is None or found.end() == 0:
                break
            rest = rest[found.end() :]
        lines.append(rest)
    return "\n".join(lines)


def _split(text: str) -> Iterator[list[str]]:
    """The words of each command, one after the other; a quote that is not closed is a letter."""
    words: list[str] = []
    word: list[str] | None = None
    at, size = 0, len(text)
    while at < size:
        char = text[at]
        following = text[at + 1 : at + 2]
        ends = following in ("", " ", "\t", "\r", "\n")
        if (
            char in "\\`^"
            and (word is None or char == "\\")
            and (continued := _CONTINUED.match(text, at))
        ):
            at = continued.end() - 1
            char = " "
        elif char == "\\" and following and following in " \"'\\()&;|#$":
            word = [*(word or ())] if word is None else word
            word.append(following)
            at += 2
            continue
        elif char in "\"'" and (word is None or word[-1:] in (["="], [":"], [","])):
            close = text.find(char, at + 1)
            if close >= 0:
                word = [] if word is None else word
                word.append(text[at + 1 : close])
                at = close + 1
                continue
        if char == "#" and word is None:
            end = text.find("\n", at)
            at = size if end < 0 else end
            continue
        operator = char == "\n" or text.startswith(("&&", "||"), at)
        operator |= char in ";|&" and ends and (char == ";" or word is None)
        if char.isspace() or operator:
            if word is not None:
                words.append(_clean("".join(word)))
                word = None
            if operator and words:
                yield words
                words = []
            at += 2 if text.startswith(("&&", "||"), at) else 1
            continue
        word = [] if word is None else word
        word.append(char)
        at += 1
    if word is not None:
        words.append(_clean("".join(word)))
    if words:
        yield words


def _clean(word: str) -> str:
    """A word without quotes around it; a dash that a word processor made is two again."""
    return re.sub("^[–—]+-*", "--", word.strip(QUOTES))
