"""An option is one field: its flag, its keyword and its row follow; wrong keywords are refused."""

from __future__ import annotations

import inspect
import os
import secrets
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

import hfget
from hfget.cli.main import make_app
from hfget.endpoints import NamedEndpoint
from hfget.errors import UsageError
from hfget.model import RepoRef
from hfget.operations import from_options
from hfget.operations.from_options import selection_of, settings_of
from hfget.options.download import DEFAULTS, OPTIONS, DownloadOptions
from hfget.options.synonyms import OTHER_NAMES
from hfget.settings import Settings

COMMANDS: Any = typer.main.get_command(make_app())
LISTS = [name for name, default in DEFAULTS.items() if default == ()]
SWITCHES = [name for name, default in DEFAULTS.items() if isinstance(default, bool)]
NUMBERS = [name for name, default in DEFAULTS.items() if type(default) is int]
PATHS = ["local_dir", "cache_dir"]
TEXTS = ["revision", "token"]


def made(**given: Any) -> DownloadOptions:
    return DownloadOptions(**given)


def names_of(command: str) -> set[str]:
    return {param.name for param in COMMANDS.commands[command].params}


def test_every_field_is_a_flag_of_get_and_those_that_list_are_flags_of_ls() -> None:
    assert names_of("get") >= OPTIONS.keys()
    listing = {name for name, option in OPTIONS.items() if option.lists}
    assert names_of("ls") & OPTIONS.keys() == listing


@pytest.mark.parametrize("function", [hfget.download, hfget.plan])
def test_every_field_is_a_keyword_with_its_default(function: Any) -> None:
    parameters = inspect.signature(function).parameters
    assert next(iter(parameters)) == "repo"
    for one in fields(DownloadOptions):
        assert parameters[one.name].default == one.default
    assert parameters.keys() - OPTIONS.keys() == {"repo", "observer", "stop"} | (
        {"progress"} if function is hfget.download else set()
    )
    assert all(f"{name}: " in (inspect.getdoc(function) or "") for name in OPTIONS)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("inclde", "include"),
        ("includes", "include"),
        ("local_dri", "local_dir"),
        ("localdir", "local_dir"),
        ("no_token", "ambient_token=False"),
        ("no_fsync", "fsync=False"),
        ("dataset", 'repo_type="dataset"'),
        ("hf_token", "token"),
        ("allow_patterns", "include"),
        ("max_workers", "jobs"),
        ("observr", "observer"),
    ],
)
@pytest.mark.parametrize("function", [hfget.download, hfget.plan])
def test_a_misspelt_keyword_is_an_error_that_names_the_nearest(
    function: Any, wrong: str, meant: str
) -> None:
    with pytest.raises(TypeError) as raised:
        function("org/m", **{wrong: True})
    assert f"{function.__name__}() got an unexpected keyword argument '{wrong}'" in str(
        raised.value
    )
    assert str(raised.value).endswith(f"did you mean {meant}?")


def test_type_checkers_refuse_a_misspelt_keyword_and_a_wrong_type() -> None:
    """mypy fails if one of these needs no `type: ignore`."""
    with pytest.raises(TypeError, match="did you mean include"):
        hfget.download("org/m", inclde=["*.json"])  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="jobs must be a whole number"):
        hfget.download("org/m", jobs="8")  # type: ignore[arg-type]
    for repo in (None, ["org/name"], b"org/name"):
        with pytest.raises(TypeError, match="repo must be a string or a Snapshot, not"):
            hfget.download(repo)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"download\(\) missing a required argument: 'repo'"):
        hfget.download()  # type: ignore[call-arg]


def test_other_programs_names_lead_to_options_that_exist() -> None:
    assert set(OTHER_NAMES.values()) <= OPTIONS.keys()
    assert not OTHER_NAMES.keys() & OPTIONS.keys()


@pytest.mark.parametrize("name", LISTS)
def test_one_string_is_a_list_of_one(name: str) -> None:
    def generated() -> Iterator[str]:
        yield "*.json"

    for given in ("*.json", ["*.json"], ("*.json",), generated(), {"*.json"}):
        assert getattr(made(**{name: given}), name) == ("*.json",)
    assert getattr(made(**{name: None}), name) == ()
    for wrong in ([1], 1, [Path("x")], [["*.json"]], b"x"):
        with pytest.raises(TypeError, match=f"{name} must hold strings"):
            made(**{name: wrong})


def test_a_generator_is_good_for_every_look_at_the_selection() -> None:
    options = made(include=(text for text in ["*.json"]))
    ref = RepoRef("org/m")
    assert selection_of(options, ref) == selection_of(options, ref)
    assert selection_of(options, ref).include == ("*.json",)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_true_or_false(name: str) -> None:
    assert getattr(made(**{name: False}), name) is False
    for wrong in ("no", "false", 0, None):
        with pytest.raises(TypeError, match=f"{name} must be True or False"):
            made(**{name: wrong})


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_a_whole_one_within_its_bounds(name: str) -> None:
    assert getattr(made(**{name: 3}), name) == 3
    for wrong in ("3", 3.0, True, None):
        with pytest.raises(TypeError, match=f"{name} must be a whole number"):
            made(**{name: wrong})
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} must"):
        made(**{name: -1})


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_a_string(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a string"):
        made(**{name: 5})


@pytest.mark.parametrize("name", PATHS)
def test_the_home_folder_is_expanded_in_every_path(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for given in ("~/x", Path("~/x"), Path("~") / "x"):
        assert getattr(made(**{name: given}), name) == str(tmp_path / "x")
    assert getattr(made(**{name: "~"}), name) == str(tmp_path)
    assert getattr(made(**{name: "a/~"}), name) == os.path.join("a", "~")
    assert getattr(made(**{name: "~nobody-of-this-name/x"}), name) == "~nobody-of-this-name/x"


@pytest.mark.skipif(os.name != "posix", reason="the password database is POSIX's")
def test_without_HOME_the_system_knows_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    monkeypatch.delenv("HOME")
    home = pwd.getpwuid(os.getuid()).pw_dir
    assert made(local_dir="~/x").local_dir == str(Path(home) / "x")

    def unknown(uid: int) -> Any:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(UsageError, match="--local-dir ~/x: your home folder is not known"):
        made(local_dir="~/x")


@pytest.mark.parametrize("name", PATHS)
def test_what_cannot_be_a_folder_is_refused(name: str) -> None:
    for wrong in ("", "-", " ", "a\0b"):
        with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} "):
            made(**{name: wrong})
    for odd in (5, b"x", ["x"]):
        with pytest.raises(TypeError):
            made(**{name: odd})


def test_the_type_of_the_repo_is_read_as_people_write_it() -> None:
    assert made(repo_type="datasets").repo_type == "dataset"
    assert made(repo_type=" Space ").repo_type == "space"
    with pytest.raises(UsageError, match="not one of model, dataset, space"):
        made(repo_type="modell")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("tcp://scheduler:8786", "tcp://scheduler:8786"),
        ("tls://[2001:db8::1]:8786", "tls://[2001:db8::1]:8786"),
        (" scheduler:8786 ", "tcp://scheduler:8786"),
        ("local:4", "local:4"),
        (None, None),
    ],
)
def test_a_cluster_is_an_address_or_a_number_of_workers(
    given: str | None, meant: str | None
) -> None:
    assert made(dask=given).dask == meant


@pytest.mark.parametrize("given", ["", "scheduler", "local:0", "local:9999", "tcp://", "a b:1"])
def test_what_cannot_be_a_cluster_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a Dask scheduler") as caught:
        made(dask=given)
    assert "local:4" in caught.value.hint


@pytest.mark.parametrize("other", [{"shard": "1/2"}, {"delete": True}])
def test_a_cluster_goes_with_neither_shard_nor_delete(other: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--dask and --"):
        settings_of(made(dask="local:2", **other), [NamedEndpoint("https://h.example", "flag")])


def test_without_distributed_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_options, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs distributed") as caught:
        settings_of(made(dask="local:2"), [NamedEndpoint("https://h.example", "flag")])
    assert caught.value.hint == "pip install 'hfget[dask]'"


def test_nothing_shows_the_token() -> None:
    token = "made-up-" + secrets.token_hex(12)
    options = made(token=token, endpoint=f"https://me:{token}@hub.example")
    assert token not in repr(options) and token not in str(options)


def test_options_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        made().force = True  # type: ignore[misc]


def test_what_the_settings_have_under_the_same_name_is_taken_over() -> None:
    shared = {one.name for one in fields(Settings)} & OPTIONS.keys() - {"endpoint"}
    assert shared >= {"connections", "jobs", "retries", "fsync", "wait_for_lock", "allow_private"}
    other = {name: not DEFAULTS[name] if name in SWITCHES else 3 for name in shared}
    settings = settings_of(
        made(**other, ambient_token=False), [NamedEndpoint("https://u@hub.example", "flag")]
    )
    assert {name: getattr(settings, name) for name in shared} == other
