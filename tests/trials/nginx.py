"""Section: a mirror made of nginx, whose limits are faults that come for free."""

from __future__ import annotations

from collections.abc import Callable

from tests.hub.repos import MiB
from tests.trials.scenario import MIXED, Files, Scenario
from tests.trials.started import free_port, own_folder, start
from tests.trials.trial import Trial

# no temporary files: else nginx reads ahead of a client that hangs up, up to a gigabyte
_CONFIG = """\
user root;
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  log_format short '$status $sent_http_content_encoding';
  access_log {folder}/access.log short;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  proxy_max_temp_file_size 0;
  limit_req_zone $binary_remote_addr zone=asks:1m rate=8r/s;
  limit_conn_zone $binary_remote_addr zone=open:1m;
  limit_req_status 429;
  limit_conn_status 503;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_set_header Host $http_host;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      {rules}
    }}
  }}
  server {{
    listen unix:{folder}/zipping;
    location / {{
      proxy_pass {hub};
      proxy_set_header Host $http_host;
      proxy_set_header Range "";
      gzip on;
      gzip_types *;
      gzip_proxied any;
    }}
  }}
}}
"""
SOME: Files = {f"part-{number % 3}/{number:02d}.txt": f"{number} " * 50 for number in range(24)}


def behind(rules: str, below: str = "") -> Callable[[Trial], None]:
    """The endpoint is an nginx in front of the hub, with `rules` for every request.

    `below` is the path that the endpoint has there.
    """

    def prepare(trial: Trial) -> None:
        folder = own_folder(trial, "nginx")
        port = free_port()
        config = folder / "nginx.conf"
        names = {"folder": folder, "port": port, "hub": trial.hub.endpoint}
        to = "" if "proxy_pass" in rules else f"proxy_pass {trial.hub.endpoint}; "
        config.write_text(_CONFIG.format(**names, rules=to + rules.format(**names)))
        command = ["nginx", "-c", str(config), "-p", str(folder), "-e", str(folder / "error.log")]
        start(trial, command, port, folder / "error.log")
        trial.notes["log"] = folder / "access.log"
        trial.env["HFGET_TOKEN_ORIGINS"] = f"http://127.0.0.1:{port}"
        trial.endpoint = f"http://127.0.0.1:{port}{below}"

    return prepare


def _answered(answer: str) -> Callable[[Trial], None]:
    """nginx has given such an answer: a status, and a content encoding or a dash."""

    def check(trial: Trial) -> None:
        answers = trial.notes["log"].read_text().splitlines()
        assert answer in answers, f"no answer {answer!r} among {sorted(set(answers))}"

    return check


def mirror(
    name: str,
    row: str,
    rules: str,
    *,
    answer: str,
    files: Files = MIXED,
    most: float = 1.4,
    page_size: int = 1000,
    below: str = "",
    **options: float,
) -> Scenario:
    return Scenario(
        name,
        (row,),
        f"nginx: {rules}",
        files=files,
        hub={"cdn": False, "page_size": page_size},
        prepare=behind(rules, below),
        check=_answered(answer),
        most=most,
        needs=("nginx",),
        **options,  # type: ignore[arg-type]
    )


NESTED: Files = {**SOME, "a/b/c.txt": "c", "a/b/w.bin": MiB, "top.json": "{}"}
CUT = "corruption: a listing without its query or its Link"

SCENARIOS = (
    mirror("$uri drops the query", CUT, "proxy_pass {hub}$uri;", answer="200 -", files=NESTED),
    mirror(
        "$uri drops the query of the next page",
        CUT,
        "proxy_pass {hub}$uri;",
        answer="200 -",
        files=NESTED,
        page_size=2,
    ),
    mirror(
        "Link is hidden",
        CUT,
        "proxy_hide_header Link;",
        answer="200 -",
        files=NESTED,
        page_size=5,
    ),
    # the hub behind does not know of the path, and leaves it out of Link
    mirror(
        "below a path",
        CUT,
        "rewrite ^/hub/(.*)$ /$1 break;",
        answer="200 -",
        files=NESTED,
        page_size=5,
        below="/hub",
    ),
    mirror("as it is", "corruption: no range support at all", "", answer="206 -"),
    mirror(
        "limit_rate",
        "network: drip of 1 byte/s",
        "limit_rate 3m;",
        answer="206 -",
        files={"w.bin": 40 * MiB, "c.json": "{}"},
    ),
    mirror("limit_conn", "refusals: 408, 5xx for a while", "limit_conn open 2;", answer="503 -"),
    mirror(
        "limit_req",
        "refusals: 429",
        "limit_req zone=asks burst=4 nodelay;",
        answer="429 -",
        files=SOME,
        seconds=120,
    ),
    mirror(
        "no ranges",
        "corruption: no range support at all",
        'proxy_set_header Range ""; proxy_hide_header Accept-Ranges; max_ranges 0;',
        answer="200 -",
    ),
    # a cache asks with an Accept-Encoding of its own, and keeps what it gets for everybody
    mirror(
        "gzip on",
        "corruption: gzip though identity was asked",
        "proxy_pass http://unix:{folder}/zipping; proxy_set_header Accept-Encoding gzip;",
        answer="200 gzip",
        most=3,
    ),
)
