"""Which statuses pass: the one table for API calls and for content, with who says so."""

from __future__ import annotations

#: Statuses that pass, beside those from 500 on: `curl --retry` and
#: huggingface_hub (`http_backoff`) repeat some of these, CDNs have more of them (520 to 530 are
#: Cloudflare's, 509 is cPanel's, 529 and 598 are proxies'). The request is repeated as it is.
#: All other statuses from 400 on are final.
PASSING = frozenset(
    {
        101,  # RFC 9110, 15.2.2: an answer to what was not asked
        202,  # RFC 9110, 15.3.3: not done yet
        204,  # RFC 9110, 15.3.5: an answer without what was asked for
        205,  # RFC 9110, 15.3.6: as 204
        300,  # RFC 9110, 15.4.1: a choice, and no way to make it
        304,  # RFC 9110, 15.4.5: an answer to a condition that was not made, of a broken cache
        305,  # RFC 9110, 15.4.6: withdrawn; does not say where to go
        306,  # RFC 9110, 15.4.7: as 305
        408,  # RFC 9110, 15.5.9: the server waited too long; curl --retry
        409,  # RFC 9110, 15.5.10: in conflict with what goes on there now
        420,  # Twitter's, and proxies after it: as 429
        421,  # RFC 9110, 15.5.20: another connection may be answered
        423,  # RFC 4918, 11.3: locked for now
        425,  # RFC 8470, 5.2: too early
        429,  # RFC 6585, 4: too many requests; curl --retry, http_backoff
        449,  # Microsoft's MS-WDV, 2.2.6: to be asked again
        460,  # AWS Elastic Load Balancing: the connection to the client was cut
        499,  # nginx, passed on by CDNs: the connection behind it was cut
    }
)
#: They ask for calm: fewer connections, and a pause for all of them.
CALM = frozenset({420, 429, 509})
