"""The bench's bars, table and plot from results that are made up here, and its repos."""

from __future__ import annotations

import hashlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import bars, contents, hubfiles, plot, report, results
from bench.results import Outcome, Results, Row, Run


def row(name: str, *seconds: float, cpu: float = 1.0, peak: int = 1 << 20) -> Row:
    runs = [Run(taken, cpu, peak, requests=2003, sent_bytes=10**9) for taken in seconds]
    return Row(name, "hash", runs)


def found(*outcomes: Outcome) -> Results:
    limits = {"sha256, one core": 1e9}
    return Results("tiny", "2026-01-01", {"CPU": "none"}, {"hfget": "0"}, limits, list(outcomes))


def verdict(of: Results, key: str, words: str) -> bars.Verdict:
    return next(bar for bar in bars.judge(of) if bar.workload == key and bar.what.startswith(words))


LARGE = Outcome(
    "W1",
    "one <file> & more",
    10**9,
    1,
    "plain HTTP",
    [
        row("hfget", 2.0, 1.0, 9.0, cpu=2.5),
        row("aria2c -x1", 5.0, 5.0, 5.0, cpu=1.0),
        row("aria2c -x4", 4.4, 4.4, 4.4, cpu=2.0),
        row("hf download", 3.9),
    ],
)


def test_bars_compare_the_medians_with_the_best_rival() -> None:
    of = found(LARGE)
    assert verdict(of, "W1", "times as fast as the best aria2c").passed
    assert verdict(of, "W1", "times as fast as the best aria2c").measured == "2.2×"
    assert verdict(of, "W1", "times as fast as hf download").passed is False
    assert verdict(of, "W1", "times as fast as curl && sha256sum").passed is None


def test_cpu_is_held_against_the_thriftiest_aria2c_and_the_hash() -> None:
    bar = verdict(found(LARGE), "W7", "CPU seconds a GB")
    assert (bar.required, bar.measured, bar.passed) == ("≤ 2 s", "2.5 s", False)


def test_memory_is_the_largest_peak_of_any_run() -> None:
    greedy = Outcome("W8", "", 1, 1, "", [row("hfget -x 64", 1.0, peak=151 << 20)])
    assert verdict(found(LARGE), "W7", "peak memory").passed
    assert verdict(found(LARGE, greedy), "W7", "peak memory").passed is False


@pytest.mark.parametrize(("cpu", "peak", "fits"), [(100.5, 140, True), (120.0, 250, False)])
def test_very_many_files_cost_each_what_some_cost(cpu: float, peak: int, fits: bool) -> None:
    one = Outcome("W9-one", "", 1, 1, "", [row("hfget", 1.0, cpu=0.5, peak=50 << 20)])
    some = Outcome("W9-some", "", 1, 1001, "", [row("hfget", 1.0, cpu=1.5, peak=50 << 20)])
    many = Outcome("W9", "", 1, 100_001, "", [row("hfget", 9.0, cpu=cpu, peak=peak << 20)])
    of = found(one, some, many)
    assert verdict(of, "W9", "CPU a file").passed is fits
    assert verdict(of, "W9", "peak memory").passed is fits
    assert verdict(of, "W9", "memory a file").passed is fits
    assert verdict(found(some, many), "W9", "CPU a file").passed is None


@pytest.mark.parametrize(("files", "passed"), [(2000, True), (1900, False)])
def test_requests_are_counted_a_file(files: int, passed: bool) -> None:
    small = Outcome("W3", "", 1, files, "", [row("hfget", 1.0)])
    assert verdict(found(small), "W3", "requests a file").passed is passed


def test_a_workload_without_figures_has_no_bars() -> None:
    skipped = Outcome("W4", "", 1, 1, skipped="no nginx here")
    assert {bar.workload for bar in bars.judge(found(skipped))} == {"W7"}


def test_failed_runs_are_said_and_not_counted() -> None:
    runs = [Run(1.0, 1.0, 1), Run(77.0, 1.0, 1, failure="exit code 5")]
    outcome = Outcome("W1", "", 10, 1, "", [Row("hfget", "hash", runs)])
    page = report.markdown(found(outcome), "x.svg")
    assert outcome.rows[0].seconds == 1.0
    assert "hfget: 1 of 2 runs failed (exit code 5)." in page
    assert "77" not in page


def test_results_survive_the_file(tmp_path: Path) -> None:
    of = found(LARGE, Outcome("W4", "", 1, 1, skipped="no link"))
    of.save(tmp_path / "x.json")
    assert results.load(tmp_path / "x.json") == of


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    page = report.markdown(found(LARGE), "x.svg")
    tables = [block for block in page.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3
    for lines in map(str.splitlines, tables):
        assert len({line.count("|") for line in lines}) == 1


def test_the_plot_is_well_formed_and_names_everyone() -> None:
    picture = ElementTree.fromstring(plot.svg(found(LARGE)))
    texts = ["".join(node.itertext()) for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "W1 · one <file> & more" in texts
    own, others = texts.index("hfget"), [texts.index(r.contestant) for r in LARGE.rows[1:]]
    assert own < min(others)


def test_a_repo_is_as_it_is_listed_and_made_once(tmp_path: Path) -> None:
    spec = contents.mixture("mixed", 1, 3 * contents.MIB + 5, 3, 4096)
    repo = contents.make(spec, tmp_path)
    large, small = repo.entries[0], repo.entries[1]
    content = (repo.files / small.path).read_bytes()
    assert large.lfs and not small.lfs
    assert small.oid == hashlib.sha1(b"blob 4096\0" + content).hexdigest()
    assert large.sha256 == contents.sha256_of(repo.cdn / large.sha256)
    assert contents.differences(repo, repo.files, by_hash=True) == []
    assert contents.make(spec, tmp_path) == repo

    (repo.files / small.path).write_bytes(b"x" * 4096)
    assert contents.differences(repo, repo.files, by_hash=True) == [small.path]
    assert contents.differences(repo, repo.files, by_hash=False) == []


def test_the_listing_comes_in_pages_with_every_file_and_folder_once(tmp_path: Path) -> None:
    repo = contents.make(contents.many_files("many", 1200, 1), tmp_path)
    pages = hubfiles.pages(repo)
    paths = [item["path"] for page in pages for item in page]
    assert [len(page) for page in pages] == [1000, 204]
    assert paths == sorted(set(paths))
    assert set(paths) >= {entry.path for entry in repo.entries} | {"data", "data/part-02"}
