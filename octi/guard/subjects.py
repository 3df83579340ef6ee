"""For whom a caller's limits are counted. Pure."""

import ipaddress
from collections.abc import Hashable, Mapping

from octi.guard.caller import Caller

CUSTOMER = 64  # the bits of an IPv6 address that whoever has one customer's network cannot choose


def subjects_of(caller: Caller) -> Mapping[str, Hashable]:
    """Whom a caller counts for, by the name of the table in `LimitRule`. What he is not known to be he is not."""
    known = {
        "per_address": network_of(caller.address),
        "per_user": (caller.tenant, caller.user) if caller.user else "",
        "per_key": caller.key,
        "per_tenant": caller.tenant,
        "per_node": True,
    }
    return {name: subject for name, subject in known.items() if subject}


def network_of(address: str) -> str:
    """Whose an address is: an IPv4 address as it is, also one that came over IPv6; of IPv6 the first 64 bits."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, CUSTOMER), strict=False))
