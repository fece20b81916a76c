"""Checks of what `hfget serve` shows, and to whom, and of what is said to load a download."""

from __future__ import annotations

from tests.mutants.check import checks

_SHOWN = "shown"
_SAFETY = ("server/test_safety.py",)
_BOUNDS = ("server/test_bounds.py",)
_BOTH = ("server/test_safety.py", "server/test_listing.py")

CHECKS = [
    *checks(
        _SHOWN,
        "server/repos/visibility.py",
        _BOTH,
        (
            "Visibility.is_restricted",
            "not self.everything and (is_hidden(parts) or is_closed_to_others(found))",
            "is_closed_to_others(found)",
        ),
        ("Visibility.is_restricted", "is_closed_to_others(found)", ""),
        ("Visibility.allows", "not real.is_relative_to(self.root)", ""),
        (
            "Visibility.allows",
            "not is_never_shown(parts) and (self.everything or not is_hidden(parts))",
            "True",
        ),
        ("looks_like_home", "'stored_tokens' in names or {'token', 'hub'} <= set(names)", "False"),
    ),
    *checks(
        _SHOWN,
        "server/repos/walk.py",
        _BOTH,
        ("Walk._walk", "is_never_shown(here)", ""),
        ("Walk._walk", "not self.sight.allows(Path(place))", "False"),
        ("Walk._walk", "place not in self._homes", ""),
        ("Walk.files", "self._is_private(real)", "False"),
        ("Walk._walk", "hidden", ""),
        ("Walk._file", "restricted and must_be is None", "False"),
        ("Walk._file", "before.stamp == stamp", ""),
        ("Walk._file", "before.must_be == must_be", ""),
        ("Walk._file", "str(before.real) == place", ""),
    ),
    *checks(
        _SHOWN,
        "server/answered.py",
        ("server/test_answered.py",),
        ("Answered.again", "time.monotonic() > known.revision.until", ""),
        ("Answered.again", "Stamp.of(os.stat(here.real)) != here.stamp", "False"),
        ("Answered.again", "supply is not None and supply.known() is not here", "False"),
    ),
    *checks(
        _SHOWN,
        "server/repos/scanning.py",
        _BOTH,
        ("Scanner._build", "item.must_be is not None and item.must_be != remote.etag", "False"),
        ("Scanner._of_cache", "item.must_be in (None, remote.etag)", "True"),
        ("open_checked", "Stamp.of(os.fstat(handle)) != file.stamp", "False"),
        ("Scanner._describe", "promise.holds(item.changed)", ""),
    ),
    *checks(
        _SHOWN,
        "server/repos/provenance.py",
        ("server/test_listing.py",),
        ("Promise.holds", "changed <= self.at <= time.time()", "self.at <= time.time()"),
        ("Promise.holds", "changed <= self.at <= time.time()", "changed <= self.at"),
    ),
    *checks(
        _SHOWN,
        "server/repos/cached.py",
        _SAFETY,
        (
            "_files",
            "link is not None and (not any((real.is_relative_to(home) for home in blobs)))",
            "False",
        ),
    ),
    *checks(
        _SHOWN,
        "server/repos/repo.py",
        _SAFETY,
        ("unfit", "(owner if slash else name) in firsts", ""),
        ("unfit", "name in _ACTIONS", ""),
        ("unfit", "not _ID.fullmatch(repo_id)", ""),
    ),
    *checks(
        _SHOWN,
        "server/repos/discovery.py",
        _SAFETY,
        (
            "Discovery.repos",
            "sorted(self._places(note), key=lambda place: place.claimed)",
            "self._places(note)",
        ),
    ),
    *checks(
        _SHOWN,
        "server/app.py",
        ("server/test_app.py",),
        ("_Door.answer", "self._check_host(host)", "None"),
        ("_target", "absolute[1]", "request.headers.get('host')"),
        (
            "_target",
            "'content-length' in request.headers and 'transfer-encoding' in request.headers",
            "False",
        ),
    ),
    *checks(
        _SHOWN,
        "server/protocol/hostnames.py",
        _SAFETY,
        ("public_base", "hosts is not None and (not hosts.knows(host))", ""),
    ),
    *checks(
        _SHOWN,
        "server/repos/card.py",
        _BOUNDS,
        ("_Loader.compose_node", "self.check_event(yaml.events.AliasEvent)", "False"),
        ("_Loader.fetch_flow_collection_start", "self.flow_level > _MOST_DEEP", "False"),
    ),
    *checks(
        _SHOWN,
        "server/protocol/client_tokens.py",
        ("server/test_client_tokens.py",),
        (
            "ClientTokens.check",
            "not sum((hmac.compare_digest(found, known) for known in self._hashes))",
            "False",
        ),
        (
            "ClientTokens.check",
            "is_page and scheme.lower() == 'basic'",
            "scheme.lower() == 'basic'",
        ),
    ),
    *checks(
        _SHOWN,
        "operations/pulls/kept_contents.py",
        ("operations/test_kept_contents.py",),
        ("KeptContents._remove", "not is_inside(place, self._cache)", "False"),
        ("KeptContents.make_room", "place in busy", ""),
        ("KeptContents.make_room", "used > until", ""),
    ),
    *checks(
        _SHOWN,
        "server/page.py",
        ("server/test_page.py",),
        ("_Page._holding", "escape(str(one.repo))", "str(one.repo)"),
        ("_Page._pull", "escape(pull.file.path)", "pull.file.path"),
        ("_Page._clients", "escape(address)", "address"),
        ("_Page._said", "escape(translated(text, self._lookup))", "translated(text, self._lookup)"),
    ),
    *checks(
        _SHOWN,
        "ui/next_step.py",
        ("ui/test_next_step.py",),
        ("next_lines", "step and safe == step", "step"),
        ("_of_model", "paths.issuperset(modules)", "True"),
        ("_auto_class", "'auto_map' in config", "False"),
        ("_of_gguf", "not kind", "False"),
    ),
    *checks(
        _SHOWN,
        "server/repos/attributes.py",
        _BOUNDS,
        ("_is_sensible", "segment.count('*') <= _MOST_STARS", "True"),
    ),
    *checks(
        _SHOWN,
        "server/handshakes.py",
        _BOUNDS,
        ("TlsListener._begin", "not self._admission.enter(half, client)", "False"),
    ),
]
