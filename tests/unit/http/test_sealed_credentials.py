"""Secrets on their way to another process: whole, and shown nowhere."""

from __future__ import annotations

import pickle
import secrets

from hfget.http import SealedCredentials
from hfget.operations.shards.dask_task import ShardOrder
from hfget.options import DownloadOptions
from hfget.settings import Credential
from hfget.system import Secret

HUB = "https://hub.example:443"


def test_they_arrive_and_are_not_shown() -> None:
    token = "made-up-" + secrets.token_hex(12)
    given = Credential(Secret(token), "HF_TOKEN", HUB, eager=False)
    order = ShardOrder(1, DownloadOptions(shard=(1, 2)), SealedCredentials([given]), "hfget-1")
    for shown in (repr(order), str(order), f"{order}", repr(order.credentials)):
        assert token not in shown
    arrived = pickle.loads(pickle.dumps(order))  # noqa: S301
    assert token not in repr(arrived)
    assert arrived.credentials.opened() == {HUB: given}
    assert arrived.options.shard == "1/2"
