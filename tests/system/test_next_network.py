"""Where hub, mirror, proxy or certificate fails, what is advised mends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.hub import Fault, effects
from tests.hub.faults import Effect
from tests.hub.repos import make_model
from tests.support.advised import Desk, Scenario
from tests.support.certificates import PrivateCA
from tests.support.loopback import Answer, Asked, Loopback
from tests.support.network import closed_port
from tests.trials.middleboxes import Proxy, TlsFront

_TOKEN = "made-up-for-this-test"
_PLAIN = "org/m --retries 0"
_MIRROR = "org/m --endpoint {mirror}"


def faulty(
    effect: Effect, path: str = "/api/*", code: int | None = 5, *also: str, line: str = _PLAIN
) -> Scenario:
    """The hub answers so for ever: a mirror that does not is advised, and whatever `also` is."""

    def scenario(desk: Desk) -> None:
        desk.hub.faults.add(Fault(effect, origin="hub", path=path, times=None))
        desk.wrong(line, code)
        for one in also:
            desk.right(one)
        desk.right(_MIRROR.format(mirror=desk.hub.foreign))

    return scenario


@contextmanager
def proxy_like(desk: Desk, answer: Answer | None = None, login: str = "") -> Iterator[str]:
    """A proxy of the hub, which answers so to those without that login; its host and port."""
    import requests

    def reply(asked: Asked) -> Answer:
        if answer is not None and login not in asked.headers.get("proxy-authorization", ""):
            return answer
        at = asked.target.removeprefix("http://hub.test")
        url = desk.hub.endpoint + at if at.startswith("/") else at
        kept = {
            name: asked.headers[name]
            for name in ("range", "authorization")
            if name in asked.headers
        }
        with requests.Session() as session:
            session.trust_env = False
            got = session.get(url, headers=kept, timeout=20, allow_redirects=False)
        back = (
            "x-repo-commit",
            "x-linked-size",
            "etag",
            "content-range",
            "content-type",
            "link",
            "location",
        )
        return Answer(
            got.content,
            got.status_code,
            {k: v for k, v in got.headers.items() if k.lower() in back},
        )

    with Loopback(reply) as proxy:
        yield f"127.0.0.1:{proxy.port}"


def _other_data_host(desk: Desk) -> None:
    host = f"127.0.0.1:{closed_port()}"
    away = effects.Redirect(f"http://{host}{{target}}")
    desk.hub.faults.add(Fault(away, origin="hub", path="*/resolve/*", times=None))
    desk.wrong(_PLAIN, 5)
    desk.right(f"org/m --rewrite-host {host}={desk.hub.foreign.partition('://')[2]}")
    desk.right(f"org/m --force --endpoint {desk.hub.endpoint} --endpoint {desk.hub.foreign}")


def _data_host_refuses(desk: Desk) -> None:
    host = effects.Redirect("{foreign}{target}")
    desk.hub.faults.add(Fault(host, origin="hub", path="*/resolve/*", times=None))
    refuses = Fault(effects.Status(403), origin="foreign", path="*/resolve/*", times=None)
    desk.hub.faults.add(refuses)
    desk.wrong("org/m d.txt", 5)
    with proxy_like(desk) as mirror:
        desk.hub.faults.clear()
        desk.right(f"org/m --endpoint http://{mirror}")


def _private_target(desk: Desk) -> None:
    with proxy_like(desk) as proxy:
        desk.patch.setenv("HTTP_PROXY", f"http://{proxy}")
        desk.wrong("org/s --endpoint http://hub.test --retries 0", 8)
        desk.right("org/s --endpoint http://hub.test --allow-private")


def _through_no_proxy(desk: Desk) -> None:
    with ExitStack() as stack:
        ca = PrivateCA(desk.folder)
        front = TlsFront(stack, ca.trusted, desk.hub.endpoint)
        desk.patch.setenv("SSL_CERT_FILE", str(ca.bundle))
        desk.patch.setenv("HTTPS_PROXY", f"http://{Proxy(stack, status=403).address}")
        line = f"org/m --endpoint {front.url} --allow-http-data --retries 0"
        desk.wrong(line, 4)
        desk.right(f"NO_PROXY=127.0.0.1 {line}")


def _proxy_login(desk: Desk) -> None:
    wants = Answer(b"", 407, {"Proxy-Authenticate": "Basic"})
    with proxy_like(desk, wants, "dTpw") as proxy:
        desk.wrong(f"HTTP_PROXY=http://{proxy} {_PLAIN}", 4)
        given = f"http://u:p@{proxy}"
        desk.right(f"HTTP_PROXY={given} HTTPS_PROXY={given} org/m")


def _proxy_address(desk: Desk) -> None:
    with proxy_like(desk) as proxy:
        desk.wrong(f"HTTP_PROXY=http://:99999 {_PLAIN}", 2)
        given = f"http://{proxy}"
        desk.right(f"HTTPS_PROXY={given} HTTP_PROXY={given} org/m")
        desk.right(f"ALL_PROXY={given} org/m --force")


def _no_proxy(desk: Desk) -> None:
    dead = f"http://127.0.0.1:{closed_port()}"
    desk.wrong("org/m --no-proxy", 2)
    desk.right("HTTPS_PROXY= HTTP_PROXY= org/m")
    desk.right(f"HTTP_PROXY={dead} HTTPS_PROXY={dead} NO_PROXY=127.0.0.1 org/m --force")


def _over_tls(desk: Desk) -> None:
    """A CA of the network's own; then the same by way of a proxy."""
    with ExitStack() as stack:
        ca = PrivateCA(desk.folder)
        front = TlsFront(stack, ca.trusted, desk.hub.endpoint)
        line = f"org/m d.txt --endpoint {front.url} --retries 0"
        if desk.advice == "SET_PROXY":
            proxy = Proxy(stack)
            desk.wrong("org/m --proxy x", 2)
            desk.right(f"HTTPS_PROXY=http://{proxy.address} SSL_CERT_FILE={ca.bundle} {line}")
            assert proxy.heads, "no request came by way of the proxy"
            return
        desk.wrong(line if desk.advice == "NAME_OWN_CA" else "org/m --cacert x")
        desk.right(f"REQUESTS_CA_BUNDLE={ca.bundle} {line}")


def _plain_data(desk: Desk) -> None:
    with ExitStack() as stack:
        ca = PrivateCA(desk.folder)
        front = TlsFront(stack, ca.trusted, desk.hub.endpoint)
        desk.patch.setenv("SSL_CERT_FILE", str(ca.bundle))
        desk.wrong(f"org/s --endpoint {front.url} --retries 0", 8)
        desk.right(f"org/s --endpoint {front.url} --allow-http-data")
        desk.right("org/s --force --endpoint {hub}")


def _token_in_the_clear(desk: Desk) -> None:
    """By way of a proxy the token would go in the clear."""
    with proxy_like(desk) as proxy:
        desk.patch.setenv("HTTP_PROXY", f"http://{proxy}")
        desk.wrong(f"org/p --token {_TOKEN} --retries 0", 8)
        desk.right(f"NO_PROXY=127.0.0.1 org/p --token {_TOKEN}")


def _listed_twice(desk: Desk) -> None:
    desk.right(f"org/m --endpoint {desk.hub.foreign}")

    def other(listing: object) -> object:
        for entry in listing if isinstance(listing, list) else ():
            if entry.get("path") == "d.txt":
                entry["oid"] = "0" * 40
        return listing

    desk.hub.faults.add(Fault(effects.EditJson(other), origin="hub", path="/api/*", times=None))
    desk.worked.clear()
    desk.wrong("org/m c.json", 8)
    desk.right(f"org/m c.json --endpoint {desk.hub.foreign}")
    desk.right("org/m c.json --force")


def _recorded_listing(desk: Desk) -> None:
    desk.right("org/m d.txt")
    desk.worked.clear()
    desk.hub.faults.add(Fault(effects.BitFlip(0), origin="hub", path="*/c.json", times=None))
    desk.wrong("org/m c.json --retries 0", 6)
    desk.right(f"org/m c.json --endpoint {desk.hub.foreign}")


def _locked(desk: Desk) -> None:
    """The hub has been changed under the commit that is locked."""
    desk.right("lock org/m")
    desk.worked.clear()
    lock = desk.folder / "hfget.lock"
    right = lock.read_text()
    wrong = right.replace('path = "d.txt"', 'path = "e.txt"')
    assert wrong != right
    lock.write_text(wrong)
    desk.wrong("sync --retries 0")
    lock.write_text(right)
    desk.right(f"sync --endpoint {desk.hub.foreign}")
    lock.write_text(wrong)
    make_model(desk.hub.store.roots[0], "org/m", {"new.txt": "new"})
    desk.hub.rescan()
    desk.right("lock --update")
    desk.right("sync")
    (desk.hub.store.roots[0] / "org" / "m" / "new.txt").unlink()
    desk.hub.rescan()


def _lister_is_wrong(desk: Desk) -> None:
    """Both send the same bytes, which are not those that one of them lists."""

    def other(listing: object) -> object:
        for entry in listing if isinstance(listing, list) else ():
            entry["oid"] = "0" * 40
        return listing

    desk.hub.faults.add(Fault(effects.EditJson(other), origin="hub", path="/api/*", times=None))
    desk.wrong("org/m d.txt --endpoint {hub} --endpoint {mirror}", 6)
    desk.right("org/m d.txt --force --endpoint {mirror} --endpoint {hub}")


SCENARIOS: dict[str, Scenario] = {
    "ADD_ENDPOINT_OR_REWRITE": _other_data_host,
    "ALLOW_PRIVATE": _private_target,
    "ASK_OR_NO_PROXY": _through_no_proxy,
    "CHECK_ENDPOINT_AND_LOGIN_PAGE": faulty(
        effects.EditJson(lambda found: [1]), "/api/*", 5, "HF_ENDPOINT={mirror} org/m"
    ),
    "CHECK_LOGIN": faulty(
        effects.Status(401, {"X-Error-Message": "Invalid credentials in Authorization header"}),
        "/api/*",
        4,
        "HF_ENDPOINT={mirror} org/m",
        line="org/m --endpoint http://u:p@{host}",
    ),
    "CHECK_PROXY": _proxy_address,
    "FORCE_OR_ENDPOINT": _listed_twice,
    "GO_WITHOUT_PROXY": _no_proxy,
    "HTTPS_OR_NO_PROXY": _token_in_the_clear,
    "LATER_OR_OTHER_MIRROR": faulty(effects.Status(418)),
    "LIST_ANEW": _recorded_listing,
    "MAYBE_NOT_YET": faulty(
        effects.Status(404, {"X-Error-Code": "EntryNotFound"}), "*/resolve/*", 3
    ),
    "MIRROR_DATA_HOST": _data_host_refuses,
    "NAME_LISTER_FIRST": _lister_is_wrong,
    "NAME_OWN_CA": _over_tls,
    "OTHER_MIRROR": faulty(effects.Redirect("{target}"), "/api/*"),
    "OTHER_MIRROR_OR_HTTP_DATA": _plain_data,
    "OTHER_MIRROR_OR_LOCK": _locked,
    "OUT_OF_STEP": faulty(effects.Status(404, {"X-Error-Code": "RepoNotFound"}), "*/resolve/*", 3),
    "OWN_CA": _over_tls,
    "PROXY_LOGIN": _proxy_login,
    "RUN_AGAIN_OR_OTHER_MIRROR": faulty(effects.Status(500)),
    "SET_PROXY": _over_tls,
}
