"""Recognising one turn: begun early, while the user may only be drawing breath, and thrown away if they go on."""

import attrs
import trio

from octi.engine.base import ENGLISH, FRAME_MS, Frame, Speech
from octi.engine.listener import pieces
from octi.engine.words import without_filler
from octi.errors import EngineFailed

VOICED = 0.5  # a frame so likely speech is voice


@attrs.define(eq=False)
class Recognition:
    """One turn's words, once they are known. `run` is somebody else's task; `cancel` ends it."""

    frames: list[Frame]
    language: str = ENGLISH
    words: str = ""
    error: EngineFailed | None = None
    _known: trio.Event = attrs.field(factory=trio.Event)
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    @property
    def audio_ms(self) -> int:
        """How long the turn is."""
        return len(self.frames) * FRAME_MS

    @property
    def known(self) -> bool:
        """Do `words` or `error` tell?"""
        return self._known.is_set()

    async def run(self, speech: Speech) -> None:
        """Recognise; afterwards either `words` or `error` tells."""
        with self._scope:
            try:
                found = [await speech.recognise(piece, language=self.language) for piece in pieces(self.frames)]
                self.words = without_filler(" ".join(filter(None, found)), self._voiced_ms(), self.language)
            except EngineFailed as error:
                self.error = error
            self._known.set()

    def cancel(self) -> None:
        """The user went on: this was not all of it."""
        self._scope.cancel(reason="the user went on speaking")

    async def wait_known(self) -> None:
        """Return when the words, or the error, are there."""
        await self._known.wait()

    def _voiced_ms(self) -> int:
        return FRAME_MS * sum(frame.speech >= VOICED for frame in self.frames)
