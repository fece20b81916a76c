"""Every line of what hfget must survive, and where lines without a scenario are tried.

A "row" is one of the fault matrix, the others are the faults by section. `ELSEWHERE` names the
test that injects a line which no scenario of this table does.
"""

from __future__ import annotations

ROWS = (
    *range(1, 5), 8, 9, 10, *range(12, 18), *range(19, 28), 29, 30, 32, 33, 36, 38,
    *range(40, 48), 51, 52, 53, 54, *range(57, 79),
)  # fmt: skip

LINES = (
    *(f"row {number}" for number in ROWS),
    "network: refused",
    "network: DNS failure",
    "network: reset before the body",
    "network: reset amid the body",
    "network: reset with p = 0.2 per MiB",
    "network: clean close too early",
    "network: stall for ever after N bytes",
    "network: drip of 1 byte/s",
    "network: outage then back",
    "network: TLS EOF",
    "network: IPv6 dead while IPv4 works",
    "network: captive-portal HTML with 200",
    "network: proxy that demands auth (407)",
    "refusals: 429",
    "refusals: a 429 slows the host once",
    "refusals: 408, 5xx for a while",
    "refusals: 403 of an expired signature",
    "refusals: final 401, 403, 404",
    "refusals: 416 on resume",
    "corruption: 200 with the whole body for a Range",
    "corruption: Content-Range of another place or total",
    "corruption: body shorter or longer than promised",
    "corruption: gzip though identity was asked",
    "corruption: wrong bytes once",
    "corruption: wrong bytes always",
    "corruption: ETag or size changed midway",
    "corruption: listing says size A, CDN B",
    "corruption: missing ETag, X-Repo-Commit, Content-Length; chunked",
    "corruption: redirect loop, to file://, to http from https",
    "corruption: no range support at all",
    "corruption: a listing without its query or its Link",
    "corruption: a listing that is empty or of unknown kind",
    "corruption: pages of two commits",
    "corruption: hashes that contradict each other",
    "corruption: a listing that another endpoint gives otherwise",
    "corruption: an endpoint without a route or a parameter",
    "death: kill -9",
    "death: SIGTERM, SIGINT, SIGHUP",
    "death: during verification, rename, journal write",
    "death: power loss",
    "death: machine clock jumps",
    "disk: full at start",
    "disk: full midway",
    "disk: quota, file-size limit, read-only",
    "disk: no sparse files, no flock",
    "disk: no symlinks",
    "disk: destination is a symlink or a file",
    "disk: name too long",
    "disk: .incomplete edited by somebody",
    "disk: journal garbage or from another version",
    "concurrency: two processes on the same folder",
    "concurrency: on the same cache",
    "concurrency: hfget beside hf",
    "concurrency: 8 at once",
    "concurrency: a stale lock of a dead process",
    "malicious: paths that lead outside or to where git and hfget keep their own",
    "malicious: names of devices, with a dot or a blank at the end",
    "malicious: a 5,000-character name",
    "malicious: a million entries",
    "malicious: case collisions",
    "malicious: a file a beside a/b",
    "malicious: duplicate paths",
    "malicious: endless pages",
    "malicious: a symlink planted in the destination",
    "malicious: escape sequences",
    "malicious: a page of 1 GB JSON",
    "tokens: token only to the endpoint's origin",
    "tokens: not to redirect targets",
    "tokens: not in logs, journal, metadata, process list",
    "tokens: signed queries are cut from messages",
    "tokens: proxy passwords too",
    "user: whatever is typed",
    "user: an unreadable env file",
    "user: negative numbers, -j 0",
    "user: a directory with other content",
    "hung: connect",
    "hung: TLS",
    "hung: head",
    "hung: body",
    "hung: API page",
    "hung: redirect",
    "hung: DNS",
    "hung: --max-time",
)

#: Line → file and function of the test.
ELSEWHERE = {
    "network: IPv6 dead while IPv4 works": (
        "tests/unit/http/test_connect.py",
        "test_a_dead_ipv6_address_costs_little",
    ),
    "death: during verification, rename, journal write": (
        "tests/system/test_interruption.py",
        "test_a_kill_before_a_step_on_the_disk_does_no_harm",
    ),
    "death: power loss": ("tests/system/test_power_loss.py", "test_the_power_is_cut"),
    "row 68": (
        "tests/unit/http/test_credentials.py",
        "test_a_login_that_others_can_read_is_warned_of",
    ),
}

#: Lines that nothing tries, and why.
OPEN = {
    "row 30": "a mirror that is behind is not found out: dates of commits are not compared",
    "row 77": "sharing violations exist on Windows only",
    "row 78": "quarantine and evicted placeholders exist on macOS only; no links: see disk",
}
