"""A Hub cache under test: what lies in it, and what huggingface_hub and `hf` say of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.hub import LocalHub
from tests.support.command import TIMEOUT_SECONDS, Result, Shell

#: What huggingface_hub says of a cache, asked in a process of its own: it reads its settings
#: when it is imported, and remembers listings.
_SCAN = """
import json, sys
from huggingface_hub import scan_cache_dir
found = scan_cache_dir(sys.argv[1])
print(json.dumps({
    "warnings": [str(warning) for warning in found.warnings],
    "incomplete": len(getattr(found, "incomplete_files", ())),
    "repos": {f"{r.repo_type}/{r.repo_id}": {ref: rev.commit_hash for ref, rev in r.refs.items()}
              for r in found.repos},
}))
"""
_OFFLINE = """
import sys
from huggingface_hub import hf_hub_download
print(hf_hub_download(sys.argv[1], sys.argv[2], revision=sys.argv[3], local_files_only=True))
"""
_LOOK_UP = """
import sys
from huggingface_hub import _CACHED_NO_EXIST, try_to_load_from_cache
found = try_to_load_from_cache(*sys.argv[1:])
print("no such file" if found is _CACHED_NO_EXIST else found)
"""


def content_sent(hub: LocalHub) -> int:
    """Bytes of content that the hub has sent; the text of a redirect is none."""
    return sum(
        request.bytes_sent
        for request in hub.log
        if request.status in (200, 206) and not request.path.startswith("/api/")
    )


@dataclass(frozen=True)
class HubCache:
    """The cache that `shell` fills by default."""

    shell: Shell

    @property
    def path(self) -> Path:
        return self.shell.directory / "home" / "hf" / "hub"

    def repo(self, name: str = "models--org--m") -> Path:
        return self.path / name

    def blob(self, content: bytes | str, *, lfs: bool = False) -> Path:
        """Where the content belongs."""
        data = content.encode() if isinstance(content, str) else content
        sha1 = hashlib.sha1(b"blob %d\0" % len(data) + data)
        return self.repo() / "blobs" / (hashlib.sha256(data) if lfs else sha1).hexdigest()

    def hf(self, *arguments: str) -> Result:
        """`hf ARGUMENTS` in the same shell, by HTTP as its users behind mirrors have it."""
        return self._run(str(Path(sys.executable).with_name("hf")), *arguments)

    def start_hf(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `hf ARGUMENTS`; the caller ends it."""
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("hf")), *arguments],
            cwd=self.shell.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def scan(self, *, killed: bool = False) -> dict[str, dict[str, str]]:
        """The refs of every repo that huggingface_hub sees; it must see nothing odd.

        Only after a kill there may be incomplete files.
        """
        done = self._run(sys.executable, "-c", _SCAN, str(self.path))
        assert done.code == 0, done.err
        found = json.loads(done.out)
        assert found["warnings"] == []
        assert killed or found["incomplete"] == 0
        repos: dict[str, dict[str, str]] = found["repos"]
        return repos

    def offline(self, repo: str, path: str, revision: str = "main") -> Path:
        """What `hf_hub_download(local_files_only=True)` gives."""
        done = self._run(sys.executable, "-c", _OFFLINE, repo, path, revision)
        assert done.code == 0, done.err
        return Path(done.out.strip())

    def look_up(self, repo: str, path: str) -> str:
        """What `try_to_load_from_cache` gives; "no such file" for its _CACHED_NO_EXIST."""
        done = self._run(sys.executable, "-c", _LOOK_UP, repo, path)
        assert done.code == 0, done.err
        return done.out.strip()

    def odd(self) -> list[str]:
        """What should not be there: partials, temporary files, links that lead nowhere."""
        found = [path for path in self.path.rglob("*") if ".locks" not in path.parts]
        return [
            path.relative_to(self.path).as_posix()
            for path in found
            if path.suffix in (".incomplete", ".hfget-journal", ".tmp", ".new")
            or (path.is_symlink() and not path.exists())
        ]

    def _environment(self) -> dict[str, str]:
        return self.shell.environment() | {
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }

    def _run(self, *command: str) -> Result:
        done = subprocess.run(
            command,
            cwd=self.shell.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)
