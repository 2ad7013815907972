"""Who a request comes from: the address of its client, through trusted proxies, and how much of it is kept.

An address is personal data (GDPR, recital 30). It is needed to share the service fairly between clients, for which it
is held in memory for minutes; in a log it is written only when a setting says so, and then only its network.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def client_address(scope: Scope, proxies: Sequence[Network] = ()) -> Address | None:
    """Return the address of the client of a request, or None where the connection has none (a Unix socket).

    ``X-Forwarded-For`` is believed only as far as trusted proxies wrote it: it is read from its end, and the first
    address that is not one of the ``proxies`` is the client. What a client writes there itself is never believed.

    >>> scope = {"type": "http", "client": ("10.0.0.1", 1), "headers": [(b"x-forwarded-for", b"6.6.6.6, 192.0.2.7")]}
    >>> client_address(scope), client_address(scope, [ip_network("10.0.0.0/8")])
    (IPv4Address('10.0.0.1'), IPv4Address('192.0.2.7'))
    """
    peer = _address((scope.get("client") or ("",))[0])
    if peer is None or not _trusted(peer, proxies):
        return peer
    named = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    for text in reversed(named):
        address = _address(text.strip())
        if address is None:
            break
        peer = address
        if not _trusted(address, proxies):
            break
    return peer


def network_of(address: Address, v4: int = 32, v6: int = 64) -> str:
    """Return the network that an address belongs to: one client has a whole /64 of IPv6 to choose addresses from.

    >>> network_of(ip_address("2001:db8:1:2:3:4:5:6")), network_of(ip_address("192.0.2.7"), v4=24)
    ('2001:db8:1:2::/64', '192.0.2.0/24')
    """
    return str(ip_network((address, v4 if address.version == 4 else v6), strict=False))


def is_internal(scope: Scope) -> bool:
    """Return whether a request comes straight from this machine or a private network, and through no proxy."""
    peer = _address((scope.get("client") or ("",))[0])
    forwarded = any(name in Headers(scope=scope) for name in _FORWARDED)
    return not forwarded and (peer is None or peer.is_loopback or peer.is_private)


@lru_cache(1024)
def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _trusted(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address in network for network in proxies)


def agent_class(agent: str) -> str:
    """Return what kind of program a client is, from ``User-Agent``: ``none``, ``robot``, ``browser`` or ``program``.

    >>> agent_class("Mozilla/5.0 (compatible; Examplebot/2.1)"), agent_class("Mozilla/5.0 …"), agent_class("curl/8.0")
    ('robot', 'browser', 'program')
    """
    lower = agent[:300].lower()
    if not lower:
        return "none"
    if any(word in lower for word in ("bot", "crawl", "spider", "slurp")):
        return "robot"
    return "browser" if lower.startswith(("mozilla/", "opera/")) else "program"
