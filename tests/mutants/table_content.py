"""Checks of content: it is right, whole, and on the disk before it is said to be there."""

from __future__ import annotations

from tests.mutants.check import checks

_SYNC, _JOIN, _CRC, _HASH, _RANGE = "sync", "join", "crc", "hash", "answer"

_PARTIAL = ("test_partial.py", "test_partial_disk.py", "test_job_parking.py", "test_prefix.py")
_FOLDER = ("test_directories.py", "test_folder.py", "test_obsolete.py")

CHECKS = [
    *checks(
        _SYNC,
        "disk.py",
        ("test_sync.py", "test_directories.py"),
        ("        os.fsync(fd)\n    except OSError:", "        pass\n    except OSError:"),
        ("                    os.fsync(fd)", "                    pass"),
    ),
    *checks(
        _SYNC,
        "layout/directories.py",
        _FOLDER,
        ("            os.fsync(fd)", "            pass"),
        ("            return sync_directory(folder)", "            return True"),
        ("folders} | self._grown, set()", "folders}, set()"),
    ),
    *checks(
        _SYNC,
        "layout/folder.py",
        ("test_folder.py",),
        (
            "self.durable &= self._directories.sync({os.path.dirname(item[0]) for item in batch})",
            "pass",
        ),
    ),
    *checks(
        _SYNC,
        "layout/names.py",
        ("test_sync.py", "test_cache_names.py"),
        ('self.durable &= self._directories.sync({self._folder / "blobs"})', "pass"),
        ("self.durable &= self._directories.sync(folders)", "pass"),
    ),
    *checks(
        _SYNC,
        "layout/cache.py",
        ("test_sync.py",),
        (
            "self._directories.sync({self._cache, self._folder, root.parent})",
            "pass",
        ),
        ("sync=self._fsync)", "sync=False)"),
    ),
    *checks(
        _SYNC,
        "layout/record.py",
        ("test_sync.py",),
        (
            "        atomic_write(records / RECORD_NAME, json.dumps(document), sync=True)\n"
            "\n\ndef unwant",
            "        atomic_write(records / RECORD_NAME, json.dumps(document))\n\n\ndef unwant",
        ),
    ),
    *checks(
        _SYNC,
        "transfer/positional.py",
        ("test_partial.py", "test_partial_disk.py", "test_engine.py"),
        ('getattr(os, "fdatasync", os.fsync)(self._fd)', "pass"),
    ),
    *checks(
        _SYNC,
        "transfer/journal.py",
        ("test_journal.py", "test_partial.py", "test_partial_disk.py", "test_engine.py"),
        ('getattr(os, "fdatasync", os.fsync)(fd)', "pass"),
    ),
    *checks(
        _SYNC,
        "transfer/partial.py",
        ("test_partial.py", "test_partial_disk.py", "test_engine.py"),
        ("            file.sync_data()\n", ""),
        ("                self._journal.sync()", "                pass"),
    ),
    *checks(
        _SYNC,
        "transfer/job.py",
        ("test_job.py", "test_engine.py"),
        ("self.durable = partial.sync()", "pass"),
    ),
    *checks(
        _SYNC,
        "transfer/taking.py",
        ("test_sync.py",),
        ("                self._sync(data)", "                pass"),
        ("                os.fsync(fd)", "                pass"),
    ),
    *checks(
        _SYNC,
        "transfer/durability.py",
        ("test_durability.py",),
        ("if not job.partial.sync():", "if False:"),
        ("job.partial.sync_journal()", "pass"),
    ),
    *checks(
        _JOIN,
        "transfer/engine.py",
        ("test_engine.py",),
        ("thread.join(TICK_SECONDS)", "break"),
        ("self._wind_down()\n        self._sample()", "self._sample()"),
    ),
    *checks(
        _JOIN,
        "ui/sink.py",
        ("test_ui_display.py", "test_ui_lines.py", "test_ui_ndjson.py", "test_ui_live.py"),
        ("            thread.join()", "            pass"),
    ),
    *checks(
        _JOIN,
        "ui/live.py",
        ("test_ui_live.py", "test_ui_display.py"),
        ("            thread.join()", "            pass"),
    ),
    *checks(
        _CRC,
        "transfer/journal.py",
        ("test_journal.py",),
        (" or crc32(text) != check", ""),
        (" or crc32(record[:-4]) != check", ""),
        ("its_epoch != epoch or ", ""),
        ("taken.overlaps(offset, offset + length)", "False"),
        (" and offset + length <= size", ""),
        ("length > 0 and ", ""),
    ),
    *checks(
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
    *checks(
        _HASH,
        "transfer/job.py",
        ("test_job.py", "test_job_leases.py"),
        ("if actual != self.file.etag:", "if False:"),
        ("            if self._ledger.leases > 1:\n", "            if False:\n"),
    ),
    *checks(
        _HASH,
        "transfer/taking.py",
        ("test_turns.py", "test_jobs.py"),
        ("if self._hash(job, data) != job.file.etag:", "if False:"),
        (
            "if not existing.replaceable and actual not in existing.earlier:",
            "if False:",
        ),
    ),
    *checks(
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
    *checks(
        _RANGE,
        "transfer/fetch.py",
        ("test_fetch.py", "test_worker.py"),
        ("        if answer.encoded and not answer.whole:\n", "        if False:\n"),
        ("            job.adopt_whole(lease)\n", "            pass\n"),
        ("        if position < lease.end:\n", "        if False:\n"),
        (" and self._goes_on(body, response.url):", " and False:"),
    ),
]
