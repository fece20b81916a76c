"""`--max-time`: its own exit code, and a report that counts what is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.hub import LocalHub
from tests.hub.repos import MiB, make_model
from tests.support.command import Shell

REPO = "org/m"


def test_the_report_counts_what_is_kept_when_time_is_over(
    repos_root: Path, start_hub: Callable[..., LocalHub], shell_at: Callable[[str], Shell]
) -> None:
    make_model(repos_root, REPO, {"w.bin": 24 * MiB, "c.json": "{}"})
    hub = start_hub(rate_total=2 * MiB)
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, "--max-time", "4", "--json")
    assert done.code == done.report["exit_code"] == 124, done.out
    kept = done.report["bytes_done"]
    assert MiB < kept <= done.report["received"]
    assert [failure["kind"] for failure in done.report["failures"]] == ["time-limit"]
    hub.set_rate(None)
    again = shell.run(REPO, "--json")
    assert again.code == 0 and again.report["bytes_done"] == again.report["bytes_total"]
    assert again.report["reused"] >= kept - MiB
