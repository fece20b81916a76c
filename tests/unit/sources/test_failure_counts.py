"""What was under way together fails together, and counts once."""

from __future__ import annotations

import pytest

from hfget.http.retry import Transient
from hfget.sources.failure_counts import FailureCounts, FailuresInARow


def test_requests_that_were_under_way_together_count_once() -> None:
    failures = FailuresInARow()
    told = [failures.add(began, now) for began, now in ((1.0, 5.0), (2.0, 5.1), (4.9, 6.0))]
    assert told == [True, False, False] and failures.count == 1
    assert failures.add(5.0, 7.0) and failures.count == 2


def test_what_began_before_it_went_well_again_says_nothing() -> None:
    failures = FailuresInARow()
    failures.add(1.0, 5.0)
    failures.clear()
    assert not failures.add(2.0, 6.0) and failures.count == 0


@pytest.mark.parametrize(("whole_host", "counted"), [(False, 1), (True, 0)])
def test_trouble_of_the_whole_host_is_not_that_of_a_file(whole_host: bool, counted: int) -> None:
    counts = FailureCounts()
    counts.add("a", Transient("broke", url="http://a/x", whole_host=whole_host), 1.0)
    assert (counts["a"], counts["b"]) == (counted, 0)
