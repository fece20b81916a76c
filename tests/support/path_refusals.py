"""How a listing of paths is refused, for the tests of safe paths."""

from __future__ import annotations

from hfget.destinations.safe_paths import check_paths
from hfget.errors import UnsafeError


def refusal(
    *paths: str, windows: bool = False, case_insensitive: bool = False
) -> UnsafeError | None:
    try:
        check_paths(paths, windows=windows, case_insensitive=case_insensitive)
    except UnsafeError as error:
        assert error.exit_code == 8
        return error
    return None


def refused(*paths: str, windows: bool = False, case_insensitive: bool = False) -> UnsafeError:
    error = refusal(*paths, windows=windows, case_insensitive=case_insensitive)
    assert error is not None, paths
    return error
