"""Each check that safety rests on, what stands in its place, and the tests that must see that."""

from __future__ import annotations

from typing import NamedTuple

_SYNC, _JOIN, _CRC, _RANGE = "sync", "join", "crc", "answer"
_HASH, _ORIGIN, _PATH = "hash", "origin", "path"


class Check(NamedTuple):
    """`old`, which stands once in `file` below src/hfget, is replaced by `new`."""

    kind: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def _lines(kind: str, file: str, tests: tuple[str, ...], *pairs: tuple[str, str]) -> list[Check]:
    return [Check(kind, file, old, new, tests) for old, new in pairs]


_PARTIAL = ("test_partial.py", "test_job_parking.py", "test_prefix.py")
_FOLDER = ("test_directories.py", "test_folder.py", "test_obsolete.py")
_CACHE = ("test_cache_names.py", "test_cache_layout.py", "test_cache_sources.py")

CHECKS = [
    *_lines(
        _SYNC,
        "disk.py",
        ("test_sync.py", "test_directories.py"),
        ("        os.fsync(fd)\n    except OSError:", "        pass\n    except OSError:"),
        ("                    os.fsync(fd)", "                    pass"),
    ),
    *_lines(
        _SYNC,
        "layout/directories.py",
        _FOLDER,
        ("            os.fsync(fd)", "            pass"),
        ("            return sync_directory(folder)", "            return True"),
        ("folders | self._grown, set()", "folders, set()"),
    ),
    *_lines(
        _SYNC,
        "layout/folder.py",
        ("test_folder.py",),
        ("self.durable &= self._directories.sync(folders)", "pass"),
    ),
    *_lines(
        _SYNC,
        "layout/names.py",
        ("test_sync.py", "test_cache_names.py"),
        ('self.durable &= self._directories.sync({self._folder / "blobs"})', "pass"),
        ("self.durable &= self._directories.sync(folders)", "pass"),
    ),
    *_lines(
        _SYNC,
        "layout/cache.py",
        ("test_sync.py",),
        (
            "self._directories.sync({self._cache, self._folder, root.parent})",
            "pass",
        ),
        ("sync=self._fsync)", "sync=False)"),
    ),
    *_lines(
        _SYNC,
        "layout/record.py",
        ("test_sync.py",),
        (
            "        atomic_write(records / RECORD_NAME, json.dumps(document, indent=1), "
            "sync=True)\n"
            "\n\ndef unwant",
            "        atomic_write(records / RECORD_NAME, json.dumps(document, indent=1))\n"
            "\n\ndef unwant",
        ),
    ),
    *_lines(
        _SYNC,
        "transfer/positional.py",
        ("test_partial.py", "test_engine.py"),
        ('getattr(os, "fdatasync", os.fsync)(self._fd)', "pass"),
    ),
    *_lines(
        _SYNC,
        "transfer/journal.py",
        ("test_journal.py", "test_partial.py", "test_engine.py"),
        ('getattr(os, "fdatasync", os.fsync)(fd)', "pass"),
    ),
    *_lines(
        _SYNC,
        "transfer/partial.py",
        ("test_partial.py", "test_engine.py"),
        ("            file.sync_data()\n", ""),
        ("                self._journal.sync()", "                pass"),
    ),
    *_lines(
        _SYNC,
        "transfer/job.py",
        ("test_job.py", "test_engine.py"),
        ("self.durable = partial.sync()", "pass"),
    ),
    *_lines(
        _SYNC,
        "transfer/taking.py",
        ("test_sync.py",),
        ("                self._sync(data)", "                pass"),
        ("                os.fsync(fd)", "                pass"),
    ),
    *_lines(
        _SYNC,
        "transfer/durability.py",
        ("test_durability.py",),
        ("if not job.partial.sync():", "if False:"),
        ("job.partial.sync_journal()", "pass"),
    ),
    *_lines(
        _JOIN,
        "transfer/engine.py",
        ("test_engine.py",),
        ("thread.join(TICK_SECONDS)", "break"),
        ("self._wind_down()\n        self._sample()", "self._sample()"),
    ),
    *_lines(
        _JOIN,
        "ui/sink.py",
        ("test_ui_display.py", "test_ui_lines.py", "test_ui_ndjson.py", "test_ui_live.py"),
        ("            thread.join()", "            pass"),
    ),
    *_lines(
        _JOIN,
        "ui/live.py",
        ("test_ui_live.py", "test_ui_display.py"),
        ("            thread.join()", "            pass"),
    ),
    *_lines(
        _CRC,
        "transfer/journal.py",
        ("test_journal.py",),
        (" or zlib.crc32(text) != check", ""),
        (" or zlib.crc32(record[:-4]) != check", ""),
        ("its_epoch != epoch or ", ""),
        ("taken.overlaps(offset, offset + length)", "False"),
        (" and offset + length <= size", ""),
        ("length > 0 and ", ""),
    ),
    *_lines(
        _CRC,
        "transfer/leftovers.py",
        ("test_leftovers.py", *_PARTIAL),
        (" and crc == block.crc", ""),
        ("yield block, position == block.end and", "yield block, "),
        (", writer) if same)", ", writer))"),
        (" or stat.st_ino != journal.inode", ""),
        ("stat.st_size != journal.identity.size or ", ""),
        ("elif journal.boot != boot_id():", "elif False:"),
        ("        and found.journal.identity.same_content(identity)\n", ""),
        ("        and found.abandoned\n    ]", "    ]"),
        ("found.data != data and found.abandoned", "found.data != data"),
        ("if Found(path, path, owner, None).abandoned:", "if True:"),
    ),
    *_lines(
        _HASH,
        "transfer/job.py",
        ("test_job.py", "test_job_leases.py"),
        ("if actual != self.file.etag:", "if False:"),
        ("            if self._ledger.leases > 1:\n", "            if False:\n"),
    ),
    *_lines(
        _HASH,
        "transfer/taking.py",
        ("test_turns.py", "test_jobs.py"),
        ("if self._hash(job, data) != job.file.etag:", "if False:"),
        (
            "if not existing.replaceable and actual not in existing.earlier:",
            "if False:",
        ),
    ),
    *_lines(
        _RANGE,
        "transfer/answer.py",
        ("test_answer.py", "test_fetch.py"),
        ("if response.status_code == 416:", "if False:"),
        (
            'if kind.startswith("text/html") and not file.path.lower().endswith(_WEB_PAGES):',
            "if False:",
        ),
        ("if length not in (None, end - start):", "if False:"),
        ("if total != file.size:", "if False:"),
        ("start != span[0] or ", ""),
        (" or not start <= last < span[1]:", ":"),
        ("not start <= last < span[1]", "not start <= last"),
        ("not start <= last < span[1]", "not last < span[1]"),
        ('if answer.encoding not in ("gzip", "x-gzip", "deflate"):', "if False:"),
    ),
    *_lines(
        _RANGE,
        "transfer/fetch.py",
        ("test_fetch.py", "test_worker.py"),
        ("        if answer.encoded and not answer.whole:\n", "        if False:\n"),
        ("            job.adopt_whole(lease)\n", "            pass\n"),
        ("        if position < lease.end:\n", "        if False:\n"),
        (" and body.readinto1(self._buffer[:1]):", " and False:"),
    ),
    *_lines(
        _ORIGIN,
        "http.py",
        ("test_http.py", "test_hub.py", "test_hub_hostile.py", "test_source.py"),
        (" or origin != credential.origin", ""),
        ("not self.unlocked or ", ""),
        ("if origin_of(response.url) != credential.origin:", "if False:"),
        (
            "    def get_redirect_target(self, resp: requests.Response) -> None:\n"
            "        return None\n",
            "",
        ),
        ("self._allow_private or self._was_inside(response.url)", "True"),
    ),
    *_lines(
        _ORIGIN,
        "hub.py",
        ("test_hub_hostile.py", "test_hub.py"),
        ("at_home = answer.at_home and bool(url) and origin_of(url) == self._home", "pass"),
        ("at_home = answer.at_home and bool(url) and", "at_home = bool(url) and"),
        ("at_home = at_home and origin_of(url) == self._home", "pass"),
        ("at_home = at_home and origin_of", "at_home = origin_of"),
    ),
    *_lines(
        _ORIGIN,
        "transfer/source.py",
        ("test_source.py", "test_source_renewal.py"),
        ("target.with_token and origin_of(url) == origin_of(self._home)", "target.with_token"),
        ("at_home = target.with_token and ", "at_home = "),
    ),
    *_lines(
        _ORIGIN,
        "redirects.py",
        ("test_redirects.py",),
        ('if scheme not in ("http", "https"):', "if False:"),
        (
            'if urlsplit(source).scheme.lower() == "https" and scheme == "http":',
            "if False:",
        ),
        (
            "if not allow_private and is_private(target) and not is_private(source):",
            "if False:",
        ),
        ("target = without_login(rebase(", "target = str(rebase("),
        (" or _MALFORMED.search(location)", ""),
        (" or address.is_multicast", ""),
        ("not address.is_global or ", ""),
        (
            "    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:\n"
            "        return address.ipv4_mapped\n",
            "",
        ),
    ),
    *_lines(
        _ORIGIN,
        "credentials.py",
        ("test_credentials.py",),
        ("        if not encrypted:\n", "        if False:\n"),
        ('encrypted and (allowed or endpoint_source in ("flag", "environment"))', "encrypted"),
        ("if encrypted and (allowed or", "if (allowed or"),
        ("if allowed and encrypted:", "if encrypted:"),
        ("if allowed and encrypted:", "if allowed:"),
        ("eager=allowed", "eager=True"),
        ("if me != 0 and found.st_uid not in (0, me):", "if False:"),
    ),
    *_lines(
        _PATH,
        "layout/paths.py",
        ("test_paths.py", "test_path_collisions.py"),
        ("    if _CONTROL.search(path):", "    if False:"),
        ('    if "\\\\" in path:', "    if False:"),
        ("    if len(path.encode()) > MAX_PATH_BYTES:", "    if False:"),
        ("    if not segments[0]:", "    if False:"),
        ("    if not segment:\n", "    if False:\n"),
        ('    if segment in (".", ".."):', "    if False:"),
        ("    if len(segment.encode()) > MAX_COMPONENT_BYTES:", "    if False:"),
        ("    if _DRIVE.match(segment):", "    if False:"),
        (" or _climbs(unquote(folded))", ""),
        ("    if _GIT.fullmatch(folded):", "    if False:"),
        ("    return _why_not_here(segments)", '    return ""'),
        ("    if _DEVICE.fullmatch(segment):", "    if False:"),
        ('    if segment[-1] in ". ":', "    if False:"),
        ("    if _NOT_ON_WINDOWS.search(segment):", "    if False:"),
        ("    if _SHORT_NAME.fullmatch(segment):", "    if False:"),
        ("        if first == second:", "        if False:"),
        ("    check_paths((path,), windows=os.name", "    str((path,)) or dict(windows=os.name"),
    ),
    *_lines(
        _PATH,
        "disk.py",
        ("test_disk.py", "test_directories.py"),
        ('real == top or real.startswith(os.path.join(top, ""))', "True"),
        ('os.path.join(top, "")', "top"),
        ("not stat.S_ISREG(found.st_mode) or ", ""),
        (" or found.st_size > most", ""),
        ("_RENAME_NOREPLACE) == 0", "0) == 0"),
        ("os.O_CREAT | os.O_EXCL", "os.O_CREAT"),
    ),
    *_lines(
        _PATH,
        "layout/directories.py",
        _FOLDER,
        ("        if not is_inside(folder, self._root):\n", "        if False:\n"),
        (" and not _is_at(fd, folder)", " and False"),
        ("        self.refuse_escape(folder)\n        top, real", "        top, real"),
        ("                if _is_link(name, fd):\n", "                if False:\n"),
        ("_FOLDER | os.O_NOFOLLOW", "_FOLDER"),
        ("replace = Seen.of(found) == seen", "pass"),
        ("                rename_new(data, name", "                os.replace(data, name"),
    ),
    *_lines(
        _PATH,
        "layout/folder.py",
        ("test_folder.py", "test_folder_former.py"),
        ("            self._directories.refuse_escape(self._records / name)", "            pass"),
        ("            self._directories.refuse_escape(self._root / folder)\n", ""),
        ('            self._directories.refuse_escape(self._records / "download" / folder)\n', ""),
        ("                self._refuse_escape(former)\n", ""),
        ("        self._refuse_escape(file.path)\n        self._seen", "        self._seen"),
    ),
    *_lines(
        _PATH,
        "layout/cache.py",
        (*_CACHE, "test_absent.py"),
        (
            "            self._directories.refuse_escape(self._folder / name)\n",
            "            pass\n",
        ),
        ("        self._directories.refuse_escape(self.lock_path.parent)\n", ""),
        ("        self._refuse_escape(target.parent)\n", ""),
        ("if stored and is_inside(stored.parent, self._cache):", "if stored:"),
        ("                self._directories.refuse_escape(root)\n", ""),
        (
            "found[1].size != file.size:\n            return False",
            "False:\n            return False",
        ),
        ("return self._verified.holds(file.etag, found[1])", "return True"),
    ),
    *_lines(
        _PATH,
        "layout/names.py",
        (*_CACHE, "test_absent.py"),
        ("        self._directories.refuse_escape(own)\n", ""),
        (" and is_inside(marker.parent, self._folder)", ""),
    ),
    *_lines(
        _PATH,
        "layout/hubcache.py",
        _CACHE,
        ('        if not is_inside(path, cache / "blobs"):\n', "        if False:\n"),
        ("is_inside(folder, self._cache)", "True"),
        ("is not None and found[1].size == file.size", "is not None"),
    ),
    *_lines(
        _PATH,
        "layout/obsolete.py",
        ("test_obsolete.py",),
        ("            directories.refuse_escape(target.parent)\n", ""),
    ),
    *_lines(
        _PATH,
        "layout/verified.py",
        ("test_cache_verified.py",),
        (' | getattr(os, "O_NOFOLLOW", 0)', ""),
    ),
    *_lines(
        _PATH,
        "transfer/copying.py",
        ("test_cache_copying.py", "test_prefix.py"),
        (' | getattr(os, "O_NOFOLLOW", 0)', ""),
        ("os.O_CREAT | os.O_EXCL", "os.O_CREAT"),
        ("if stat.S_ISREG(os.lstat(target).st_mode):", "if True:"),
    ),
    *_lines(
        _PATH,
        "transfer/prefix.py",
        ("test_prefix.py",),
        (' | getattr(os, "O_NOFOLLOW", 0)', ""),
        ("stat.S_ISREG(found.st_mode) and ", ""),
        ("os.lseek(fd, 0, os.SEEK_HOLE) >= found.st_size", "True"),
    ),
    *_lines(
        _PATH,
        "verification.py",
        ("test_verification.py",),
        ("is_inside(target.parent, self._root)", "True"),
        ("        if not stat.S_ISREG(found.st_mode):\n", "        if False:\n"),
        ("        if actual != file.etag:\n", "        if False:\n"),
    ),
]
