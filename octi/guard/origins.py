"""Web pages that may speak to octi from a browser: by the `Origin` and `Host` of what it sends. Pure.

Whoever is no browser sends no `Origin`, or one that he made up: against him this is no guard, and need be none. It
keeps a page that somebody happens to visit from speaking to an octi that only this somebody's machine reaches.
"""

import ipaddress

import attrs

from octi.access_config import host_in, is_here, origin_of


@attrs.frozen(kw_only=True)
class Origins:
    """Whose pages may."""

    listed: frozenset[str] = frozenset()  # as browsers write them
    any: bool = False
    loopback: bool = False  # pages of this machine may, whatever their port
    strict: bool = False  # nobody is asked who he is: so it counts by which name octi is called

    def allow(self, origin: str | None, host: str) -> bool:
        """May a page of this origin speak to octi? None: it is no page. host: by which name and port octi is called."""
        if origin is None or self.any:
            return True
        said = origin_of(origin)
        if not said:
            return False
        return said in self.listed or (self.loopback and is_here(host_in(origin))) or is_own(said, host)

    def know(self, host: str) -> bool:
        """Is this a name by which octi may be called?

        A page can have a name of its own lead to an octi that only its visitor's machine reaches, and then it is of
        octi's own origin. Not to a name without a dot, for nobody sells those, nor to an address that is one already.
        """
        if not self.strict or self.any:
            return True
        name = host_in(f"//{host}")
        return bool(name) and (is_plain(name) or any(host_in(each) == name for each in self.listed))


def is_own(origin: str, host: str) -> bool:
    """Is a page octi's own, by the name by which it calls octi? Only where octi is known by that name."""
    return origin.partition("://")[2] == host.strip().lower()


def is_plain(name: str) -> bool:
    """Is it an address, or a name that can be had on a local network alone?"""
    return is_here(name) or "." not in name.rstrip(".") or is_address(name)


def is_address(name: str) -> bool:
    """Is it an IP address?"""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
