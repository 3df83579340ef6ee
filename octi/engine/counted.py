"""Speech that knows how much work is under way for all sessions, so that what can be left undone waits for none."""

from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from octi.engine.base import ENGLISH, Ear, Speech


@attrs.define(eq=False)
class Counted:
    """Implements `Speech` over another one."""

    speech: Speech
    under_way: int = attrs.field(init=False, default=0)  # pieces of work that were asked for and are not done

    def open_ear(self) -> Ear:
        """A new ear, with no memory of any other."""
        return self.speech.open_ear()

    async def recognise(self, pcm: bytes, *, language: str = ENGLISH) -> str:
        """As the other one does. Raises EngineFailed."""
        with self._one_more():
            return await self.speech.recognise(pcm, language=language)

    async def synthesise(self, text: str, *, voice: str, speed: float, language: str = ENGLISH) -> bytes:
        """As the other one does. Raises EngineFailed."""
        with self._one_more():
            return await self.speech.synthesise(text, voice=voice, speed=speed, language=language)

    async def glimpse(self, pcm: bytes, *, language: str = ENGLISH) -> str | None:
        """The words so far in something that is not finished; None, at once, if there is other work.

        So at most one worker does such a thing, and none begins one that somebody else could be waiting for.
        Raises EngineFailed.
        """
        return None if self.under_way else await self.recognise(pcm, language=language)

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
