"""Option values without pydantic: as typer itself would have converted them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]
from hypothesis import given
from hypothesis import strategies as st

from hfget.cli.main import make_app
from hfget.cli.typer_parts import convert_plainly
from hfget.reference.validation import _SURE_REPO_ID

COMMANDS: Any = typer.main.get_command(make_app())
PARAMS = [
    pytest.param(command, param, id=f"{name}-{param.name}")
    for name, command in COMMANDS.commands.items()
    for param in command.params
    if hasattr(param, "type_descriptor")
]
TYPED: dict[Any, Any] = {str: "a b", Path: "a/b", bool: True, int: "7", float: "1.5"}
#: What is not read as its type says.
TYPED_BY_NAME = {"older_than": "12h"}


@pytest.mark.parametrize(("command", "param"), PARAMS)
def test_the_value_is_the_one_that_typer_makes(command: Any, param: Any) -> None:
    context = typer.Context(command)
    kind = param.type_descriptor.annotation
    for typed in (None, TYPED_BY_NAME.get(param.name) or TYPED.get(kind, ("a", "b"))):
        param._runtime_param = None
        expected = param.get_runtime_param().coerce(typed, param, context)
        param._runtime_param = None
        convert_plainly(param)
        made = param.get_runtime_param()
        assert type(made).__name__ == "Conversion"
        value = made.coerce(typed, param, context)
        assert (value, type(value)) == (expected, type(expected))
    param._runtime_param = None


def test_an_older_typer_converts_by_itself() -> None:
    param = object()
    convert_plainly(param)
    assert not hasattr(param, "_runtime_param")


def test_a_download_imports_neither_pydantic_nor_an_http_client_beside_ours() -> None:
    program = (
        "import sys\n"
        "from hfget.cli.start import main\n"
        "sys.argv = ['hfget', 'a/b', '--retries', '0', '--endpoint', 'http://127.0.0.1:9']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, *sorted({'pydantic', 'httpx', 'httpx2'} & set(sys.modules)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout == "5\n"


@given(st.from_regex(_SURE_REPO_ID.pattern, fullmatch=True) | st.from_regex(r"[\w./-]{1,99}"))
def test_what_is_surely_a_repo_id_is_one_for_huggingface_hub(text: str) -> None:
    if _SURE_REPO_ID.fullmatch(text):
        try:
            validate_repo_id(text)
        except HFValidationError as error:
            pytest.fail(f"{text!r}: {error}")
