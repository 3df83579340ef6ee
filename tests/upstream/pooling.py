"""A pool of legs that wait, at work on a provider in memory."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import msgspec
import trio
from trio.testing import wait_all_tasks_blocked

from octi.observe.base import Meter
from octi.upstream.base import FreshSetup
from octi.upstream.configure import Mail, configure
from octi.upstream.warm_pool import (
    Warmed,
    WarmPool,
    open_warm_pool,
)
from octi.websocket.base import Leg
from tests.upstream.lending import MODEL, USUAL, Lending

HOUR_S = 3600.0


@attrs.define
class Counting(Meter):
    """What is counted."""

    seen: Counter[str] = attrs.field(factory=Counter)

    def warm_taken(self, how: str) -> None:
        self.seen[how] += 1

    def warm_discarded(self, reason: str) -> None:
        self.seen[reason] += 1


def pool_of(provider: Lending, size: int = 1) -> WarmPool:
    return WarmPool(upstream=provider, model=MODEL, update=USUAL.update(), size=size, meter=Counting())


def seen(pool: WarmPool) -> dict[str, int]:
    """What the pool has told."""
    assert isinstance(pool.meter, Counting)
    return dict(pool.meter.seen)


@asynccontextmanager
async def pooling(provider: Lending, size: int = 1, draining: trio.Event | None = None) -> AsyncIterator[WarmPool]:
    """A pool at work, as full as it gets."""
    async with open_warm_pool(pool_of(provider, size), trio.Event() if draining is None else draining) as pool:
        await wait_all_tasks_blocked()
        yield pool


def opens(pool: WarmPool, setup: FreshSetup = USUAL) -> Warmed:
    """The upstream of a session that wants this."""
    return Warmed(pool, setup.update())


async def session_on(leg: Leg, setup: FreshSetup = USUAL) -> dict[str, object]:
    """The session in force, once it is configured."""
    session: dict[str, object] = msgspec.json.decode(await configure(Mail(leg), setup, "scripted"))
    return session
