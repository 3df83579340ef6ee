"""The connections that octi holds at once: so many in all, so many of one address, and who makes room for a newcomer.

The policy: whoever still asks makes room, the one that has asked for longest first, and only whoever has the newcomer's
address where that has too many. To ask is all that costs a stranger nothing: to shake hands for TLS, to send a head or
a body, to pause between two requests. Whoever is served, an answer or a socket, is never sent away: then it is the
newcomer who is not let in.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
import trio

from octi.settings import Network

IPV6_SITE_BITS = 64  # so much of an address its owner is given; the rest is his to choose


@attrs.define(eq=False)
class Place:
    """One connection's place in the crowd."""

    _crowd: "Crowd"
    source: str  # whose it is; "" for one who is not counted by address
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)  # cancelled to make room

    def asks(self) -> None:
        """From now on it could make room."""
        self._crowd.asks(self)

    def is_served(self) -> None:
        """From now on it stays."""
        self._crowd.is_served(self)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold it for as long as the connection lasts, which may be cut short."""
        try:
            with self.scope:
                yield
        finally:
            self._crowd.leaves(self)


@attrs.define(eq=False)
class Crowd:
    """All connections. `most` and `most_each`: bounds in all and of one address; 0 for none.

    spared: networks whose addresses stand for many clients, as a proxy's does; they have no bound of their own.
    """

    most: int = 0
    most_each: int = 0
    spared: Sequence[Network] = ()
    displaced: int = 0  # who made room, since octi began
    refused: int = 0  # newcomers who found none
    _all: set[Place] = attrs.field(factory=set)
    _each: Counter[str] = attrs.field(factory=Counter)
    _asking: dict[Place, None] = attrs.field(factory=dict)  # in the order of their beginning
    _asking_of: dict[str, dict[Place, None]] = attrs.field(factory=dict)  # the same, by source

    def __len__(self) -> int:
        return len(self._all)

    @property
    def asking(self) -> int:
        """How many of them could make room."""
        return len(self._asking)

    def enter(self, address: str = "") -> Place | None:
        """A newcomer's place, which begins by asking; None if there is none."""
        source = self._source_of(address)
        if self._is_full_for(source) and not self._displace(self._asking_of.get(source)):
            self.refused += 1
            return None
        if 0 < self.most <= len(self._all) and not self._displace(self._asking):
            self.refused += 1
            return None
        place = Place(self, source)
        self._all.add(place)
        self._each[source] += 1
        self.asks(place)
        return place

    def make_room(self) -> bool:
        """Send away the one that has asked for longest, if there is one."""
        return self._displace(self._asking)

    def asks(self, place: Place) -> None:
        """See `Place.asks`."""
        if place in self._all:
            self.is_served(place)
            self._asking[place] = None
            self._asking_of.setdefault(place.source, {})[place] = None

    def is_served(self, place: Place) -> None:
        """See `Place.is_served`."""
        if place in self._asking:
            del self._asking[place]
            fellows = self._asking_of[place.source]
            del fellows[place]
            if not fellows:
                del self._asking_of[place.source]

    def leaves(self, place: Place) -> None:
        """The place is free. A second time it does nothing."""
        if place in self._all:
            self.is_served(place)
            self._all.remove(place)
            self._each[place.source] -= 1
            if not self._each[place.source]:
                del self._each[place.source]

    def _is_full_for(self, source: str) -> bool:
        return bool(source) and 0 < self.most_each <= self._each[source]

    def _displace(self, among: dict[Place, None] | None) -> bool:
        oldest = next(iter(among), None) if among else None
        if oldest is None:
            return False
        self.leaves(oldest)  # at once: what it holds goes within a turn of the loop or two
        oldest.scope.cancel(reason="another connection needs the place")
        self.displaced += 1
        return True

    def _source_of(self, address: str) -> str:
        """Whom an address belongs to: itself, or its site, and "" for whoever is spared."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return ""
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_loopback or any(ip in network for network in self.spared):
            return ""
        return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, IPV6_SITE_BITS), strict=False))
