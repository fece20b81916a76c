"""What hfget uses of libraries that is not their public interface: in one file each, and there.

A failure here names the library, its version and the file that builds on the missing part.
"""

from __future__ import annotations

import ast
import http.client
import importlib.metadata
import inspect
import platform
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import urllib3
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from hfget.cli import typer_parts
from hfget.cli.main import make_app
from hfget.http import HttpClient
from hfget.http.transport import hand_back, wire_of
from tests.support.loopback import Answer, Loopback

SOURCE = Path(__file__).parents[2] / "src" / "hfget"

#: The file of each library in which its private names may stand.
FILES = {
    "http.client": "http/response.py",
    "requests, urllib3": "http/transport.py",
    "typer": "cli/typer_parts.py",
    "uvicorn": "server/direct.py",
}
BOUNDED = ("huggingface-hub", "requests", "typer", "urllib3", "uvicorn")
#: Of the standard library, and documented.
_DOCUMENTED = {
    "_replace",
    "_asdict",
    "_fields",
    "_field_defaults",
    "_exit",
    "_MEIPASS",
    "_xoptions",
}


def need(there: object, library: str, part: str, file: str) -> None:
    """Fail with a sentence that says what to do."""
    if not there:
        try:
            version = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            version = f"of Python {platform.python_version()}"
        pytest.fail(
            f"{library} {version} has no {part} any more: adapt src/hfget/{file}, "
            f"or exclude this version in pyproject.toml",
            pytrace=False,
        )


def names_in(function: Callable[..., Any]) -> tuple[str, ...]:
    return function.__code__.co_names


def test_http_client_reads_a_head_by_the_parts_that_are_replaced() -> None:
    library, file = "http.client", FILES["http.client"]
    need(hasattr(http.client, "_read_headers"), library, "_read_headers", file)
    begin: Any = http.client.HTTPResponse.begin
    need(inspect.isfunction(begin), library, "HTTPResponse.begin in Python", file)
    need("parse_headers" in names_in(begin), library, "parse_headers in HTTPResponse.begin", file)
    for name in ("set_raw", "raw_items"):
        need(hasattr(http.client.HTTPMessage, name), library, f"HTTPMessage.{name}", file)


def test_urllib3_connects_and_answers_by_the_parts_that_are_replaced() -> None:
    library, file = "urllib3", FILES["requests, urllib3"]
    need(hasattr(HTTPConnection, "_new_conn"), library, "HTTPConnection._new_conn", file)
    connection: Any = HTTPConnection("localhost")
    need(hasattr(connection, "_dns_host"), library, "HTTPConnection._dns_host", file)
    need(hasattr(HTTPConnectionPool, "ConnectionCls"), library, "ConnectionCls of pools", file)
    urlopen: Any = HTTPConnectionPool.urlopen
    need(inspect.isfunction(urlopen), library, "HTTPConnectionPool.urlopen in Python", file)
    need("_encode_target" in names_in(urlopen), library, "_encode_target in urlopen", file)
    manager = urllib3.PoolManager()
    need(hasattr(manager, "pool_classes_by_scheme"), library, "pool_classes_by_scheme", file)
    need(
        "response_class" in "".join(inspect.getsource(http.client.HTTPConnection.getresponse)),
        "http.client",
        "HTTPConnection.response_class",
        file,
    )


def test_requests_asks_its_adapter_for_the_parts_that_are_replaced() -> None:
    file = FILES["requests, urllib3"]
    used = names_in(HTTPAdapter.send)
    for name in (
        "get_connection_with_tls_context", "request_url", "build_response", "cert_verify",
    ):  # fmt: skip
        need(name in used, "requests", f"HTTPAdapter.{name} in HTTPAdapter.send", file)
    names = names_in(HTTPAdapter.get_connection_with_tls_context)
    part = "build_connection_pool_key_attributes"
    need(part in names, "requests", f"HTTPAdapter.{part}", file)


def test_the_socket_of_a_body_is_found_and_a_read_answer_is_kept() -> None:
    file = FILES["requests, urllib3"]
    with Loopback(lambda asked: Answer(b"body")) as server:
        response = HttpClient().get(server.url, read_timeout=10.0)
        need(hasattr(response.raw, "_fp"), "urllib3", "HTTPResponse._fp", file)
        wire = wire_of(response)
        need(wire.sock is not None, "http.client", "SocketIO._sock", FILES["http.client"])
        while wire.readinto1(memoryview(bytearray(10))):
            pass
        hand_back(response)
        assert server.connections == 1


def test_typer_keeps_how_a_value_is_made_where_it_is_replaced() -> None:
    file = FILES["typer"]
    found = [kind.__name__ for kind in typer.BadParameter.__mro__[1:3]]
    need(
        typer_parts.ClickUsageError.__name__ == "UsageError",
        "typer", f"UsageError as the base of BadParameter ({', '.join(found)})", file,
    )  # fmt: skip
    assert hasattr(typer_parts.ClickUsageError("x"), "format_message")
    command: Any = typer.main.get_command(make_app())
    param = command.commands["get"].params[0]
    if hasattr(param, "type_descriptor"):  # since 0.21; an older one converts by itself
        need(hasattr(param, "_runtime_param"), "typer", "_runtime_param of parameters", file)
        need(hasattr(param, "get_runtime_param"), "typer", "get_runtime_param", file)


def test_uvicorn_tells_the_guarded_connection_what_it_builds_on() -> None:
    from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

    file = "server/admission.py"
    for name in (
        "connection_made", "data_received", "on_response_complete", "connection_lost",
        "pause_writing", "resume_writing",
    ):  # fmt: skip
        need(hasattr(H11Protocol, name), "uvicorn", f"H11Protocol.{name}", file)
    need("self.cycle" in inspect.getsource(H11Protocol), "uvicorn", "H11Protocol.cycle", file)
    cycle = inspect.getsource(RequestResponseCycle)
    for name in ("response_complete", "more_body"):
        need(f"self.{name}" in cycle, "uvicorn", f"RequestResponseCycle.{name}", file)


def test_uvicorn_tells_a_connection_that_answers_by_itself_what_it_builds_on() -> None:
    from uvicorn.protocols.http.h11_impl import H11Protocol

    file = FILES["uvicorn"]
    name = "_unset_keepalive_if_required"
    need(hasattr(H11Protocol, name), "uvicorn", f"H11Protocol.{name}", file)
    source = inspect.getsource(H11Protocol)
    for name in ("conn", "flow", "server_state", "timeout_keep_alive"):
        need(f"self.{name}" in source, "uvicorn", f"H11Protocol.{name}", file)


def own_names() -> set[str]:
    """Every private name that hfget itself defines."""
    names: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            ):
                names.add(node.attr)
    return names


def foreign_private(tree: ast.AST, own: set[str]) -> Iterator[str]:
    """The private names in a module that others define."""
    for node in ast.walk(tree):
        name = ""
        if isinstance(node, ast.Attribute):
            name = node.attr
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("getattr", "setattr", "hasattr")
            and isinstance(node.args[1], ast.Constant)
        ):
            name = str(node.args[1].value)
        if re.fullmatch("_[A-Za-z].*|__mro__", name) and name not in own | _DOCUMENTED:
            yield name


def test_no_other_file_touches_what_is_private_to_a_library() -> None:
    own = own_names()
    touched = {
        f"{path.relative_to(SOURCE).as_posix()}: {name}"
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).as_posix() not in FILES.values()
        for name in foreign_private(ast.parse(path.read_text("utf-8")), own)
    }
    assert not touched


def test_private_names_are_seen_wherever_they_are_written() -> None:
    source = "a._fp; getattr(b, '_sock', None); c.__mro__; d._mine; e.open; f._replace()"
    assert [*foreign_private(ast.parse(source), {"_mine"})] == ["_fp", "_sock", "__mro__"]


@pytest.mark.parametrize("name", BOUNDED)
def test_what_is_built_on_so_closely_has_an_upper_bound(name: str) -> None:
    asked = [Requirement(text) for text in importlib.metadata.requires("hfget") or ()]
    found = [each for each in asked if canonicalize_name(each.name) == name]
    assert found and all("<" in str(each.specifier) for each in found)
