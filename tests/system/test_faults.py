"""What the network and lying servers do: survived, or ended with a code and a sentence."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.hub import Fault, effects
from tests.hub.faults import Effect
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import ShellAt, leftovers, tree

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 40 * MiB, "b.bin": 2 * MiB, "c.json": '{"a": 1}'}

PASSING: dict[str, list[Fault]] = {
    "reset amid the body": [Fault(effects.Reset(after_bytes=3 * MiB), origin="cdn", times=5)],
    "resets all the time": [Fault(effects.Reset(per_mib=0.1), origin="cdn", times=None, seed=3)],
    "reset before the head": [Fault(effects.Reset(), times=4)],
    "closed too early": [Fault(effects.Close(after_bytes=MiB), origin="cdn", times=4)],
    "closed too early without a length": [
        Fault(effects.Close(after_bytes=MiB, length_header=False), origin="cdn", times=3)
    ],
    "one connection goes silent": [Fault(effects.Stall(after_bytes=MiB), origin="cdn")],
    "the hub is down for a moment": [Fault(effects.Refuse(1.5), path="*/resolve/*")],
    "429 with seconds": [Fault(effects.Status(429, {"Retry-After": "1"}), times=2)],
    "429 with the hub's header": [
        Fault(effects.Status(429, {"RateLimit": '"resolvers";r=0;t=1'}), path="*/resolve/*")
    ],
    "5xx for a while": [Fault(effects.Status(503), times=3), Fault(effects.Status(500), times=2)],
    "an expired signature": [
        Fault(effects.Status(403, body=b"<Error><Code>AccessDenied</Code></Error>"), origin="cdn")
    ],
    "the whole body for a range": [Fault(effects.WholeBody(), origin="cdn", times=None)],
    "the whole body once": [Fault(effects.WholeBody(), origin="cdn", times=1, skip=1)],
    "another place than asked": [Fault(effects.WrongRange(shift=5), origin="cdn", times=2)],
    "another total": [Fault(effects.WrongRange(total=7), origin="cdn", times=2)],
    "too long a body": [Fault(effects.Longer(1000), origin="cdn", times=2)],
    "a body without end": [Fault(effects.Longer(None), origin="cdn", times=1)],
    "too short a body": [Fault(effects.Shorter(1000), origin="cdn", times=2)],
    "one flipped bit": [Fault(effects.BitFlip(20 * MiB), origin="cdn", times=1)],
    "compressed unasked": [Fault(effects.Gzip(), times=None, path="*/resolve/*/c.json")],
    "chunked": [Fault(effects.Chunked(), times=None)],
    "a web page once": [Fault(effects.Html(), path="*/resolve/*", times=2)],
    "headers stripped": [
        Fault(
            effects.Headers(strip=("ETag", "X-Repo-Commit", "X-Linked-Etag", "X-Linked-Size")),
            times=None,
        )
    ],
    "416 on resume": [Fault(effects.Status(416, {"Content-Range": "bytes */1"}), origin="cdn")],
}


@pytest.mark.parametrize("name", PASSING)
def test_survived(name: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    faults = [hub.faults.add(fresh(fault)) for fault in PASSING[name]]
    shell = shell_at(hub.endpoint).with_env(HF_HUB_DOWNLOAD_TIMEOUT="2")
    if "moment" not in name:  # which is waited for
        shell = shell.impatient()
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    assert leftovers(shell.directory / "m") == []
    assert sum(fault.fired for fault in faults) > 0, "the fault was not met"


FINAL: dict[str, tuple[list[Fault], int]] = {
    "wrong bytes always": ([Fault(effects.Garbage(), origin="cdn", times=None)], 6),
    "one bit always": ([Fault(effects.BitFlip(MiB), origin="cdn", times=None)], 6),
    "a web page always": ([Fault(effects.Html(), path="*/resolve/*.bin", times=None)], 6),
    "one byte of each answer": ([Fault(effects.Reset(1), origin="cdn", times=None)], 5),
    "404 for the files": (
        [
            Fault(
                effects.Status(404, {"X-Error-Code": "EntryNotFound"}),
                path="*/resolve/*.bin",
                times=None,
            )
        ],
        3,
    ),
    "redirect to a file": (
        [Fault(effects.Redirect("file:///etc/passwd"), path="*/resolve/*.bin", times=None)],
        8,
    ),
    "redirect in a circle": (
        [Fault(effects.Redirect("{target}"), path="*/resolve/*.bin", times=None)],
        5,
    ),
}


@pytest.mark.parametrize("name", FINAL)
def test_given_up_for_these_files_while_the_others_come(
    name: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    faults, code = FINAL[name]
    for fault in faults:
        hub.faults.add(fresh(fault))
    shell = shell_at(hub.endpoint).impatient()
    done = shell.run(REPO, "--json")
    assert done.code == code, done.out[-2000:]
    assert tree(shell.directory / "m") == {"c.json": tree(source)["c.json"]}
    failures = {failure["file"]: failure for failure in done.report["failures"]}
    assert set(failures) == {"w.bin", "b.bin"}
    assert all(failure["message"] and failure["code"] == code for failure in failures.values())
    assert "?" not in str([failure["url"] for failure in failures.values()])


def test_a_dead_endpoint_ends_with_a_sentence(shell_at: ShellAt) -> None:
    done = shell_at("http://127.0.0.1:1").run("org/m", "--retries", "2")
    assert done.code == 5
    assert "127.0.0.1:1" in done.err
    assert "refused" in done.err
    assert "Traceback" not in done.err


def test_the_token_never_leaves_its_origin(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    token = "made-up-" + secrets.token_hex(12)
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(private=[REPO], tokens=[token], page_size=1)
    hub.faults.add(
        Fault(effects.Redirect("{foreign}{target}"), origin="hub", path="*/resolve/*/c.json")
    )
    shell = shell_at(hub.endpoint).with_env(HF_TOKEN=token)
    done = shell.run(REPO, "--debug", "--json")
    assert [request for request in hub.requests("foreign") if request.token_seen] == []
    assert [request for request in hub.requests("cdn") if request.token_seen] == []
    assert hub.requests("foreign")
    assert token not in done.out + done.err
    for path in (shell.directory).rglob("*"):
        if path.is_file():
            assert token.encode() not in path.read_bytes(), path
    assert set(tree(shell.directory / "m")) >= {"w.bin", "b.bin"}
    assert tree(shell.directory / "m").items() <= tree(source).items()


def test_a_next_link_to_elsewhere_is_asked_at_home(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    token = "made-up-" + secrets.token_hex(12)
    make_model(repos_root, REPO, {f"{number}.txt": str(number) for number in range(5)})
    hub = start_hub(page_size=2, tokens=[token])
    link = f'<{hub.foreign}/api/models/{REPO}/tree/main?recursive=True>; rel="next"'
    hub.faults.add(Fault(effects.Headers(put={"Link": link}), origin="hub", path="*/tree/*"))
    shell_at(hub.endpoint).run(REPO, "--token", token)
    assert hub.requests("hub") and not hub.requests("foreign")


def fresh(fault: Fault) -> Fault:
    """A fault as it was written, not yet fired."""
    effect: Effect = fault.effect
    return Fault(
        effect,
        origin=fault.origin,
        method=fault.method,
        path=fault.path,
        times=fault.times,
        skip=fault.skip,
        probability=fault.probability,
        seed=fault.seed,
    )
