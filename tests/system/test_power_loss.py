"""After a power loss no file is wrong, and the download goes on from what had been synced."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.kills import Tally
from tests.support.power import cut_and_go_on, disk_in

#: Seconds into a run. A file's data is synced every two seconds.
MOMENTS = [(0.3, 2.9), (1.6,), (3.3,)]


@pytest.mark.timeout(300)
def test_the_power_is_cut(repos_root: Path, tmp_path: Path) -> None:
    tally = Tally()
    with disk_in(tmp_path) as disk:
        if disk is None:
            pytest.skip("needs root, mkfs.ext4 and loop devices")
        cuts = cut_and_go_on(repos_root, disk, tmp_path, MOMENTS, tally)
    assert tally.violations == []
    assert tally.wrong == 0 and tally.hashed > 0 and tally.done == len(MOMENTS)
    assert len(cuts) >= 2
    assert sum(cut.again for cut in cuts) <= 0.8 * sum(cut.sent for cut in cuts)
