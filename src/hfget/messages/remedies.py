"""What to do about a finding of `hfget mirrors`: one remedy each."""

from __future__ import annotations

from hfget.messages.template import Text

AUTHORITATIVE_COMMIT = Text("where it matters ask for the commit itself: --revision {commit}")
CHECK_ENDPOINT_NAME = Text("check how it is spelt in --endpoint, HF_ENDPOINT or HFGET_MIRRORS")
CHECK_PROXY_OR_NO_PROXY = Text(
    "check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or name the host in NO_PROXY"
)
COMPARE_CLOCK = Text("compare it with another clock, and set it if it is wrong")
FASTER_ENDPOINT = Text("use a faster endpoint, or come back at another hour")
GIVE_TOKEN_OR_PUBLIC_REPO = Text(
    "give it one: --endpoint URL --token-file FILE; or name a public repo: hfget mirrors REPO"
)
NETWORK_LOGIN = Text(
    "open any page in a browser and log in; or check that this is the address of a hub"
)
OTHER_ENDPOINT_BROKEN = Text(
    "use another endpoint: this one, or something before it, does not keep to HTTP"
)
OTHER_ENDPOINT_BYTES = Text("use another endpoint; something changes files on the way, or there")
OTHER_ENDPOINT_DATA = Text(
    "use an endpoint that brings the files too; this one cannot help from here"
)
OTHER_ENDPOINT_RANGES = Text(
    "use another endpoint for large files: here one that breaks off begins anew"
)
OTHER_NAME_SERVER = Text(
    "ask another name server, for instance 1.1.1.1 or 223.5.5.5, or use a proxy"
)
SERVER_LATER = Text("try again later; the fault is not on your side")
SET_CLOCK = Text("set it: certificates and signed addresses go by it")
WAIT_AND_SLOW_DOWN = Text("wait {wait}, then use fewer connections: -x 2 -j 2")
WAIT_MINUTES = Text("wait some minutes, then use fewer connections: -x 2 -j 2")
WAY_BLOCKED = Text(
    "it is down, or blocked in this network: use an endpoint that works, or a proxy (HTTPS_PROXY)"
)
WAY_CUT = Text(
    "something cuts the connection: use an endpoint that works, or a proxy (HTTPS_PROXY)"
)
WAY_REFUSED = Text(
    "nothing listens there, or a firewall says no: use an endpoint that works, or a proxy "
    "(HTTPS_PROXY)"
)
WAY_TLS = Text(
    "something disturbs TLS to this host: use an endpoint that works, or a proxy (HTTPS_PROXY)"
)
