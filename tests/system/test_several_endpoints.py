"""Several endpoints: which one is taken, which is passed over, and what is said about it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import make_model
from tests.support.command import Result, Shell, tree

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 9000, "sub/c.json": '{"a": 1}', "d.txt": "d\n"}
INFO = "/api/models/org/m"
API = f"{INFO}*"
TOKEN = "made-up-for-a-test"


@pytest.fixture
def hub_of(tmp_path: Path) -> Iterator[Callable[..., LocalHub]]:
    """A function that starts a hub with a folder of its own, with `files` as org/m."""
    with ExitStack() as stack:
        number = 0

        def start(files: dict[str, Any] | None = FILES, **options: Any) -> LocalHub:
            nonlocal number
            number += 1
            root = tmp_path / f"hub-{number}"
            root.mkdir()
            make_model(root, "org/other" if files is None else REPO, files or FILES)
            return stack.enter_context(LocalHub(root, **options))

        yield start


@pytest.fixture
def shell(shell_at: Callable[[str], Shell]) -> Shell:
    return shell_at("")


@pytest.fixture
def dead() -> Iterator[str]:
    """An endpoint at which nothing listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}"


def get(shell: Shell, *endpoints: LocalHub | str, options: tuple[str, ...] = ()) -> Result:
    urls = [one if isinstance(one, str) else one.endpoint for one in endpoints]
    flags = [text for url in urls for text in ("--endpoint", url)]
    return shell.run(REPO, *flags, *options)


def check_complete(shell: Shell, done: Result) -> None:
    assert done.code == 0, done.out + done.err
    root = shell.directory / "m"
    assert {path for path in tree(root) if not path.startswith(".cache")} == {*FILES}


def host(hub: LocalHub) -> str:
    return hub.endpoint.partition("://")[2]


FAULTS = (
    ("HTTP 503", effects.Status(503)),
    ("HTTP 429 (too many requests)", effects.Status(429, headers={"Retry-After": "120"})),
    ("no byte within the time-out", effects.Stall(0)),
    ("no byte within the time-out", effects.Stall(20)),
    ("the answer is not JSON (a login page?)", effects.Html()),
    ("connection reset", effects.Reset(0)),
)


def test_the_next_is_asked_where_one_fails(
    shell: Shell, hub_of: Callable[..., LocalHub], dead: str
) -> None:
    bad, closed, good = [hub_of() for _ in FAULTS], hub_of(private=[REPO]), hub_of()
    for hub, (_, effect) in zip(bad, FAULTS, strict=True):
        hub.faults.add(Fault(effect, path=API, times=None))
    done = get(shell.with_env(HF_HUB_ETAG_TIMEOUT="1"), dead, *bad, closed, good)
    check_complete(shell, done)
    reasons = ["connection refused", *(why for why, _ in FAULTS)]
    for why, after in zip(reasons, [*bad, closed], strict=True):
        assert f"{why}; asking {host(after)} instead" in done.err
    assert f"asking {host(good)} instead" in done.err, "a 401 without a token is not an answer"
    assert f"from {good.endpoint}" in done.err
    for hub in bad:
        assert len(hub.requests(path=INFO)) <= 2, "it is not asked again and again"


def test_one_glitch_does_not_change_the_endpoint(
    shell: Shell, hub_of: Callable[..., LocalHub]
) -> None:
    first, second = hub_of(), hub_of()
    first.faults.add(Fault(effects.Status(502), path=API, times=1))
    done = get(shell, first, second, options=("--json",))
    assert done.code == 0
    resolved = next(event for event in done.events if event["event"] == "resolved")
    assert resolved["endpoint"] == first.endpoint


def test_a_listing_that_is_not_whole_leads_to_the_next(
    shell: Shell, hub_of: Callable[..., LocalHub]
) -> None:
    cut, without, good = hub_of(), hub_of(), hub_of()
    cut.faults.add(Fault(effects.EditJson(lambda page: page[:1]), path="*/tree/*", times=None))
    without.faults.add(Fault(effects.Status(404), path="*/tree/*", times=None))
    for bad in (cut, without):
        bad.faults.add(Fault(effects.Status(404), path="*/paths-info/*", times=None))
        bad.faults.add(Fault(effects.Status(404), method="HEAD", times=None))
    done = get(shell, cut, without, good)
    check_complete(shell, done)
    for bad, after in ((cut, without), (without, good)):
        assert f"asking {host(after)} instead" in done.err
        assert not bad.requests(path="*/resolve/*", method="GET")


def test_who_lacks_the_repo_is_passed_over_and_asked_again_in_another_run(
    shell: Shell, hub_of: Callable[..., LocalHub]
) -> None:
    without, good = hub_of(None), hub_of()
    for run in (1, 2):
        done = get(shell, without, good, options=("--force",))
        check_complete(shell, done)
        assert done.err.count(f"asking {host(good)} instead") == 1
        assert len(without.requests(path=INFO)) == run, "asked in each run"


def test_gated_stays_gated(shell: Shell, hub_of: Callable[..., LocalHub]) -> None:
    gated, open_ = hub_of(gated=[REPO]), hub_of()
    done = get(shell, gated, open_)
    assert done.code == 4 and "is gated" in done.err
    assert not [*shell.directory.joinpath("m").glob("[!.]*")], "what is listed is gated too"
    gated.faults.add(
        Fault(effects.Status(403, {"X-Error-Code": "GatedRepo"}), path=API, times=None)
    )
    open_.clear_log()
    done = get(shell, gated, open_)
    assert done.code == 4 and "is gated" in done.err
    assert open_.log == [], "what one says of rights is not asked of another"


def test_a_gated_repo_is_asked_for_where_a_token_is_bound(
    shell: Shell, hub_of: Callable[..., LocalHub]
) -> None:
    gated, other = hub_of(), hub_of()
    for one in (gated, other):
        refused = effects.Status(403, {"X-Error-Code": "GatedRepo"})
        one.faults.add(Fault(refused, path=API, times=None))
    granting = hub_of(gated=[REPO], tokens=[TOKEN])
    home = shell.directory / "home/hf"
    home.mkdir()
    home.joinpath("token").write_text(TOKEN)
    home.joinpath("token").chmod(0o600)
    asking = shell.with_env(HFGET_TOKEN_ORIGINS=granting.endpoint)
    check_complete(shell, get(asking, gated, other, granting))
    assert len(gated.requests(path=INFO)) == 1 and not other.requests(path=INFO)
    assert not any(request.authorization for request in (*gated.log, *other.log))


def test_a_branch_is_the_commit_of_the_first_and_a_dead_one_behind_it_costs_nothing(
    shell: Shell, hub_of: Callable[..., LocalHub], dead: str
) -> None:
    behind, ahead = hub_of(), hub_of({**FILES, "new.txt": "new"})
    done = get(shell, behind, ahead, dead)
    check_complete(shell, done)
    assert "instead" not in done.err
    assert behind.commit(REPO) != ahead.commit(REPO)
    assert not ahead.requests(path="*/tree/*")


def test_if_all_fail_each_is_named_and_the_run_may_be_repeated(
    shell: Shell, hub_of: Callable[..., LocalHub], dead: str
) -> None:
    without = hub_of(None)
    done = get(shell, without, dead, options=("--retries", "1"))
    assert done.code == 5, "the one that is dead may have it"
    (error,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert "connection refused; " in error and host(without) in error
    nowhere = get(shell, without, hub_of(None))
    assert nowhere.code == 3


def test_what_is_here_is_taken_where_no_endpoint_answers(
    shell: Shell, hub_of: Callable[..., LocalHub], dead: str
) -> None:
    hub = hub_of()
    check_complete(shell, get(shell, hub))
    hub.refuse("hub")
    done = get(shell, dead, hub)
    assert done.code == 0 and "was not asked for a newer one" in done.err


def test_mirrors_come_from_the_environment_and_by_their_names(
    shell: Shell, hub_of: Callable[..., LocalHub], dead: str
) -> None:
    hub = hub_of()
    asking = shell.with_env(HF_ENDPOINT=dead, HFGET_MIRRORS=f" {hub.endpoint} ,")
    check_complete(shell, asking.run(REPO))
    done = asking.run(REPO, "--endpoint", dead, "--force", "--retries", "0")
    assert done.code == 5, "a flag names them all"


def test_an_empty_flag_names_none_and_offline_asks_none(
    shell: Shell, hub_of: Callable[..., LocalHub]
) -> None:
    hub, other = hub_of(), hub_of()
    asking = shell.with_env(HF_ENDPOINT=hub.endpoint, HFGET_MIRRORS=other.endpoint)
    check_complete(shell, asking.run(REPO, "--endpoint", ""))
    hub.clear_log()
    other.clear_log()
    done = asking.with_env(HF_HUB_OFFLINE="1").run(REPO, "--local-dir", "elsewhere")
    assert done.code == 5 and "instead" not in done.err
    assert hub.log == other.log == []
