"""What is tried again, and when, for API calls and for content alike.

`with_retries` runs the attempts of API calls; transfers, which must not block a worker while they
wait, ask `backoff` for the same waits and schedule by them.
"""

from __future__ import annotations

import errno
import http.client
import random
import threading
from collections.abc import Callable
from typing import TypeVar

import requests
import urllib3

from hfget.endpoints import host_of
from hfget.errors import DataHostError, DiskError, HfgetError, NetworkError, UnreachableError
from hfget.http.failures import (
    CertificateError,
    ProxyError,
    causes,
    certificate_fault,
    describe,
    shortage,
)
from hfget.http.redirects import is_redirect
from hfget.http.requested_wait import requested_wait
from hfget.http.statuses import CALM, PASSING
from hfget.limits import FIRST_WAIT, LONGEST_WAIT, MAX_REQUESTED_WAIT
from hfget.messages import advice
from hfget.messages import http_texts as texts
from hfget.system import Stop, duration_text, safe_text, safe_url

T = TypeVar("T")

#: So many doublings of the first wait are more than the longest.
_MOST_DOUBLINGS = 16
#: Other connections of this process may end and give back what one lacks, but not for ever.
_LOCAL_TRIES = 4
_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
_NETWORK_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    EOFError,
)


class Transient(Exception):
    """A failure that may pass. `wait` is what the server asked for, in seconds, if it did.

    `whole_host` tells that the host as such is in trouble or asks for calm, not this file.
    `lie` tells that the server answered, but not with what was asked for. `overloaded` tells
    that fewer connections may be what the host wants. `fruitful` is set where new bytes came
    before the failure, `kept` of them. `status` is that of the answer, 0 where there was none;
    `timed_out` tells that the host took too long. `place` is the host of the endpoint that was
    asked, where an answer had begun; `elsewhere` is set where another endpoint sends the rest.
    `by_proxy` is set where the way to or through a proxy failed, `local` where this process could
    not connect, for want of descriptors or memory.
    """

    def __init__(
        self,
        reason: str,
        *,
        url: str,
        wait: float | None = None,
        whole_host: bool = False,
        lie: bool = False,
        overloaded: bool = False,
        fruitful: bool = False,
        status: int = 0,
        timed_out: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.url = safe_url(url)
        self.host = host_of(url)
        self.wait = wait
        self.whole_host = whole_host
        self.lie = lie
        self.overloaded = overloaded
        self.fruitful = fruitful
        self.status = status
        self.kept = 0
        self.place = ""
        self.elsewhere = False
        self.timed_out = timed_out
        self.local: OSError | None = None
        self.by_proxy = False
        self.led_by = ""

    def lead_here(self, host: str) -> None:
        """It is `host` that leads to the one that failed."""
        self.led_by, self._plain = host, self.reason
        self.reason = texts.REDIRECTED(reason=self.reason, host=host)

    @property
    def plain_reason(self) -> str:
        """The reason without who leads there."""
        return self._plain if self.led_by else self.reason


def from_exception(error: Exception, url: str) -> Transient | HfgetError:
    """What an exception of requests or of a socket means: try again, or give up at once.

    A certificate that does not verify and an address that is none do not get better by waiting.
    What is not a failure of the network is raised again.
    """
    if isinstance(error, HfgetError | Transient):
        return error
    if fault := certificate_fault(error):
        whose = texts.THE_PROXY(name=error.name) if isinstance(error, ProxyError) else host_of(url)
        seen = next((one for one in causes(error) if isinstance(one, CertificateError)), None)
        hint: str = advice.NAME_OWN_CA
        if seen and seen.named:
            hint = advice.ADD_OWN_CA(named=seen.named)
        if "expired" in fault or "not yet valid" in fault:
            hint = advice.CHECK_CLOCK(hint=hint)
        return UnreachableError(
            texts.CERTIFICATE_OF(whose=whose, fault=fault, issuer=seen.issuer)
            if seen and seen.issuer
            else texts.CERTIFICATE_UNVERIFIED(whose=whose, fault=fault),
            url=safe_url(url),
            hint=hint,
        )
    if isinstance(error, _NO_ADDRESS):
        return NetworkError(
            texts.NOT_AN_ADDRESS(url=safe_text(safe_url(url))),
            url=safe_url(url),
            hint=advice.CHECK_ENDPOINT,
        )
    if isinstance(error, _NETWORK_ERRORS):
        if lacking := shortage(error):
            failure = Transient(describe(error), url=url, overloaded=True)
            failure.local = lacking
            return failure
        connecting = isinstance(error, requests.exceptions.ConnectionError)
        failure = Transient(
            describe(error),
            url=url,
            whole_host=connecting,
            timed_out=isinstance(error, requests.exceptions.Timeout),
        )
        failure.by_proxy = isinstance(error, ProxyError)
        return failure
    raise error


def from_status(response: requests.Response) -> Transient | None:
    """The transient failure that a status stands for, or None if the status is final."""
    status = response.status_code
    if is_redirect(response) or not (status in PASSING or 500 <= status <= 599):
        return None
    wait = requested_wait(response.headers, status)
    reason = texts.STATUS(status=status) + (texts.TOO_MANY_REQUESTS if status == 429 else "")
    calm = status in CALM or (status == 503 and wait is not None)
    return Transient(
        reason,
        url=response.url,
        wait=wait,
        whole_host=calm,
        overloaded=status in CALM or status == 503,
        status=status,
    )


def backoff(attempt: int) -> float:
    """Seconds to wait after the `attempt`-th fruitless try (1 is the first), with jitter.

    The jitter is half of it, either way, and more of the first waits, which are short: processes
    that failed together shall not come back together.
    """
    doublings = min(max(0, attempt - 1), _MOST_DOUBLINGS)
    middle = min(FIRST_WAIT * 2.0**doublings, LONGEST_WAIT)
    spread = 0.95 if middle < 4 else 0.5
    return middle * random.uniform(1 - spread, 1 + spread)


def is_last(failure: Transient, attempt: int, retries: int) -> bool:
    """Whether the `attempt`-th fruitless try in a row is the last one."""
    return attempt > (min(retries, _LOCAL_TRIES) if failure.local else retries)


def wait_after(failure: Transient, attempt: int) -> float:
    """Seconds to wait before the next try. Raises NetworkError if the server asks for too many.

    What it asks for makes the wait longer, never shorter: tries must not be used up sooner.
    """
    if failure.wait is None:
        return backoff(attempt)
    if failure.wait > MAX_REQUESTED_WAIT:
        raise UnreachableError(
            texts.ASKS_TO_WAIT(
                host=failure.host, wait=duration_text(failure.wait), reason=failure.reason
            ),
            url=failure.url,
            hint=advice.RUN_AGAIN_LATER,
        )
    return max(failure.wait + backoff(1) / 4, backoff(attempt))


def with_retries(
    attempt: Callable[[], T],
    *,
    retries: int,
    stop: threading.Event,
    on_retry: Callable[[Transient, float, int], None],
) -> T:
    """Run `attempt` until it returns, at most `retries` + 1 times, while it raises Transient.

    Raises what `given_up` makes of the last when the tries are used up, the error of `stop` once
    that is set, and whatever else `attempt` raises at once.
    """
    tries = 0
    while True:
        tries += 1
        try:
            return attempt()
        except Transient as failure:
            if is_last(failure, tries, retries):
                raise given_up(failure) from None
            wait = wait_after(failure, tries)
            on_retry(failure, wait, tries)
        if stop.wait(wait):
            raise (stop if isinstance(stop, Stop) else Stop()).error()


def given_up(failure: Transient, path: str | None = None) -> UnreachableError | DiskError:
    """The error that a failure becomes when the tries are used up.

    What this process lacks is not the network's fault: a DiskError, as where it lacks that for a
    file.
    """
    if failure.local:
        return DiskError(
            texts.NO_CONNECTION_WHY(host=failure.host, error=failure.plain_reason),
            path=path,
            hint=advice.MORE_MEMORY
            if failure.local.errno == errno.ENOMEM
            else advice.FEWER_JOBS_OR_LIMIT,
        )
    if failure.led_by:
        return DataHostError(
            texts.DATA_HOST_UNREACHED(
                host=failure.led_by, other=failure.host, reason=failure.plain_reason
            ),
            path=path,
            url=failure.url,
            hint=advice.ADD_ENDPOINT_OR_REWRITE(host=failure.host),
        )
    error = UnreachableError(
        texts.HOST_FAILED(host=failure.host, reason=failure.reason),
        path=path,
        url=failure.url,
        hint=advice.CHECK_PROXY if failure.by_proxy else advice.RUN_AGAIN_OR_OTHER_MIRROR,
    )
    error.wait = failure.wait
    return error
