"""Whose client a request is, when it comes through proxies: what those said who are trusted.

Only `X-Forwarded-For` counts. nginx, Caddy and Traefik write that one, and pass `Forwarded` on as it came: with both
read, a client could choose its address by writing the other.
"""

import ipaddress
from collections.abc import Iterable, Sequence

from octi.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_of(peer: str, forwarded_for: Iterable[str], trusted: Sequence[Network]) -> str:
    """The client's address: the last one, seen from here, that no trusted proxy has. `peer` is who is connected.

    forwarded_for: the values of all X-Forwarded-For headers, in their order; each proxy adds its own peer at the end.
    What stands before an address that is not trusted, or before what is none, may be made up, and is not looked at.
    """
    client = peer
    told = [each for line in forwarded_for for each in line.split(",")]
    while told and is_trusted(client, trusted) and (said := address_in(told.pop())):
        client = str(said)
    return client


def is_trusted(client: str, trusted: Sequence[Network]) -> bool:
    """Is it an address of one of these?"""
    address = address_in(client)
    return address is not None and any(address in network for network in trusted)


def address_in(text: str) -> Address | None:
    """The IP address in a text, with or without a port; an IPv4 address that came over IPv6 as itself."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
