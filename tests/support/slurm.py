"""A Slurm of one machine: munged, slurmctld and slurmd, on free ports, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.command import wait_until

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo")
_SECONDS = 60


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `sbatch` finds the cluster. The caller is root."""
    folder.mkdir(mode=0o755)
    munge = folder / "munge"
    munge.mkdir(mode=0o755)
    (munge / "key").write_bytes(os.urandom(128))
    (munge / "key").chmod(0o400)
    config = folder / "slurm.conf"
    config.write_text(_configuration(folder, munge))
    env = {**os.environ, "SLURM_CONF": str(config)}
    with ExitStack() as stack:
        for command in (
            [
                "munged", "--foreground", "--force",
                f"--socket={munge / 'socket'}", f"--key-file={munge / 'key'}",
                f"--pid-file={munge / 'pid'}", f"--log-file={munge / 'log'}",
                f"--seed-file={munge / 'seed'}",
            ],
            ["slurmctld", "-D", "-i", "-f", str(config)],
            ["slurmd", "-D", "-f", str(config), "-N", "node"],
        ):  # fmt: skip
            program = shutil.which(command[0]) or command[0]
            log = stack.enter_context((folder / f"{command[0]}.out").open("wb"))
            process = subprocess.Popen([program, *command[1:]], env=env, stdout=log, stderr=log)
            stack.callback(_end, process)
            if command[0] == "munged":
                wait_until((munge / "socket").exists, _SECONDS)
        wait_until(lambda: _is_idle(env), _SECONDS)
        yield env


def _configuration(folder: Path, munge: Path) -> str:
    user = pwd.getpwuid(os.geteuid()).pw_name
    host = socket.gethostname().partition(".")[0]
    return "\n".join(
        [
            "ClusterName=one",
            f"SlurmctldHost={host}(127.0.0.1)",
            f"SlurmUser={user}",
            f"SlurmdUser={user}",
            "AuthType=auth/munge",
            f"AuthInfo=socket={munge / 'socket'}",
            "CryptoType=crypto/munge",
            f"SlurmctldPort={free_port()}",
            f"StateSaveLocation={folder}",
            f"SlurmdSpoolDir={folder / 'spool'}",
            f"SlurmctldPidFile={folder / 'slurmctld.pid'}",
            f"SlurmdPidFile={folder / 'slurmd.pid'}",
            "ProctrackType=proctrack/linuxproc",
            "TaskPlugin=task/none",
            "SelectType=select/cons_tres",
            "SelectTypeParameters=CR_Core",
            "ReturnToService=2",
            "JobAcctGatherType=jobacct_gather/none",
            "AccountingStorageType=accounting_storage/none",
            "MpiDefault=none",
            f"NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port()} "
            f"CPUs={os.cpu_count() or 1}",
            "PartitionName=all Nodes=node Default=YES MaxTime=INFINITE State=UP "
            "OverSubscribe=FORCE:4",
            "",
        ]
    )


def _is_idle(env: dict[str, str]) -> bool:
    done = subprocess.run(
        ["sinfo", "-h", "-o", "%T"], env=env, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() in ("idle", "mixed")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
