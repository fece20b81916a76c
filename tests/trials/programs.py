"""Section: mirrors and proxies that people run, as they come from their packages.

A run is killed amid the download; the next one completes it without fetching anything again.
olah and mitmproxy are taken from PATH: `pip install` each into an environment of its own.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from hfget.partials.journal import read_journal
from tests.hub.repos import MiB
from tests.support.certificates import PrivateCA
from tests.trials import middleboxes
from tests.trials.checks import final_files
from tests.trials.scenario import MIXED, Scenario
from tests.trials.started import free_port, own_folder, start
from tests.trials.tools import SQUID_LOGIN
from tests.trials.trial import Trial

#: So much has come when the run is killed.
_KEPT_BYTES = 8 * MiB
#: What connections that give a range away may have read of it.
_IN_BUFFERS = 4 * MiB
#: The usual ones: a program that passes an answer on when it has all of it takes a while.
_PATIENT = {"HF_HUB_DOWNLOAD_TIMEOUT": "10", "HF_HUB_ETAG_TIMEOUT": "10"}
_NGINX = """\
user root; daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 256; }}
http {{
  access_log {folder}/access;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  proxy_cache_path {folder}/cache keys_zone=hub:10m max_size=1g;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {hub};
      proxy_set_header Host $http_host;
      proxy_http_version 1.1;
      proxy_cache hub;
      proxy_cache_valid 200 206 302 307 10m;
      {rules}
    }}
  }}
}}
"""
_SQUID = """\
http_port 127.0.0.1:{port}
pid_filename {folder}/pid
access_log stdio:{folder}/access
cache_log {folder}/cache.log
coredump_dir {folder}
shutdown_lifetime 1 seconds
auth_param basic program {login} {folder}/passwords
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
{rules}
"""
_SLICES = "slice 1m; proxy_set_header Range $slice_range; proxy_cache_key $uri$args$slice_range;"


def _killed_and_completed(trial: Trial) -> None:
    """What had come before the kill is not fetched again."""
    trial.run(act=_kill)
    assert trial.last.code == -signal.SIGKILL, "it ended before it could be killed"
    kept = _kept(trial)
    trial.run(*trial.default_arguments(), *(() if trial.json else ("--json",)))
    reports = [one for one in trial.last.events if one["event"] == "report"]
    assert reports, "it did not end"
    fetched = reports[0]["received"]
    assert fetched <= trial.size - kept + _IN_BUFFERS, f"{kept} bytes were here, {fetched} fetched"


def _kill(trial: Trial) -> None:
    while trial.process.poll() is None:
        if _kept(trial) >= _KEPT_BYTES:
            trial.process.send_signal(signal.SIGKILL)
            return
        time.sleep(0.01)


def _kept(trial: Trial) -> int:
    """How many bytes are here, as files or in the books of such as are not complete."""
    journals = map(read_journal, trial.out.rglob("*.hfget-journal*"))
    blocks = sum(block.length for one in journals if one is not None for block in one.blocks)
    return blocks + sum(one.stat().st_size for one in final_files(trial.out).values())


def _olah(trial: Trial) -> None:
    folder, port = own_folder(trial, "olah"), free_port()
    here, hub = f"127.0.0.1:{port}", urlsplit(trial.hub.endpoint).netloc
    command = ["olah-cli", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--hf-scheme", "http", "--hf-netloc", hub, "--hf-lfs-netloc", hub]
    command += ["--mirror-scheme", "http", "--mirror-netloc", here, "--mirror-lfs-netloc", here]
    command += ["--repos-path", str(folder / "repos"), "--log-path", str(folder / "logs")]
    start(trial, command, port, folder / "said")
    _serve_at(trial, f"http://{here}")


def _nginx(rules: str) -> Callable[[Trial], None]:
    def prepare(trial: Trial) -> None:
        folder, port = own_folder(trial, "nginx"), free_port()
        config = folder / "nginx.conf"
        values = {"folder": folder, "port": port, "hub": trial.hub.endpoint, "rules": rules}
        config.write_text(_NGINX.format(**values))
        command = ["nginx", "-c", str(config), "-p", str(folder), "-e", str(folder / "log")]
        start(trial, command, port, folder / "said")
        _serve_at(trial, f"http://127.0.0.1:{port}")

    return prepare


def _squid(rules: str = "", *, encrypted: bool = False) -> Callable[[Trial], None]:
    def prepare(trial: Trial) -> None:
        folder, port, password = _folder_for_squid(trial), free_port(), secrets.token_hex(12)
        trial.canaries.append(password)
        command = ["openssl", "passwd", "-apr1", "-stdin"]
        made = subprocess.run(
            command, input=password, capture_output=True, text=True, check=True, timeout=60
        )
        (folder / "passwords").write_text(f"user:{made.stdout}")
        config = folder / "squid.conf"
        values = {"folder": folder, "port": port, "login": SQUID_LOGIN, "rules": rules}
        config.write_text(_SQUID.format(**values))
        start(trial, ["squid", "-N", "-n", f"t{port}", "-f", str(config)], port, folder / "said")
        if encrypted:
            _encrypt(trial)
            trial.env["SSL_CERT_FILE"] = str(trial.notes["ca"].bundle)
        _send_through(trial, f"http://user:{password}@127.0.0.1:{port}")
        trial.notes["access"] = folder / "access"

    return prepare


def _folder_for_squid(trial: Trial) -> Path:
    """Squid refuses to be root, and becomes another user, who cannot enter a trial's folder."""
    folder = Path(trial.stack.enter_context(tempfile.TemporaryDirectory(prefix="hfget-squid-")))
    if os.geteuid() == 0:
        shutil.chown(folder, "proxy")
        folder.chmod(0o755)
    return folder


def _mitmproxy(*rules: str) -> Callable[[Trial], None]:
    """It opens what is encrypted: hfget is to trust its CA, and it that of the hub."""

    def prepare(trial: Trial) -> None:
        folder, port = own_folder(trial, "mitmproxy"), free_port()
        _encrypt(trial)
        command = ["mitmdump", "--listen-host", "127.0.0.1", "--listen-port", str(port)]
        command += ["--set", f"confdir={folder}", *rules]
        command += ["--set", f"ssl_verify_upstream_trusted_ca={trial.notes['ca'].bundle}"]
        start(trial, command, port, folder / "said")
        trial.env["SSL_CERT_FILE"] = str(folder / "mitmproxy-ca-cert.pem")
        _send_through(trial, f"http://127.0.0.1:{port}")

    return prepare


def _encrypt(trial: Trial) -> None:
    """The hub is at an https address, with a certificate of a private CA."""
    ca = PrivateCA(own_folder(trial, "ca"))
    front = middleboxes.TlsFront(trial.stack, ca.trusted, trial.hub.endpoint)
    trial.notes["ca"] = ca
    _serve_at(trial, front.url)


def _serve_at(trial: Trial, endpoint: str) -> None:
    trial.endpoint = trial.env["HFGET_TOKEN_ORIGINS"] = endpoint


def _send_through(trial: Trial, proxy: str) -> None:
    trial.env |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy)


def _said_to_the_proxy_alone(trial: Trial) -> None:
    """All went through it, and its password no further."""
    assert not [
        one for one in trial.hub.log if "proxy-authorization" in map(str.lower, one.headers)
    ]
    log: Path = trial.notes["access"]
    assert "resolve" in log.read_text() or "CONNECT" in log.read_text()


def program(
    name: str,
    injected: str,
    prepare: Callable[[Trial], None],
    *needs: str,
    most: float = 1.4,
    cdn: bool = False,
    rate: float = 8e6,
    check: Callable[[Trial], None] | None = None,
) -> Scenario:
    return Scenario(
        name,
        ("death: kill -9",),
        f"{injected}; kill -9 amid the download",
        files=MIXED,
        hub={"cdn": cdn, "rate_total": rate},
        env=_PATIENT,
        seconds=120,
        prepare=prepare,
        drive=_killed_and_completed,
        again=False,
        check=check,
        most=most,
        needs=needs,
    )


SCENARIOS = (
    program("olah", "olah-cli, nothing cached", _olah, "olah-cli", most=5),
    program(
        "olah and a CDN", "olah-cli; the hub leads to a CDN", _olah, "olah-cli", most=5, cdn=True
    ),
    # it asks for the whole file for each part
    program("nginx, proxy_cache", "proxy_cache", _nginx(""), "nginx", most=20, rate=80e6),
    program(
        "nginx, proxy_cache_lock",
        "proxy_cache, proxy_cache_lock on",
        _nginx("proxy_cache_lock on;"),
        "nginx",
        most=20,
    ),
    program("nginx, slices", f"proxy_cache, {_SLICES}", _nginx(_SLICES), "nginx", rate=20e6),
    program(
        "nginx and a CDN", "proxy_cache; the hub leads to a CDN", _nginx(""), "nginx", cdn=True
    ),
    program(
        "squid with a password",
        "http through squid, basic auth",
        _squid(),
        "squid",
        "openssl",
        rate=20e6,
        check=_said_to_the_proxy_alone,
    ),
    program(
        "squid with a password, whole files",
        "http through squid, range_offset_limit none",
        _squid("range_offset_limit none\ncache_mem 256 MB\nmaximum_object_size_in_memory 128 MB"),
        "squid",
        "openssl",
        most=20,
        check=_said_to_the_proxy_alone,
    ),
    program(
        "squid with a password, https",
        "https through squid, basic auth",
        _squid(encrypted=True),
        "squid",
        "openssl",
        most=2,
        check=_said_to_the_proxy_alone,
    ),
    program(
        "mitmproxy",
        "https through mitmdump, its CA in SSL_CERT_FILE",
        _mitmproxy(),
        "mitmdump",
        "openssl",
        most=3,
    ),
    program(
        "mitmproxy, streaming",
        "https through mitmdump, bodies above 64 kB streamed",
        _mitmproxy("--set", "stream_large_bodies=64k"),
        "mitmdump",
        "openssl",
        most=2,
    ),
)
