"""Speed and time left, as samples tell them."""

from __future__ import annotations

from itertools import pairwise

from hfget.transfer.progress import Meter

MB = 1_000_000


class Flow:
    """Bytes that come at rates that are given, sampled ten times a second."""

    def __init__(self, size: int) -> None:
        self.now = 0.0
        self.came = 0
        self.meter = Meter(files=1, bytes_total=size, clock=lambda: self.now)

    def run(self, seconds: float, rate: float) -> list[float | None]:
        etas = []
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.came += int(rate / 10)
            self.meter._bytes_done = self.came
            etas.append(self.meter.sample([], self.came).eta)
        return etas


def test_the_time_left_is_not_said_at_once() -> None:
    etas = Flow(1000 * MB).run(3, 10 * MB)
    assert etas[0] is None and etas[-1] is not None and 90 < etas[-1] < 100


def test_bursts_do_not_make_the_time_left_jump() -> None:
    flow = Flow(1000 * MB)
    flow.run(10, 10 * MB)
    etas = [eta for _ in range(10) for rate in (15 * MB, 5 * MB) for eta in flow.run(1, rate)]
    steps = [later - sooner for sooner, later in pairwise(etas) if later and sooner]
    assert max(map(abs, steps)) < 1.0


def test_another_speed_is_taken_up_and_a_stall_told_as_more_time() -> None:
    flow = Flow(10_000 * MB)
    flow.run(30, 20 * MB)
    slower = flow.run(60, 5 * MB)[-1]
    right = (10_000 * MB - flow.came) / (5 * MB)
    assert slower is not None and 0.8 * right < slower <= right
    stalled = flow.run(10, 0)
    assert stalled[-1] is not None and stalled[-1] > slower
