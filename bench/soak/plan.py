"""What one session of a soak is to be: who comes, by which door, what goes wrong, and how the client leaves. Pure."""

import random
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TypeVar

import attrs

T = TypeVar("T")


class Way(StrEnum):
    """How a client comes."""

    SOCKET = "a socket"
    MADE = "made over HTTP, then a socket"
    CALL = "a call, attached"
    BROKERED = "a call, brokered"
    VISIT = "no session"  # somebody who upsets the HTTP side, and does not count


class Octi(StrEnum):
    """Which octi it comes to."""

    PROVIDER = "provider"
    ENGINE = "engine"


# How a socket's client leaves; `leaving` says what each does.
POLITE = ("closes", "closes with a code")
RUDE = (
    *("vanishes", "resets", "half open", "stalls", "garbage", "bad text", "unmasked", "too large", "half a frame"),
    *("slow", "floods"),
)
# What a provider does in the middle of an answer: the kinds of docs/scenarios.md.
TROUBLES = (
    *("close", "half_open", "stall", "error", "rate_limit", "failed", "incomplete", "malformed", "lost", "doubled"),
    *("reordered", "unknown", "empty_audio", "session_end", "cancelled", "broken"),
)
# What a provider does when octi dials it: `provider` has the models of these names.
MODELS = ("refuses", "busy", "drops", "late", "away")
# Who upsets the HTTP side; `visiting` says what each does.
VISITS = ("garbage", "half a head", "half an upgrade", "bad upgrade", "half a body", "leaves early", "unknown session")


@attrs.frozen(kw_only=True)
class Plan:
    """One session."""

    number: int
    octi: Octi
    way: Way
    realtime: bool  # by the Realtime API's door, not by octi's own
    model: str = ""  # "": one that works
    trouble: str = ""  # "": none
    leaves: str = "closes"
    visits: str = ""
    stays_s: float = 30.0  # at most; less cuts whatever is under way
    speaks: bool = False
    writes: bool = False  # the agent has no voice
    returns: bool = False  # its secret opens it a second time
    followed: bool = False
    extracts: bool = False
    deleted: bool = False

    def kinds(self) -> Iterator[str]:
        """What is counted of it."""
        yield f"came: {self.way}"
        yield f"octi: {self.octi}"
        if self.way is Way.VISIT:
            yield f"visit: {self.visits}"
            return
        if self.way in {Way.SOCKET, Way.MADE}:
            yield f"door: {'realtime' if self.realtime else 'octi'}"
            yield f"client: {self.leaves}"
        for what, said in (("provider", self.trouble), ("dialled", self.model)):
            if said:
                yield f"{what}: {said}"
        flags = ("returns", "followed", "extracts", "deleted", "speaks")
        yield from (f"also: {flag}" for flag in flags if getattr(self, flag))
        if self.stays_s < HASTY_S:
            yield "also: cut at random"


HASTY_S = 3.0


def plans(seed: int, *, engine: bool) -> Iterator[Plan]:
    """Sessions without end; the same seed gives the same ones. `engine`: some for an octi with the embedded engine."""
    chance = random.Random(seed)
    number = 0
    while True:
        yield _plan(number, chance, engine=engine)
        number += 1


def _plan(number: int, chance: random.Random, *, engine: bool) -> Plan:
    octi = Octi.ENGINE if engine and chance.random() < 0.2 else Octi.PROVIDER
    provider = octi is Octi.PROVIDER
    ways = {Way.SOCKET: 10, Way.MADE: 6, Way.VISIT: 2} | ({Way.CALL: 3, Way.BROKERED: 1} if provider else {})
    way = chance.choices(list(ways), list(ways.values()))[0]
    made = way is Way.MADE
    return Plan(
        number=number,
        octi=octi,
        way=way,
        realtime=chance.random() < 0.5,
        model=_sometimes(chance, 0.06, MODELS) if provider and way in {Way.SOCKET, Way.MADE} else "",
        trouble=_sometimes(chance, 0.5, TROUBLES) if provider and way in {Way.SOCKET, Way.MADE} else "",
        leaves=_sometimes(chance, 0.5, RUDE) or chance.choice(POLITE),
        visits=chance.choice(VISITS) if way is Way.VISIT else "",
        stays_s=chance.uniform(0, HASTY_S) if chance.random() < 0.25 else 30.0,
        speaks=chance.random() < 0.3,
        writes=made and chance.random() < 0.5,
        returns=made and chance.random() < 0.4,
        followed=way in {Way.MADE, Way.CALL} and chance.random() < 0.4,
        extracts=way in {Way.MADE, Way.CALL} and chance.random() < 0.3,
        deleted=way in {Way.MADE, Way.CALL} and chance.random() < 0.4,
    )


def _sometimes(chance: random.Random, how_often: float, which: Sequence[str]) -> str:
    return chance.choice(which) if chance.random() < how_often else ""
