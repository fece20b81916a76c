"""Found as Python starts, where PYTHONPATH names this folder: files of a few MiB are divided."""

from hfget.operations.shards import sharding

sharding.DIVIDED_BYTES = 4 << 20
sharding.RANGE_BYTES = 1 << 20
