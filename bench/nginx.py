"""An nginx of its own folder, for as long as a block lasts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FRAME = """
user root; daemon off; worker_processes auto; pid {place}/pid; error_log {place}/errors;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on;
  client_body_temp_path {place}/1; proxy_temp_path {place}/2; fastcgi_temp_path {place}/3;
  uwsgi_temp_path {place}/4; scgi_temp_path {place}/5;
  {rules}
}}
"""


@contextmanager
def nginx(place: Path, rules: str) -> Iterator[int]:
    """Its process ID; `rules` are what stands in `http`, and `place` is where it may write."""
    config = place / "nginx.conf"
    config.write_text(_FRAME.format(place=place, rules=rules))
    server = subprocess.Popen(["nginx", "-p", str(place), "-c", str(config)])
    try:
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)
