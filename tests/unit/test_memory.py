"""What a file costs in memory: little while it waits, less when it is done."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc
from pathlib import Path
from typing import Any

from hfget.destinations.local_dir.folder import FolderLayout
from hfget.hub.completeness import Listed
from hfget.model import RepoRef, Snapshot
from hfget.operations.planner import make_plan
from hfget.operations.tasks import make_tasks
from hfget.transfer.backend import DoneFile, TransferOptions
from hfget.transfer.concurrency import ConnectionLimit
from hfget.transfer.scheduler import Schedule
from tests.support.schedules import GivenSources

FILES = 3000
#: Bytes. A listing entry with its names takes 260 of them, 450 if the file is in LFS.
WAITING = 1024
#: No table of so few files is as large, in bytes.
LARGEST = 1 << 20


def entries() -> list[dict[str, Any]]:
    """A listing as JSON has it: no text is shared between files."""
    return [
        {
            "type": "file",
            "path": f"data/part-{number // 500:02d}/record-{number:05d}.json",
            "size": 1024 + number,
            "oid": hashlib.sha1(str(number).encode()).hexdigest(),
        }
        for number in range(FILES)
    ]


def held() -> int:
    """Bytes in use, without the interpreter's own table of names, which grows once in a while."""
    gc.collect()
    traces = tracemalloc.take_snapshot().traces
    return sum(trace.size for trace in traces if trace.size < LARGEST)


def test_a_file_that_waits_takes_a_kilobyte_and_one_that_is_done_less(tmp_path: Path) -> None:
    source: Any = None
    layout = FolderLayout(tmp_path / "m")
    ref = RepoRef("org/name")
    tracemalloc.start(1)
    try:
        empty = held()
        listed = Listed()
        listed.add(entries())
        snapshot = Snapshot(ref, "http://127.0.0.1", "c" * 40, tuple(listed.files.values()))
        del listed
        plan = make_plan(snapshot, snapshot.files, layout)
        tasks = list(make_tasks(plan, layout, GivenSources(source)))
        schedule = Schedule(tasks, TransferOptions(1, 1, retries=0), ConnectionLimit(1))
        del tasks
        waiting = (held() - empty) / FILES
        del schedule
        layout.begin(snapshot, snapshot.files)
        done = []
        for item in plan.items:
            data = tmp_path / "data"
            data.write_bytes(b"")
            layout.place(snapshot, item.file)
            layout.publish(snapshot, item.file, data, replace=False)
            done.append(DoneFile(item.file.path, item.file.size, item.file.size))
        layout.flush()
        over = (held() - empty) / FILES
        assert len(done) == len(plan.items) == FILES
    finally:
        tracemalloc.stop()
        layout.close()
    assert 0 < waiting <= WAITING
    assert 0 < over <= WAITING
