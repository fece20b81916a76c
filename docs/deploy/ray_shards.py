"""One download by the tasks of a Ray cluster, into a folder that all its nodes share.

    ray job submit -- python ray_shards.py org/name COMMIT /shared/name 8

Ray runs a task again whose worker or node died; the next one resumes what that has left. A gated
repo needs HF_TOKEN in the environment of the nodes: what a driver passes on, Ray shows.
"""

from __future__ import annotations

import sys

import ray

from hfget import HfgetError, download


@ray.remote(max_retries=3, scheduling_strategy="SPREAD")
def fetch(repo: str, commit: str, folder: str, number: int, of: int) -> list[str]:
    """What failed of one shard."""
    try:
        report = download(repo, revision=commit, local_dir=folder, shard=f"{number}/{of}:ranges")
    except HfgetError as error:
        return [f"shard {number} of {of}: {error}"]
    return [f"{failure.path}: {failure.message}" for failure in report.failures]


def main(repo: str, commit: str, folder: str, shards: str) -> None:
    ray.init()
    of = int(shards)
    tasks = [fetch.remote(repo, commit, folder, number, of) for number in range(1, of + 1)]
    failures = [text for task in tasks for text in ray.get(task)]
    if failures:
        sys.exit("\n".join(failures))
    print(folder)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("usage: ray_shards.py REPO COMMIT FOLDER SHARDS")
    main(*sys.argv[1:])
