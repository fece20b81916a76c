"""`hfget mirrors`: which endpoint works from here, how well, and what is wrong with the others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hfget.cli import command_options
from hfget.cli.flags import Given, with_download_options
from hfget.messages import cli_texts as texts
from hfget.messages import joined, ui_texts
from hfget.system import count_text, shell_word, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfget.operations import Fact, Probed, SideBySide
    from hfget.ui import Records, Table

_HEAD = (
    "",
    texts.HEAD_ENDPOINT,
    "API",
    texts.HEAD_LISTING,
    texts.HEAD_FILES_FROM,
    texts.HEAD_PARTS,
    texts.HEAD_SPEED,
)
_RIGHT = frozenset({2, 6})
_MOST_ADDRESSES = 2


@with_download_options(only=("endpoint", "token", "ambient_token", "send_token_to"))
def mirrors(
    repo: Annotated[
        str | None,
        typer.Argument(metavar="REPO", help="What to ask for (default openai-community/gpt2)."),
    ] = None,
    *,
    given: Given,
    report: Annotated[
        bool,
        typer.Option("--report", help="Add versions, settings and disks, to paste into a report."),
    ] = False,
    common: command_options.CommonOptions,
) -> None:
    """Try the Hub, its mirrors and your own side by side, and say which one to use, and why.

    Each is asked for the commit, the listing and some megabytes of REPO, within seconds; a token
    goes where a download would send it. With --endpoint no other is asked. What is wrong comes in
    plain words, with what to do. The exit code is 0 if one works.
    """
    before = dict(os.environ)
    with common.session() as (display, _):
        from hfget import events
        from hfget.operations import PROBED_REPO, all_facts, probe_all

        asked = given.options(common.token_file, display)
        facts = all_facts(before) if report else []
        display(events.Note(texts.ASKING_ENDPOINTS))
        try:
            found = probe_all(repo or PROBED_REPO, asked)
        finally:
            if facts:
                display.result(*shown_facts(facts))
        display.result(*shown(found))
    raise typer.Exit(found.exit_code)


def shown(found: SideBySide) -> tuple[Table, list[str], Records]:
    """The table, what is said below it, and the same for programs."""
    from hfget.ui import Table

    best = found.best
    rows = [_row(each, is_best=each is best) for each in found.probed]
    lines = ["", *(_details(each) for each in found.probed), ""]
    findings = [(one.text, one.remedy) for each in found.probed for one in each.findings]
    for text, remedy in dict.fromkeys(findings):
        lines += [text, ui_texts.BLOCK_NEXT(hint=remedy)]
    lines += [*([""] if lines[-1] else []), *_verdict(found)]
    records = [("endpoint", _record(each)) for each in found.probed]
    total = {
        "repo_id": found.ref.repo_id,
        "repo_type": found.ref.repo_type,
        "best": best.endpoint if best else None,
        "setting": _setting(best) if best else None,
        "further": _also(found) or None,
        "exit_code": found.exit_code,
    }
    return Table(_HEAD, rows, _RIGHT), lines, [*records, ("mirrors", total)]


def _row(each: Probed, *, is_best: bool) -> list[str]:
    parts: str = texts.NOT_REACHED if each.data_host else ""
    if each.ranges is not None:
        parts = texts.YES if each.ranges else texts.NO
    return [
        "*" if is_best else "" if each.works else "-",
        each.host,
        texts.FAILS if each.latency is None or not each.commit else f"{each.latency * 1000:.0f} ms",
        "" if each.files is None else count_text(each.files, "file"),
        each.data_host,
        parts,
        "" if each.speed is None else f"{size_text(each.speed)}/s",
    ]


def _details(each: Probed) -> str:
    """The way to an endpoint: addresses, proxy, who signs, whose clock."""
    more = len(each.addresses) - _MOST_ADDRESSES
    told = [
        *each.addresses[:_MOST_ADDRESSES],
        *([texts.MORE_ADDRESSES(more=more)] if more > 0 else []),
    ]
    parts = [
        texts.KNOWN if each.named_by == "known" else each.named_by,
        joined(told, " "),
        texts.BY_PROXY(proxy=each.proxy) if each.proxy else "",
        texts.CERTIFICATE_BY(issuer=each.issuer) if each.issuer else "",
        texts.AT_COMMIT(commit=each.commit[:7]) if each.commit else "",
        texts.CLOCK(ahead=each.ahead) if each.ahead is not None and abs(each.ahead) >= 2 else "",
    ]
    return texts.ENDPOINT_DETAILS(host=each.host, about=joined(filter(None, parts)))


def _verdict(found: SideBySide) -> list[str]:
    from hfget.endpoints import is_official

    best, also = found.best, _also(found)
    if best is None:
        return [texts.NO_ENDPOINT(ref=str(found.ref))]
    lines = [texts.USE_ENDPOINT(host=best.host), f"    {_setting(best)}"]
    if is_official(best.endpoint) and "HF_ENDPOINT" not in os.environ:
        lines = [texts.USE_DEFAULT(host=best.host)]
    return [*lines, *([texts.USE_SEVERAL, f"    {also}"] if also else [])]


def _setting(best: Probed) -> str:
    return assignment("HF_ENDPOINT", best.endpoint)


def _also(found: SideBySide) -> str:
    """The line that has downloads use the others too; empty if there are none."""
    urls = ",".join(each.endpoint for each in found.others)
    return assignment("HFGET_MIRRORS", urls) if urls else ""


def assignment(name: str, value: str) -> str:
    """The line for the profile of the shell that is in use."""
    if os.name == "nt":
        return f"setx {name} {value}"
    if os.path.basename(os.environ.get("SHELL", "")) == "fish":  # noqa: PTH119
        return f"set -Ux {name} {shell_word(value)}"
    return f"export {name}={shell_word(value)}"


def _record(each: Probed) -> dict[str, Any]:
    return {
        "endpoint": each.endpoint,
        "named_by": each.named_by,
        "works": each.works,
        "exit_code": each.exit_code,
        "commit": each.commit or None,
        "files": each.files,
        "latency_seconds": _rounded(each.latency),
        "data_host": each.data_host or None,
        "ranges": each.ranges,
        "bytes_per_second": _rounded(each.speed),
        "issuer": each.issuer or None,
        "proxy": each.proxy or None,
        "clock_ahead_seconds": _rounded(each.ahead),
        "addresses": list(each.addresses),
        "findings": [
            {"kind": one.kind, "text": one.text, "remedy": one.remedy} for one in each.findings
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def shown_facts(facts: Sequence[Fact]) -> tuple[Table, list[str], Records]:
    from hfget.ui import Table

    rows = [[str(cell) for cell in fact] for fact in facts]  # in English: others read a report
    return (
        Table(("ABOUT", "NAME", "VALUE", "FROM"), rows),
        [""],
        [("fact", fact._asdict()) for fact in facts],
    )
