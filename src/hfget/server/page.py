"""The page at `/`: what this server holds, fetches and is asked for, for people.

Plain HTML, no script and nothing from elsewhere: what a repo or a client is called is text in it,
and never more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from hfget import __version__
from hfget.messages import joined, lookup_of, translated
from hfget.messages import server_texts as texts
from hfget.server.repos.holdings import Holding
from hfget.system import count_text, duration_text, size_text

if TYPE_CHECKING:
    from hfget.operations import Pull

#: What a browser may do with it: show it with the style that is in it.
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}
_MOST_ROWS, _MOST_REVISIONS = 500, 8
_REFRESH_SECONDS = 5
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5b6470;--line:#d9dee4;--back:#fff;
--panel:#f5f7f9;--mark:#0b6bcb;--bad:#a8320c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5b1;--line:#343b43;--back:#15181b;
--panel:#1e2327;--mark:#6cb2ff;--bad:#ff9d7a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:2rem 1.25rem 3rem;background:var(--back);
color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2.25rem 0 .5rem}
p{margin:.25rem 0}.soft{color:var(--soft)}.bad{color:var(--bad)}
pre{background:var(--panel);border:1px solid var(--line);border-radius:.4rem;padding:.75rem 1rem;
overflow-x:auto;font:.95rem/1.5 ui-monospace,monospace}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line);
vertical-align:baseline}
th{font-weight:600;color:var(--soft);font-size:.875rem;white-space:nowrap}
td{overflow-wrap:anywhere}.n{text-align:right;white-space:nowrap;overflow-wrap:normal;
font-variant-numeric:tabular-nums}
th:last-child,td:last-child{padding-right:0}
td:first-child{min-width:12rem}.bar{white-space:nowrap;overflow-wrap:normal}
progress{width:8rem;height:.6rem;accent-color:var(--mark)}footer{margin-top:2.5rem}
@media(max-width:40rem){progress{width:4rem}body{padding-top:1.25rem}}
"""


@dataclass(frozen=True, slots=True)
class Activity:
    """What there is to show. `address` is the URL that the page was asked for by, empty if that
    is not known; `limit` and `pulled` count bytes; `clients` are connections by address."""

    address: str
    holdings: Sequence[Holding]
    clients: Mapping[str, int]
    upstreams: Sequence[str] = ()
    is_down: bool = False
    pulls: Sequence[Pull] = ()
    pulled: int = 0
    limit: int | None = None
    asks_token: bool = False


def render(shown: Activity, language: str = "") -> str:
    """The page as HTML, in `zh_CN` or English."""
    return _Page(shown, language).html()


class _Page:
    """The parts of the page; what is said in it is escaped after it is translated."""

    def __init__(self, shown: Activity, language: str) -> None:
        self._shown, self._language = shown, language
        self._lookup = lookup_of(language)

    def html(self) -> str:
        shown = self._shown
        host = shown.address.partition("://")[2]
        name = self._said(texts.PAGE_NAME(host=host)) if host else "hfget"
        foot = texts.PAGE_FOOT(version=__version__, seconds=_REFRESH_SECONDS)
        return "".join(
            [
                f"<!doctype html><html lang={self._language.replace('_', '-') or 'en'}>",
                "<head><meta charset=utf-8>",
                "<meta name=viewport content='width=device-width,initial-scale=1'>",
                f"<meta http-equiv=refresh content={_REFRESH_SECONDS}>",
                f"<title>{name}</title><style>{_STYLE}</style></head><body>",
                f"<header><h1>{name}</h1>{self._source()}</header><main>",
                f"<h2>{self._said(texts.PAGE_USE)}</h2>",
                self._use(),
                *(self._fetched() if shown.upstreams else ()),
                *self._held(),
                *self._clients(),
                f"</main><footer class=soft><p>{self._said(foot)}</p></footer></body></html>",
            ]
        )

    def _said(self, text: str) -> str:
        return escape(translated(text, self._lookup))

    def _source(self) -> str:
        if not self._shown.upstreams:
            return f"<p class=soft>{self._said(texts.PAGE_LOCAL)}</p>"
        names = joined(self._shown.upstreams)
        if self._shown.is_down:
            return f"<p class=bad>{self._said(texts.PAGE_DOWN(upstreams=names))}</p>"
        return f"<p class=soft>{self._said(texts.PAGE_MIRROR(upstreams=names))}</p>"

    def _use(self) -> str:
        address = self._shown.address
        lines = [escape(f"export HF_ENDPOINT={address}")] if address else []
        if self._shown.asks_token:
            lines.append(f"export HF_TOKEN=...  # {self._said(texts.PAGE_TOKEN)}")
        other = self._said(texts.PAGE_OR(command="hf download org/name"))
        return "<pre>" + "\n".join([*lines, f"hfget org/name  # {other}"]) + "</pre>"

    def _fetched(self) -> Iterable[str]:
        pulls = self._shown.pulls
        yield f"<h2>{self._said(texts.PAGE_FETCHED)}</h2>"
        if not pulls:
            yield f"<p class=soft>{self._said(texts.PAGE_NOTHING)}</p>"
            return
        heads = (texts.HEAD_FILE, texts.HEAD_PROGRESS, texts.HEAD_HERE, texts.HEAD_SPEED)
        rows = [self._pull(one) for one in sorted(pulls, key=lambda one: one.begun)[:_MOST_ROWS]]
        yield self._table((*heads, texts.HEAD_LEFT, texts.HEAD_WAITING), rows, words=2)
        yield self._more(len(pulls))

    def _pull(self, pull: Pull) -> Sequence[str]:
        size, done = pull.file.size, pull.done
        percent = 100 * done // size if size else 100
        state = f"{percent}%" if done else self._said(texts.PAGE_STARTING)
        if done == size:
            state = self._said(texts.PAGE_VERIFYING)
        here = texts.PAGE_OF(done=size_text(done), size=size_text(size)) if done else ""
        moves = done and pull.rate >= 1
        return (
            f"{escape(str(pull.snapshot.ref))}<br><span class=soft>{escape(pull.file.path)}</span>",
            f"<span class=bar><progress max=100 value={percent}></progress> {state}</span>",
            self._said(here) or escape(size_text(size)),
            escape(f"{size_text(int(pull.rate))}/s") if moves else "",
            self._said(duration_text((size - done) / pull.rate)) if moves else "",
            str(pull.readers),
        )

    def _held(self) -> Iterable[str]:
        shown = self._shown
        total = sum(one.size or 0 for one in shown.holdings)
        yield f"<h2>{self._said(texts.PAGE_HELD)}</h2>"
        summary = count_text(len(shown.holdings), "repo")
        if total:
            summary = texts.PAGE_SUM(repos=summary, size=size_text(total))
        if shown.upstreams:
            if shown.pulled:
                pulled = size_text(shown.pulled)
                summary = texts.PAGE_FROM_UPSTREAM(sum=summary, size=pulled)
            if shown.limit is not None:
                summary = texts.PAGE_LIMITED(sum=summary, size=size_text(shown.limit))
        yield f"<p class=soft>{self._said(summary)}</p>"
        if not shown.holdings:
            return
        heads = (texts.HEAD_REPO, texts.HEAD_REVISIONS, texts.HEAD_FILES, texts.HEAD_SIZE)
        begun = {str(one.snapshot.ref) for one in shown.pulls}
        rows = [self._holding(one, begun) for one in shown.holdings[:_MOST_ROWS]]
        yield self._table(heads, rows, words=2)
        yield self._more(len(shown.holdings))

    def _holding(self, one: Holding, begun: Collection[str]) -> Sequence[str]:
        size = self._said(texts.PAGE_HASHED)
        if one.size is not None:
            first = not one.size and str(one.repo) in begun
            size = self._said(texts.PAGE_STARTING) if first else escape(size_text(one.size))
        more = ", …" if len(one.revisions) > _MOST_REVISIONS else ""
        return (
            escape(str(one.repo)),
            escape(", ".join(one.revisions[:_MOST_REVISIONS]) + more),
            "…" if one.files is None else str(one.files),
            size,
        )

    def _clients(self) -> Iterable[str]:
        clients = self._shown.clients
        yield f"<h2>{self._said(texts.PAGE_CLIENTS)}</h2>"
        rows = [
            (escape(address) or self._said(texts.PAGE_UNKNOWN), str(count))
            for address, count in sorted(clients.items(), key=lambda item: (-item[1], item[0]))
        ]
        heads = (texts.HEAD_ADDRESS, texts.HEAD_CONNECTIONS)
        yield self._table(heads, rows[:_MOST_ROWS], words=1)
        yield self._more(len(rows))

    def _table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> str:
        """A table of cells that are HTML already; columns after the first `words` are figures."""
        kinds = ["" if number < words else " class=n" for number in range(len(heads))]
        top = "".join(
            f"<th scope=col{kind}>{self._said(head)}</th>"
            for head, kind in zip(heads, kinds, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True))
            + "</tr>"
            for row in rows
        )
        return (
            f"<div class=wide><table><thead><tr>{top}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )

    def _more(self, count: int) -> str:
        if count <= _MOST_ROWS:
            return ""
        return f"<p class=soft>{self._said(texts.PAGE_MORE(more=count - _MOST_ROWS))}</p>"
