"""Several endpoints at once: each brings its share, any may fail, and who lies is found."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import Result, ShellAt, leftovers, tree, wait_until

REPO = "org/m"
SIZE = 24 * MiB
FILES: dict[str, bytes | str | int] = {"w.bin": SIZE, "b.bin": 300_000, "c.json": '{"a": 1}'}
#: Bytes a second of a hub: slow enough that all have the time to take part.
RATE = 6e6
CONTENT = "*/resolve/*"
WEIGHTS = "*/resolve/*/w.bin"


@pytest.fixture
def source(repos_root: Path) -> Path:
    return make_model(repos_root, REPO, FILES)


@pytest.fixture
def hubs(source: Path, start_hub: StartHub) -> Callable[..., list[LocalHub]]:
    """A function that starts so many hubs of the repo, each limited to a rate."""

    def start(count: int, rate: float = RATE) -> list[LocalHub]:
        started = [start_hub(cdn=False, rate_total=rate) for _ in range(count)]
        for hub in started:
            hub.commit(REPO)  # hashed by then: all answer at once
        return started

    return start


def words(hubs: Sequence[LocalHub]) -> list[str]:
    """The options that name these endpoints, the preferred one first."""
    return [word for hub in hubs for word in ("--endpoint", hub.endpoint)]


def download(shell_at: ShellAt, hubs: Sequence[LocalHub], *options: str) -> Result:
    return shell_at("").run(REPO, "--json", "--local-dir", "m", *words(hubs), *options)


def host(hub: LocalHub) -> str:
    return hub.endpoint.partition("://")[2]


def mirror(done: Result, hub: LocalHub) -> dict[str, Any]:
    """What the report says about a hub."""
    mirrors: list[dict[str, Any]] = done.report["mirrors"]
    return next(one for one in mirrors if one["place"] == host(hub))


def notes(done: Result) -> list[str]:
    return [event["text"] for event in done.events if event["event"] == "note"]


def sent(hub: LocalHub) -> int:
    return hub.bytes_sent(path=CONTENT)


def check_whole(done: Result, shell_at: ShellAt, source: Path) -> None:
    assert done.code == 0, done.out[-3000:] + done.err
    folder = shell_at("").directory / "m"
    assert tree(folder) == tree(source) and leftovers(folder) == []


def test_each_brings_its_share_and_nothing_comes_twice(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    three = hubs(3, RATE / 3)
    done = download(shell_at, three)
    check_whole(done, shell_at, source)
    assert all(sent(hub) > SIZE / 10 for hub in three)
    assert done.report["received"] <= 1.05 * done.report["bytes_total"]
    assert [mirror(done, hub)["received"] for hub in three] == [
        one["received"] for one in done.report["mirrors"]
    ]
    assert sum(one["received"] for one in done.report["mirrors"]) == done.report["received"]


def test_one_file_of_some_megabytes_alone_comes_from_both_by_a_few_requests(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt
) -> None:
    both = hubs(2)
    done = download(shell_at, both, "--include", "w.bin")
    assert done.code == 0, done.out[-3000:] + done.err
    assert all(sent(hub) > SIZE / 4 for hub in both)
    assert sum(len(hub.requests(path=WEIGHTS)) for hub in both) <= 20
    assert done.report["received"] <= 1.05 * SIZE


def test_without_striping_the_preferred_one_brings_all(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    """Though it has fewer connections for the file than would be at work."""
    first, second = hubs(2)
    options = "--no-stripe", "--connections", "2"
    check_whole(download(shell_at, [first, second], *options), shell_at, source)
    assert not second.requests(path=CONTENT) and sent(first) >= SIZE


def test_a_slow_one_brings_little_and_is_not_waited_for(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    fast, slow = *hubs(1), *hubs(1, RATE / 100)
    for order in ([fast, slow], [slow, fast]):
        done = download(shell_at, order, "--force")
        check_whole(done, shell_at, source)
        assert mirror(done, slow)["received"] < SIZE / 20
        assert done.report["received"] <= 1.05 * done.report["bytes_total"]


def test_one_that_dies_midway_is_left_and_used_again_once_it_is_back(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    staying, dying = hubs(2, RATE / 3)
    process = shell_at("").start(REPO, "--json", "--local-dir", "m", *words([staying, dying]))
    try:
        wait_until(lambda: sent(dying) > 2 * MiB)
        dying.refuse("hub")
        before, had = sent(staying), sent(dying)
        wait_until(lambda: sent(staying) > before + MiB)
        assert sent(dying) <= had + MiB
        dying.restore("hub")
        wait_until(lambda: sent(dying) > had + MiB)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate(timeout=60)
    done = Result(process.wait(), out.decode(), err.decode())
    check_whole(done, shell_at, source)
    assert mirror(done, dying)["failures"] > 0 and mirror(done, staying)["failures"] == 0
    assert done.report["received"] <= 1.02 * done.report["bytes_total"]


def test_what_one_drips_comes_from_those_that_were_done_before_they_were_measured(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    """Faster than a server that sends nothing for too long: each byte starts the time-out anew."""
    dripping, *others = hubs(3, 1e12)
    drip = effects.Drip(seconds=0.4, piece=900)
    dripping.faults.add(Fault(drip, path="*/resolve/*.bin", times=None))
    done = download(shell_at, [dripping, *others])
    check_whole(done, shell_at, source)
    assert sent(dripping) < 100_000 and done.report["received"] <= 1.05 * SIZE
    done = download(shell_at, [dripping, *others], "b.bin", "--force")
    assert done.code == 0 and sum(map(sent, others)) > SIZE + 200_000, "one small file alone"


REFUSING: dict[str, tuple[effects.Status | effects.Redirect | effects.Stall, str]] = {
    "it leads to a dead host": (effects.Redirect("http://127.0.0.1:9/x"), "leads to 127.0.0.1:9"),
    "503": (effects.Status(503), "503"),
    "429": (effects.Status(429, {"Retry-After": "60"}), "429"),
    "it is silent": (effects.Stall(None), ""),
}


@pytest.mark.parametrize("name", REFUSING)
def test_one_that_answers_no_request_for_content_costs_nothing(
    name: str, hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    effect, said = REFUSING[name]
    good, bad = hubs(2)
    bad.faults.add(Fault(effect, path=CONTENT, times=None))
    done = download(shell_at, [good, bad])
    check_whole(done, shell_at, source)
    assert sent(bad) == 0
    told = [text for text in notes(done) if host(bad) in text]
    assert len(told) <= 1 and all(said in text and host(good) in text for text in told)
    assert not said or told


def test_the_first_may_be_the_one_that_fails(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    bad, good = hubs(2)
    bad.faults.add(Fault(effects.Status(503), path=CONTENT, times=None))
    done = download(shell_at, [bad, good])
    check_whole(done, shell_at, source)
    assert sent(good) >= SIZE


def test_one_that_lacks_a_file_sends_the_others(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    good, lacking = hubs(2)
    missing = effects.Status(404, {"X-Error-Code": "EntryNotFound"})
    lacking.faults.add(Fault(missing, path="*/resolve/*/[bc].*", times=None))
    done = download(shell_at, [good, lacking])
    check_whole(done, shell_at, source)
    assert lacking.bytes_sent(path=WEIGHTS) > 0


def test_one_that_lacks_a_file_at_once_is_not_the_last_word(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    """It says so before the other one has said that it has the commit."""
    lacking, good = hubs(2)
    missing = effects.Status(404, {"X-Error-Code": "EntryNotFound"})
    lacking.faults.add(Fault(missing, path=WEIGHTS, times=None))
    good.faults.add(Fault(effects.Delay(1), path="/api/models/*", times=None))
    done = download(shell_at, [lacking, good], "w.bin")
    check_whole_weights(done, shell_at, source)
    assert lacking.bytes_sent(path=WEIGHTS) == 0 and len(good.requests(path="/api/*")) == 1


def check_whole_weights(done: Result, shell_at: ShellAt, source: Path) -> None:
    assert done.code == 0, done.out[-3000:] + done.err
    got = (shell_at("").directory / "m" / "w.bin").read_bytes()
    assert got == (source / "w.bin").read_bytes()


def test_what_all_lack_is_missing(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    two = hubs(2)
    for hub in two:
        missing = effects.Status(404, {"X-Error-Code": "EntryNotFound"})
        hub.faults.add(Fault(missing, path=WEIGHTS, times=None))
    done = download(shell_at, two)
    assert done.code == 3 and [one["file"] for one in done.report["failures"]] == ["w.bin"]


def test_one_that_is_behind_by_a_commit_is_not_asked_for_content(
    hubs: Callable[..., list[LocalHub]],
    start_hub: StartHub,
    shell_at: ShellAt,
    source: Path,
    tmp_path: Path,
) -> None:
    make_model(tmp_path / "behind", REPO, {**FILES, "c.json": '{"a": 0}'})
    behind = stack_hub(tmp_path / "behind")
    with behind:
        (good,) = hubs(1)
        done = download(shell_at, [good, behind])
        check_whole(done, shell_at, source)
        assert sent(behind) == 0 and any("does not have commit" in text for text in notes(done))
        found = mirror(done, behind)
        assert found["state"] == "out" and "does not have commit" in found["why"]


def stack_hub(root: Path) -> LocalHub:
    """A hub of other repos than those of the test."""
    return LocalHub(root, cdn=False, rate_total=RATE)


def test_what_the_first_says_about_rights_holds(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    first, generous = hubs(2)
    gated = effects.Status(403, {"X-Error-Code": "GatedRepo"})
    first.faults.add(Fault(gated, path=WEIGHTS, times=None))
    done = download(shell_at, [first, generous], "w.bin")
    assert done.code == 4 and done.report["failures"][0]["kind"] == "gated"
    assert sent(generous) == 0 and not (shell_at("").directory / "m" / "w.bin").exists()


def test_another_that_refuses_is_passed_over_and_named(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    first, strict = hubs(2)
    gated = effects.Status(403, {"X-Error-Code": "GatedRepo"})
    strict.faults.add(Fault(gated, path=CONTENT, times=None))
    done = download(shell_at, [first, strict])
    check_whole(done, shell_at, source)
    assert mirror(done, strict)["state"] == "out" and "gated" in mirror(done, strict)["why"]


@pytest.mark.parametrize("order", [0, 1, 2])
def test_who_sends_one_wrong_range_is_found_and_named(
    order: int, hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    three = hubs(3, RATE / 3)
    liar = three[order]
    fault = liar.faults.add(Fault(effects.Garbage(), path=WEIGHTS, times=1))
    done = download(shell_at, three)
    check_whole(done, shell_at, source)
    assert fault.fired
    found = mirror(done, liar)
    assert found["state"] == "out" and [one["path"] for one in found["wrong"]] == ["w.bin"]
    assert all(not mirror(done, hub)["wrong"] for hub in three if hub is not liar)
    assert any(host(liar) in text and "wrong bytes" in text for text in notes(done))
    assert done.report["received"] <= 1.25 * SIZE, "the wrong range, and samples"


@pytest.mark.parametrize("order", [0, 1])
def test_one_bit_costs_what_one_of_them_brought(
    order: int, hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    """Wherever the liar's share is: it lies about a bit of every MiB."""
    three = hubs(3, RATE / 3)
    for number in range(SIZE // MiB):
        fault = Fault(effects.BitFlip(number * MiB + 1000), path=WEIGHTS, times=None)
        three[order].faults.add(fault)
    done = download(shell_at, three)
    check_whole(done, shell_at, source)
    assert mirror(done, three[order])["state"] == "out" and mirror(done, three[order])["wrong"]
    assert all(not mirror(done, hub)["wrong"] for hub in three if hub is not three[order])


def test_where_all_agree_the_listing_is_said_to_be_wrong(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    two = hubs(2)
    for hub in two:
        hub.faults.add(Fault(effects.BitFlip(5 * MiB), path=WEIGHTS, times=None))
    done = download(shell_at, two)
    assert done.code == 6
    (failure,) = done.report["failures"]
    assert "the listing is wrong" in failure["message"]
    assert all(host(hub) in failure["message"] for hub in two)
    assert all(mirror(done, hub)["state"] == "in use" for hub in two)


def test_who_brought_what_is_known_after_a_kill(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    """What the liar sent before the kill is found by the run after it, which does not ask it."""
    liar, *others = hubs(3, RATE / 3)
    liar.faults.add(Fault(effects.Garbage(), path=WEIGHTS, times=None))
    shell = shell_at("")
    process = shell.start(REPO, "--json", "--local-dir", "m", *words([others[0], liar]))
    try:
        wait_until(lambda: sent(liar) > 2 * MiB and sent(others[0]) > 2 * MiB)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate(timeout=60)
    kept = sent(others[0]) + sent(liar)
    done = download(shell_at, others)
    check_whole(done, shell_at, source)
    assert done.report["received"] < SIZE, "what the honest one sent is not fetched again"
    assert kept + done.report["received"] <= SIZE + sent(liar) + 4 * MiB


def test_the_summary_says_how_much_each_delivered(
    hubs: Callable[..., list[LocalHub]], shell_at: ShellAt, source: Path
) -> None:
    two = hubs(2)
    done = shell_at("").run(REPO, "--local-dir", "m", *words(two))
    assert done.code == 0
    (line,) = [line for line in done.err.splitlines() if line.strip().startswith("from:")]
    assert all(host(hub) in line for hub in two) and line.count("MB") == 2
