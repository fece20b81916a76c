"""Several repos in one command: `hfget REPO REPO...`, and lists, `-i FILE`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hfget.cli.flags import Given, given_in
from hfget.errors import AccessError, HfgetError, NotFoundError, RepoNotFoundError, UsageError
from hfget.events import Event, Resolved
from hfget.messages import advice, operations_texts
from hfget.messages import cli_texts as texts
from hfget.options import DEFAULTS, MANNER, OPTIONS, DownloadOptions
from hfget.system import os_reason, safe_text

if TYPE_CHECKING:
    from hfget.model import Snapshot
    from hfget.operations import RepoResult, Run
    from hfget.system import Stop
    from hfget.ui import Display

_MOST_BYTES = 16 << 20
#: Options that are answered at once.
_ANSWERED = frozenset({"-h", "--help", "--version"})
#: What may stand behind a repo in a list, beside the options of a download.
_NOT_ALONE = ("repo", "files")


class Wished(NamedTuple):
    """A repo to download, how, and where in a list it stands."""

    text: str
    options: DownloadOptions
    where: str = ""


class Several:
    """The repos of one command. `consent` as for `Run.download`."""

    def __init__(
        self, given: Given, display: Display, stop: Stop, consent: Callable[[Path, str], None]
    ) -> None:
        self._given = given
        self._display = display
        self._resolved: set[tuple[str, str]] = set()
        self._stop = stop
        self._consent = consent

    def wishes(
        self, repo: str | None, options: DownloadOptions, list_file: Path | None
    ) -> list[Wished]:
        """The repos of the list, and those that the command names. Raises UsageError."""
        words = [repo, *options.files] if repo is not None else []
        plain = replace(options, files=())
        surely = list_file is not None or _are_surely_repos(words[1:])
        if not surely and not self._are_recorded_repos(words, plain):
            return [Wished(words[0], options)]
        found = [Wished(word, plain) for word in words]
        if list_file is not None:
            found = [*_listed(list_file, self._given, plain), *found]
            if not found:
                raise UsageError(texts.EMPTY_LIST(path=list_file), hint=advice.REPO_A_LINE)
        return _each_once(found)

    def download(self, wishes: Sequence[Wished]) -> list[RepoResult]:
        """Download all of them, as `Batch` does."""
        from hfget.operations import Batch

        def together(wished: Sequence[Wished]) -> list[RepoResult]:
            return Batch(self._runs(wished), self._tell, self._stop).download(self._consent)

        return self._understood(wishes, together)

    def plan(self, wishes: Sequence[Wished]) -> list[RepoResult]:
        """Show what a download of each would do."""
        from hfget.operations import RepoResult

        def each(wished: Sequence[Wished]) -> list[RepoResult]:
            results = []
            for run in self._runs(wished):
                try:
                    self._display.dry_run(run.plan(self._consent))
                except HfgetError as error:
                    if len(wished) == 1 or self._stop.is_set():
                        raise
                    self._display.error(error)
                    results.append(RepoResult(str(run.asked), None, error))
            return results

        return self._understood(wishes, each)

    def _understood(
        self, wishes: Sequence[Wished], do: Callable[[Sequence[Wished]], list[RepoResult]]
    ) -> list[RepoResult]:
        """`do` it, or do it again where words that name no file turn out to be repos."""
        try:
            return do(wishes)
        except (UsageError, NotFoundError, AccessError) as error:
            if len(wishes) > 1 or not wishes[0].options.files:
                raise
            return do(self._repos_instead_of_files(wishes[0], error))

    def _tell(self, event: Event, /) -> None:
        """Tell of a repo only once that it was resolved: the same words may be tried as others."""
        if isinstance(event, Resolved):
            found = str(event.snapshot.ref), event.snapshot.commit
            if found in self._resolved:
                return
            self._resolved.add(found)
        self._display(event)

    def _runs(self, wishes: Sequence[Wished]) -> list[Run]:
        """Raises UsageError for what is not a repo, with the line that names it."""
        from hfget.operations import Run

        runs = []
        for one in wishes:
            try:
                runs.append(Run(one.text, one.options, self._tell, self._stop))
            except HfgetError as error:
                if one.where:
                    error.message = operations_texts.OF(name=one.where, message=error.message)
                raise
        return runs

    def _are_recorded_repos(self, words: Sequence[str], options: DownloadOptions) -> bool:
        """Whether each of `words` is a repo that this disk has a listing of, and the first has no
        file of such a name: then no hub need be asked what is meant.
        """
        from hfget.operations import Run

        def recorded(word: str) -> Snapshot | None:
            try:
                return Run(word, options, stop=self._stop).recorded()
            except HfgetError:
                return None

        if len(words) < 2 or not all(recorded(word) for word in words[1:]):
            return False
        first = recorded(words[0])
        return first is not None and not any(_is_in(first, word) for word in words[1:])

    def _repos_instead_of_files(self, wished: Wished, error: HfgetError) -> list[Wished]:
        """The repos that a command names, where what follows the first is in it no file.

        Raises `error`, where none of them is a repo either.
        """
        from hfget.operations import Run

        words = list(wished.options.files)
        plain = replace(wished.options, files=())
        if isinstance(error, RepoNotFoundError | AccessError):  # it has no files to tell from repos
            if not all("/" in word for word in words):
                raise error
        else:
            if not any("/" in word or "." not in word for word in words):
                raise error
            snapshot = Run(wished.text, plain, stop=self._stop).snapshot()
            if any(_is_in(snapshot, word) for word in words):
                raise error
        for word in words:
            try:
                Run(word, plain, stop=self._stop).pinned_commit()
            except HfgetError:
                continue
            return _each_once([Wished(one, plain) for one in (wished.text, *words)])
        if isinstance(error, RepoNotFoundError | AccessError):
            raise error
        named = advice.NO_REPOS_EITHER(names=safe_text(", ".join(words), 120))
        error.hint = advice.EITHER(one=error.hint, other=named) if error.hint else named
        raise error


def _is_in(snapshot: Snapshot, word: str) -> bool:
    """Whether `word` names a file or a folder of the snapshot."""
    below = f"{word.strip('/')}/"
    return any(f"{file.path}/".startswith(below) for file in snapshot.files)


def _each_once(found: Sequence[Wished]) -> list[Wished]:
    """Without those that stand there twice. Raises UsageError where all would share a folder."""
    unlike: list[Wished] = []
    for one in found:
        if all(one[:2] != other[:2] for other in unlike):
            unlike.append(one)
    owners: dict[object, str] = {}
    for one in unlike:
        folder = one.options.local_dir
        if folder is None or owners.setdefault(folder, one.text) == one.text:
            continue
        raise UsageError(
            operations_texts.FOLDER_OF_ONE,
            hint=advice.NO_FOLDER_OR_LIST,
        )
    return unlike


def _are_surely_repos(words: Sequence[str]) -> bool:
    """Whether words can be no files: addresses.

    Raises UsageError where some are and others can be nothing but files.
    """
    surely = [word for word in words if "://" in word]
    if not surely:
        return False
    for word in words:
        if word not in surely and "/" not in word:
            raise UsageError(
                texts.REPO_AND_FILE(repo=safe_text(surely[0], 120), file=safe_text(word, 120)),
                hint=advice.FILES_OR_REPOS,
            )
    return True


def _listed(path: Path, given: Given, options: DownloadOptions) -> Iterator[Wished]:
    for number, line in enumerate(_text(path).splitlines(), start=1):
        where = texts.LINE_OF(path=path, number=number)
        try:
            words = shlex.split(line, comments=True)
            if not _ANSWERED.isdisjoint(words):
                raise UsageError(texts.NOT_ABOUT_A_REPO, hint=advice.LEAVE_THEM_OUT)
            if words:
                yield _wished(words, given, options)._replace(where=where)
        except ValueError as error:
            text = operations_texts.OF(name=where, message=str(error).lower())
            raise UsageError(text, hint=advice.CLOSE_QUOTES) from error
        except HfgetError as error:
            error.message = operations_texts.OF(name=where, message=error.message)
            raise


def _wished(words: Sequence[str], given: Given, options: DownloadOptions) -> Wished:
    """A line of a list: what it says counts before what the command says."""
    values, others = given_in(words, given)
    if others["repo"] is None:
        raise UsageError(texts.NO_REPO_NAMED, hint=advice.BEGIN_WITH_REPO)
    own = {name: value for name, value in values.items() if value != DEFAULTS[name]}
    for name in own:
        if OPTIONS[name].group == MANNER or name == "token":
            flags = OPTIONS[name].flags
            raise _not_in_a_list(next(flag for flag in flags if flag.startswith("--")))
    for name, value in others.items():
        if value and name not in _NOT_ALONE:
            raise _not_in_a_list(f"--{name.replace('_', '-')}")
    return Wished(others["repo"], replace(options, **own))


def _not_in_a_list(flag: str) -> UsageError:
    return UsageError(texts.ABOUT_ALL_REPOS(flag=flag), hint=advice.BESIDE_LIST)


def _text(path: Path) -> str:
    try:
        if os.fspath(path) == "-":
            text = sys.stdin.read(_MOST_BYTES + 1) if sys.stdin is not None else ""
        else:
            with open(path, encoding="utf-8-sig") as file:
                text = file.read(_MOST_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = os_reason(error)
        raise UsageError(
            texts.LIST_UNREADABLE(path=path, why=why), hint=advice.CHECK_LIST_NAME
        ) from error
    if len(text) > _MOST_BYTES:
        raise UsageError(texts.LIST_TOO_LONG(path=path), hint=advice.DIVIDE_IT)
    return text
