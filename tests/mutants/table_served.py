"""Checks of what `hfget serve` shows, and to whom."""

from __future__ import annotations

from tests.mutants.check import checks

_SHOWN = "shown"
_SAFETY = ("test_server_safety.py",)
_BOUNDS = ("test_server_bounds.py",)
_BOTH = ("test_server_safety.py", "test_server_listing.py")

CHECKS = [
    *checks(
        _SHOWN,
        "server/visibility.py",
        _BOTH,
        ("not self.everything and (is_hidden(parts) or is_private(found))", "is_private(found)"),
        ("(is_hidden(parts) or is_private(found))", "is_hidden(parts)"),
        ("not real.is_relative_to(self.root) or self.in_home(real)", "self.in_home(real)"),
        ("not is_never_shown(parts) and (self.everything or not is_hidden(parts))", "True"),
        ('"stored_tokens" in names or {"token", "hub"} <= set(names)', "False"),
    ),
    *checks(
        _SHOWN,
        "server/walk.py",
        _BOTH,
        ("if is_never_shown(here) or not is_text(entry.name):", "if not is_text(entry.name):"),
        ("if not self.sight.allows(real):\n                        continue", "pass"),
        (" and real not in self.sight.homes", ""),
        ("self._walk(real, (), frozenset({real}), self._is_private(real))",
         "self._walk(real, (), frozenset({real}), False)"),
        ("restricted = hidden or self.sight", "restricted = self.sight"),
        ("        if restricted and must_be is None:\n", "        if False:\n"),
    ),
    *checks(
        _SHOWN,
        "server/scanning.py",
        _BOTH,
        ("if item.must_be is not None and item.must_be != remote.etag:", "if False:"),
        ("if item.must_be in (None, remote.etag):", "if True:"),
        ("    if Stamp.of(os.fstat(handle)) != file.stamp:\n", "    if False:\n"),
        ("trusted = promise is not None and promise.holds(item.changed)",
         "trusted = promise is not None"),
    ),
    *checks(
        _SHOWN,
        "server/provenance.py",
        ("test_server_listing.py",),
        ("changed <= self.at <= time.time()", "self.at <= time.time()"),
        ("changed <= self.at <= time.time()", "changed <= self.at"),
    ),
    *checks(
        _SHOWN,
        "server/cached.py",
        _SAFETY,
        ("if link is not None and not any(real.is_relative_to(home) for home in blobs):",
         "if False:"),
    ),
    *checks(
        _SHOWN,
        "server/repo.py",
        _SAFETY,
        ("if (owner if slash else name) in firsts or name in _ACTIONS:", "if name in _ACTIONS:"),
        ("in firsts or name in _ACTIONS:", "in firsts:"),
        ("    if not _ID.fullmatch(repo_id) or", "    if"),
    ),
    *checks(
        _SHOWN,
        "server/discovery.py",
        _SAFETY,
        ("sorted(self._places(), key=lambda place: place.claimed)", "self._places()"),
    ),
    *checks(
        _SHOWN,
        "server/hostnames.py",
        _SAFETY,
        (" or (hosts is not None and not hosts.knows(host))", ""),
        ("        if found is None:\n            return False\n        name = _name(found[1])",
         "        name = _name(host)"),
    ),
    *checks(
        _SHOWN,
        "server/card.py",
        _BOUNDS,
        ("if self.check_event(yaml.events.AliasEvent):", "if False:"),
        ("if self.flow_level > _MOST_DEEP:", "if False:"),
    ),
    *checks(
        _SHOWN,
        "server/attributes.py",
        _BOUNDS,
        ('segment.count("*") <= _MOST_STARS', "True"),
    ),
]  # fmt: skip
