"""The page at `/`: what this server holds, fetches and is asked for, for people.

Plain HTML, no script and nothing from elsewhere: what a repo or a client is called is text in it,
and never more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from hfget import __version__
from hfget.server.holdings import Holding
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
}
_MOST_ROWS = 500
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


def render(shown: Activity) -> str:
    """The page as HTML."""
    host = shown.address.partition("://")[2]
    name = f"hfget on {host}" if host else "hfget"
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<meta http-equiv=refresh content={_REFRESH_SECONDS}>",
        f"<title>{escape(name)}</title><style>{_STYLE}</style></head><body>",
        f"<header><h1>{escape(name)}</h1>{_source(shown)}</header><main>",
        "<h2>Use it</h2>",
        _use(shown),
        *(_fetched(shown.pulls) if shown.upstreams else ()),
        *_held(shown),
        *_clients(shown.clients),
        f"</main><footer class=soft><p>hfget {escape(__version__)}; this page reloads every "
        f"{_REFRESH_SECONDS} seconds</p></footer></body></html>",
    ]
    return "".join(parts)


def _source(shown: Activity) -> str:
    if not shown.upstreams:
        return "<p class=soft>Serves what is on this machine, and nothing else.</p>"
    from_where = escape(", ".join(shown.upstreams))
    if shown.is_down:
        return (
            f"<p class=bad>{from_where} cannot be reached now: what is here is served, "
            "branches as they were.</p>"
        )
    return f"<p class=soft>A mirror of {from_where}: what is missing here comes from there.</p>"


def _use(shown: Activity) -> str:
    lines = [f"export HF_ENDPOINT={shown.address}"] if shown.address else []
    if shown.asks_token:
        lines.append("export HF_TOKEN=...  # a token of this server")
    lines.append("hfget org/name  # or: hf download org/name")
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def _fetched(pulls: Sequence[Pull]) -> Iterable[str]:
    yield "<h2>Being fetched</h2>"
    if not pulls:
        yield "<p class=soft>Nothing just now.</p>"
        return
    rows = []
    for pull in sorted(pulls, key=lambda one: one.begun)[:_MOST_ROWS]:
        size, done = pull.file.size, pull.done
        percent = 100 * done // size if size else 100
        rate = f"{size_text(int(pull.rate))}/s" if pull.rate >= 1 else ""
        left = (size - done) / pull.rate if pull.rate >= 1 else None
        rows.append(
            (
                f"{escape(str(pull.snapshot.ref))}<br><span class=soft>{escape(pull.file.path)}"
                "</span>",
                f"<span class=bar><progress max=100 value={percent}></progress> "
                f"{'verifying' if done == size else f'{percent}%'}</span>",
                escape(f"{size_text(done)} of {size_text(size)}"),
                escape(rate),
                escape(duration_text(left) if left is not None else ""),
                str(pull.readers),
            )
        )
    yield _table(("File", "Progress", "#Here", "#Speed", "#Left", "#Waiting"), rows)
    yield _more(len(pulls))


def _held(shown: Activity) -> Iterable[str]:
    total = sum(one.size or 0 for one in shown.holdings)
    yield "<h2>Held here</h2>"
    summary = f"{count_text(len(shown.holdings), 'repo')}, {size_text(total)}"
    if shown.upstreams:
        summary += f"; {size_text(shown.pulled)} of that fetched from upstream"
        if shown.limit is not None:
            summary += f", at most {size_text(shown.limit)}"
    yield f"<p class=soft>{escape(summary)}</p>"
    if not shown.holdings:
        return
    rows = [
        (
            escape(str(one.repo)),
            escape(", ".join(one.revisions[:8]) + (", …" if len(one.revisions) > 8 else "")),
            "…" if one.files is None else str(one.files),
            "being hashed" if one.size is None else escape(size_text(one.size)),
        )
        for one in shown.holdings[:_MOST_ROWS]
    ]
    yield _table(("Repo", "Revisions", "#Files", "#Size"), rows)
    yield _more(len(shown.holdings))


def _clients(clients: Mapping[str, int]) -> Iterable[str]:
    yield "<h2>Clients</h2>"
    rows = [
        (escape(address or "unknown"), str(count))
        for address, count in sorted(clients.items(), key=lambda item: (-item[1], item[0]))
    ]
    yield _table(("Address", "#Connections"), rows[:_MOST_ROWS])
    yield _more(len(rows))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; a column whose head begins with # holds numbers."""
    kinds = [" class=n" if head.startswith("#") else "" for head in heads]
    top = "".join(
        f"<th scope=col{kind}>{escape(head.lstrip('#'))}</th>"
        for head, kind in zip(heads, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f"<div class=wide><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _more(count: int) -> str:
    return f"<p class=soft>and {count - _MOST_ROWS} more</p>" if count > _MOST_ROWS else ""
