"""A listing page by page: what the pages say, where they lead, and what they must agree on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from hfget.endpoints import origin_of
from hfget.errors import UnsafeError
from hfget.http import Transient
from hfget.hub.api_client import ApiAnswer, HubClient
from hfget.hub.completeness import is_full
from hfget.hub.error_codes import NO_ROUTE
from hfget.limits import FEWEST_PER_PAGE, MAX_ENTRIES, MAX_PAGE_REPEATS, MAX_REQUESTS
from hfget.messages import advice
from hfget.messages import hub_texts as texts
from hfget.model import RepoRef, is_commit
from hfget.system import safe_text, safe_url

_MOST_LINK = 16_384


class NoRouteError(Exception):
    """The endpoint has no such route, or does not take this query."""

    def __init__(self, answer: ApiAnswer) -> None:
        super().__init__(f"HTTP {answer.response.status_code}")
        self.answer = answer


class Page(NamedTuple):
    """The entries of one page. `ending` is None before the last one, and then says what makes
    it doubtful that the listing ends there; nothing, if it is empty.
    """

    entries: list[dict[str, Any]]
    ending: str | None


class Pages:
    """The pages of one repo's tree at one commit. Counts what a hostile server might pile up."""

    def __init__(self, client: HubClient, ref: RepoRef, commit: str) -> None:
        self._client = client
        self._ref = ref
        self._commit = commit
        self._entries = self._requests = 0

    def of(self, folder: str, query: str) -> Iterator[Page]:
        """Every page of a folder's listing (`Link: rel="next"`), the root's for an empty name.

        Raises NoRouteError before the first page, Transient for one of another commit, and
        HfgetError. huggingface_hub quotes the folder so that no slash is left.
        """
        place = f"{self._client.api(self._ref)}/tree/{self._commit}"
        place += f"/{quote(folder, safe='')}" if folder else ""
        url = f"{place}?{query}" if query else place
        seen: set[str] = set()
        ends: Counter[str] = Counter()
        at_home = True
        while url:
            if seen:
                self._client.budget.read(0, url)
            answer = self.ask(url, at_home=at_home, tolerated=NO_ROUTE)
            if not answer.ok:
                if not seen:
                    raise NoRouteError(answer)
                status = answer.response.status_code
                yield Page([], texts.NEXT_PAGE_STATUS(status=status))
                return
            seen.add(url)
            entries = self._checked(answer)
            end = repr((entries[0], entries[-1], len(entries))) if entries else ""
            ends[end] += bool(entries)
            header = answer.response.headers.get("Link", "")
            link = next_link(header)
            url = self._next(answer, link, place, query) if link else ""
            at_home = answer.at_home and bool(url) and origin_of(url) == self._client.home
            if url in seen or ends[end] > MAX_PAGE_REPEATS:
                yield Page(entries, texts.SAME_PAGE_AGAIN)
                return
            yield Page(entries, _ending(len(entries), header) if not url else None)

    def ask(self, url: str, **options: Any) -> ApiAnswer:
        """A request that counts. Raises UnsafeError for one too many."""
        self._requests += 1
        if self._requests > MAX_REQUESTS:
            raise self._endless(texts.TOO_MANY_REQUESTS(requests=MAX_REQUESTS), url)
        answer = self._client.ask(url, self._ref, **options)
        self.check_commit(answer)
        return answer

    def check_commit(self, answer: ApiAnswer) -> None:
        """Backends that are not in step answer for different commits. Raises Transient."""
        url, named = answer.response.url, self._commit[:12]
        known = self._client.names_commits and answer.response.status_code < 400
        said = answer.commit if known else ""
        if is_commit(said) and said != self._commit:
            reason = texts.OTHER_COMMIT(said=said[:12], named=named)
            raise Transient(reason, url=url, lie=True)
        if not answer.ok and answer.error_code == "RevisionNotFound":
            raise Transient(texts.OWN_COMMIT_UNKNOWN(named=named), url=url, lie=True)

    def _checked(self, answer: ApiAnswer) -> list[dict[str, Any]]:
        page = answer.json
        if not _is_page(page):
            raise self._client.not_a_hub(answer.response)
        self._entries += max(len(page), FEWEST_PER_PAGE)
        if self._entries > MAX_ENTRIES:
            raise self._endless(texts.TOO_MANY_ENTRIES(entries=MAX_ENTRIES), answer.response.url)
        entries: list[dict[str, Any]] = page
        return entries

    def _next(self, answer: ApiAnswer, link: str, place: str, query: str) -> str:
        """The address of the next page: where this one was, with the query of the link.

        A link may name the Hub where a mirror was asked, http behind a proxy that speaks https,
        or leave out the path below which the endpoint lies; its query is the cursor. A link
        without one is followed; to another origin as a redirect, without the token.
        """
        cursor = link.partition("#")[0].partition("?")[2]
        if not cursor:
            return self._client.next_address(answer.response, link)
        given = {name for name, _ in parse_qsl(cursor, keep_blank_values=True)}
        kept = [part for part in query.split("&") if part and part.partition("=")[0] not in given]
        return f"{place}?{'&'.join([*kept, quote(cursor, safe='=&%+:;/?@!$*,~()-_.')])}"

    def _endless(self, what: str, url: str) -> UnsafeError:
        return UnsafeError(
            texts.UNSAFE_LISTING(ref=self._ref, what=what),
            url=safe_url(url),
            hint=advice.OTHER_MIRROR,
        )

    def twice(self, path: str) -> UnsafeError:
        return UnsafeError(
            texts.LISTED_TWICE(ref=self._ref),
            path=safe_text(path),
            url=f"{self._client.endpoint}/{self._ref}",
            hint=advice.OTHER_MIRROR,
        )


def _ending(entries: int, link: str) -> str:
    if "next" in link.lower():
        return texts.NEXT_PAGE_UNREADABLE
    return texts.FULL_PAGE if is_full(entries) else ""


def next_link(header: str) -> str:
    """The target of `rel="next"` in a Link header, or an empty string (RFC 8288).

    Names of parameters and relations have no case, and a relation may stand among others.
    """
    text = header[:_MOST_LINK]
    for link in text.split("<")[1:] if "<" in text else [text.replace(";", ">;", 1)]:
        target, _, parameters = link.partition(">")
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            relations = value.partition(",")[0].replace('"', " ").replace("'", " ")
            if name.strip().lower() == "rel" and "next" in relations.lower().split():
                return target.strip()
    return ""


def _is_page(page: Any) -> bool:
    """Whether this is a list of entries that at least say what they are."""
    return isinstance(page, list) and all(
        isinstance(entry, dict) and isinstance(entry.get("type"), str) for entry in page
    )
