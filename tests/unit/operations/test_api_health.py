"""Which endpoint is asked first, and for how long one rests."""

from __future__ import annotations

import time

import pytest

from hfget.errors import UnreachableError
from hfget.http import Transient, given_up
from hfget.operations.pulls.api_health import ApiHealth

FIRST, SECOND = "http://first.test", "http://second.test"


@pytest.mark.parametrize(("wait", "asked_first"), [(250.0, SECOND), (None, FIRST)])
def test_one_that_fails_rests_as_long_as_it_asked_for(wait: float | None, asked_first: str) -> None:
    health = ApiHealth((FIRST, SECOND), lambda line: None)
    with pytest.raises(UnreachableError), health.asking(FIRST):
        raise given_up(Transient("429", url=FIRST, wait=wait, whole_host=True))
    assert health.in_order((FIRST, SECOND)) == [SECOND, FIRST]
    health._health._clock = lambda: time.monotonic() + 60
    assert health.in_order((FIRST, SECOND))[0] == asked_first
