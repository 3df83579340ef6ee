"""Saying an answer: what the brain thinks of, sentence by sentence, spoken or written, as far as its tokens last."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Any

import attrs

from octi.engine.answer import Answer
from octi.engine.base import Brain, Call, HangUp, Prompt, Say, Speech
from octi.engine.brains.sentences import pause_in
from octi.engine.budget import fitting
from octi.units import pcm_bytes, playing_time

LONGEST_SAID = 500  # characters that are spoken at once; a worker takes longer over twice as many than over them twice
DELTA_BYTES = pcm_bytes(100)  # of voice in one event


class OutOfTokens(Exception):
    """The answer is as long as it may be. Never leaves this module."""


@attrs.frozen(kw_only=True, eq=False)
class Delivery:
    """Delivers one answer.

    on_sound: told of each piece of voice that was sent, before anybody can hear it. on_hang_up: told the close code.
    """

    answer: Answer
    brain: Brain
    speech: Speech | None  # None: it is written
    speed: float
    language: str
    on_sound: Callable[[bytes], None]
    on_hang_up: Callable[[int], None]
    wait_room: Callable[[], Awaitable[None]]

    async def deliver(self, prompt: Prompt) -> bool:
        """Say it all; False if it had to stop short of its end. Raises EngineFailed."""
        try:
            await self._answer(prompt)
        except OutOfTokens:
            return False
        return True

    async def _answer(self, prompt: Prompt) -> None:
        async with aclosing(self.brain.answer(prompt)) as sayings:
            space = ""  # between two sentences of one item
            async for piece in sayings:
                match piece:
                    case Say(text):
                        for part in breaths(space + text):
                            await self._say(part)
                        space = " "
                    case Call(name, arguments):
                        self._call(name, dict(arguments))
                        space = ""
                    case HangUp(code):
                        self.on_hang_up(code)

    def _call(self, name: str, arguments: dict[str, Any]) -> None:
        """A function is called with all of its arguments, or not at all."""
        if not self.answer.affords(arguments):
            raise OutOfTokens
        self.answer.call(name, arguments)

    async def _say(self, text: str) -> None:
        """One sentence: its words, then its sound in pieces, no faster than the leg takes them."""
        answer, pcm = self.answer, b""
        if self.speech is not None and answer.audible:
            pcm = await self.speech.synthesise(
                text.strip(), voice=answer.voice, speed=self.speed, language=self.language
            )
        short = not answer.fits(text, playing_time(len(pcm)))
        if short:
            text, kept_ms = fitting(text, playing_time(len(pcm)), answer.fits)
            pcm = pcm[: pcm_bytes(kept_ms)]
        if text:
            answer.words(text)
            await self._utter(pcm)
        if short:
            raise OutOfTokens

    async def _utter(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), DELTA_BYTES):
            if self.answer.done:  # cut while it waited, and not yet told so by its scope
                return
            piece = pcm[start : start + DELTA_BYTES]
            self.answer.sound(piece)
            self.on_sound(piece)
            await self.wait_room()


def breaths(text: str) -> Iterator[str]:
    """A sentence in the pieces in which it is spoken; nearly always one."""
    while len(text) > LONGEST_SAID and (place := pause_in(text)):
        yield text[:place]
        text = text[place:]
    yield text
