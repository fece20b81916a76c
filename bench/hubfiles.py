"""What the hub of a workload is made of: API answers as files, and the configuration of nginx."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contents import Entry, Repo, lfs_pointer

#: The Hub's own page size of a tree listing.
PAGE_ENTRIES = 1000

_FRAME = """\
daemon off;
{user}worker_processes {workers};
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  log_format bench '$connection $status $body_bytes_sent $request_method $request_uri';
  access_log {folder}/access.log bench;
  client_body_temp_path {folder}/tmp;
  proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp;
  scgi_temp_path {folder}/tmp;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 1000000;
  open_file_cache max=10000 inactive=600s;
  map_hash_max_size {map_size};
  map_hash_bucket_size 1024;
  default_type application/octet-stream;
{tls}
  map $uri $oid {{ default ''; {oids} }}
  map $uri $size {{ default ''; {sizes} }}
  map $uri $etag {{ default ''; {etags} }}
  map $oid $linked {{ default '"$oid"'; '' ''; }}
  map $arg_cursor $page {{ default 0; {pages} }}
  map $page $following {{ default ''; {following} }}
  server {{
    listen {address}:{hub_port} {ssl} backlog=511;
    location = /api/models/{repo_id} {{ alias {folder}/api/info.json; {json} }}
    location = /api/models/{repo_id}/revision/main {{ alias {folder}/api/info.json; {json} }}
    location = /api/models/{repo_id}/revision/{commit} {{ alias {folder}/api/info.json; {json} }}
    location = /api/models/{repo_id}/tree/{commit} {{
      alias {folder}/api/tree-$page.json; {json}
      add_header Link $following;
    }}
    location /{repo_id}/resolve/{commit}/ {{
      alias {files}/;
      etag off;
      add_header X-Repo-Commit {commit};
      add_header ETag $etag;
      add_header X-Linked-Etag $linked;
      add_header X-Linked-Size $size;
      if ($oid) {{ return 302 {scheme}://{address}:{cdn_port}/$oid?X-Amz-Expires=3600; }}
    }}
  }}
  server {{
    listen {address}:{cdn_port} {ssl} backlog=511;
    location / {{ root {cdn}; {limit} }}
  }}
}}
"""
_TLS = """\
  ssl_certificate {folder}/hub.pem;
  ssl_certificate_key {folder}/hub.key;
  ssl_session_cache shared:bench:10m;
  ssl_protocols TLSv1.2 TLSv1.3;
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the hub and its CDN listen; `limit_rate` in bytes a second, 0 for none."""

    address: str
    hub_port: int
    cdn_port: int
    tls: bool
    limit_rate: int = 0


def write_answers(repo: Repo, folder: Path) -> None:
    """Repo info and the tree pages, as files."""
    folder.mkdir(exist_ok=True)
    (folder / "info.json").write_text(json.dumps(info(repo)))
    for number, page in enumerate(pages(repo)):
        (folder / f"tree-{number}.json").write_text(json.dumps(page))


def info(repo: Repo) -> dict[str, Any]:
    return {
        "_id": repo.commit[:24],
        "id": repo.repo_id,
        "modelId": repo.repo_id,
        "author": repo.repo_id.partition("/")[0],
        "sha": repo.commit,
        "private": False,
        "gated": False,
        "disabled": False,
        "tags": [],
        "downloads": 0,
        "likes": 0,
        "lastModified": "2026-01-01T00:00:00.000Z",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "siblings": [{"rfilename": entry.path} for entry in repo.entries],
    }


def pages(repo: Repo) -> list[list[dict[str, Any]]]:
    """The recursive tree listing, folders and files by path, in pages."""
    folders = {str(parent) for entry in repo.entries for parent in Path(entry.path).parents}
    listed = {name: _folder(name) for name in folders - {"."}}
    listed |= {entry.path: _file(entry) for entry in repo.entries}
    whole = [listed[path] for path in sorted(listed)]
    return [whole[at : at + PAGE_ENTRIES] for at in range(0, len(whole), PAGE_ENTRIES)]


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "oid": "0" * 40, "size": 0, "path": path}


def _file(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "type": "file",
        "oid": entry.oid,
        "size": entry.size,
        "path": entry.path,
    }
    if entry.lfs:
        pointer = len(lfs_pointer(entry.sha256, entry.size))
        item["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": pointer}
    return item


def nginx_config(repo: Repo, folder: Path, site: Site) -> str:
    base = f"/{repo.repo_id}/resolve/{repo.commit}/"
    scheme = "https" if site.tls else "http"
    tree = f"{scheme}://{site.address}:{site.hub_port}/api/models/{repo.repo_id}/tree/{repo.commit}"
    count = len(pages(repo))
    lfs = [entry for entry in repo.entries if entry.lfs]
    return _FRAME.format(
        user="user root;\n" if os.geteuid() == 0 else "",
        workers=os.cpu_count() or 1,
        folder=folder,
        tls=_TLS.format(folder=folder) if site.tls else "",
        ssl="ssl" if site.tls else "",
        scheme=scheme,
        address=site.address,
        hub_port=site.hub_port,
        cdn_port=site.cdn_port,
        repo_id=repo.repo_id,
        commit=repo.commit,
        files=repo.files,
        cdn=repo.cdn,
        map_size=max(65536, 4 * len(repo.entries)),
        json="default_type application/json;",
        limit=f"limit_rate {site.limit_rate};" if site.limit_rate else "",
        oids=_map((f"{base}{entry.path}", entry.sha256) for entry in lfs),
        sizes=_map((f"{base}{entry.path}", str(entry.size)) for entry in lfs),
        etags=_map((f"{base}{e.path}", f'"{e.oid}"') for e in repo.entries if not e.lfs),
        pages=_map((f"p{number}", str(number)) for number in range(1, count)),
        following=_map(
            (
                str(number),
                f'<{tree}?recursive=True&expand=False&cursor=p{number + 1}>; rel="next"',
            )
            for number in range(count - 1)
        ),
    )


def _map(pairs: Iterator[tuple[str, str]]) -> str:
    return " ".join(f"'{key}' '{value}';" for key, value in pairs)
