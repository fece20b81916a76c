"""The embedded hub as a test harness: a CDN on a second origin, faults, limits, a log.

with LocalHub(root) as hub:
    hub.faults.add(Fault(effects.Reset(after_bytes=1000), origin="cdn", times=3))
    run([...], env={"HF_ENDPOINT": hub.endpoint})
    assert hub.bytes_sent("cdn") < ...
"""

from tests.hub import effects, repos
from tests.hub.faults import Fault
from tests.hub.hub import LocalHub
from tests.hub.log import Request
from tests.hub.origin import Places

__all__ = ["Fault", "LocalHub", "Places", "Request", "effects", "repos"]
