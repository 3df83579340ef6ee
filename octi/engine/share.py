"""One conversation's share of the speech that all use: where one asks for much, that one waits, and not the others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import attrs
import trio

from octi.engine.base import ENGLISH, Ear
from octi.engine.counted import Counted
from octi.errors import EngineFailed

MOST_AT_ONCE = 2  # pieces of work: one that hangs does not hold up all the others
MOST_WAITING = 16  # more is a client gone wild, and each may keep ten minutes of sound


@attrs.define(eq=False)
class Share:
    """Implements `Speech` over everybody's: two pieces of work at a time, so each conversation has its turn.

    What waits here waits as long as what is before it takes, which has limits. Who comes when `MOST_WAITING` wait is
    refused.
    """

    _everybodys: Counted
    _places: trio.Semaphore = attrs.field(init=False, factory=partial(trio.Semaphore, MOST_AT_ONCE))

    def open_ear(self) -> Ear:
        """A new ear, with no memory of any other."""
        return self._everybodys.open_ear()

    async def recognise(self, pcm: bytes, *, language: str = ENGLISH) -> str:
        """As `Speech` does. Raises EngineFailed."""
        async with self._place():
            return await self._everybodys.recognise(pcm, language=language)

    async def synthesise(self, text: str, *, voice: str, speed: float, language: str = ENGLISH) -> bytes:
        """As `Speech` does. Raises EngineFailed."""
        async with self._place():
            return await self._everybodys.synthesise(text, voice=voice, speed=speed, language=language)

    async def glimpse(self, pcm: bytes, *, language: str = ENGLISH) -> str | None:
        """As `Counted` does: it waits for nobody. Raises EngineFailed."""
        return await self._everybodys.glimpse(pcm, language=language)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        waiting = self._places.statistics().tasks_waiting
        if waiting >= MOST_WAITING:
            raise EngineFailed(f"busy: {waiting} pieces of this conversation's own work are waiting")
        async with self._places:
            yield
