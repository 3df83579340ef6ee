"""In place of a hearer, where no speech engine is installed: what is typed works, and who speaks is told why not."""

from collections.abc import Iterable, Mapping, Sequence

import attrs
import trio

from octi.engine.answer import Emit
from octi.engine.items import Entry
from octi.engine.listening import Listening
from octi.engine.turn_taking import IsEcho, never
from octi.errors import BadMessage

NO_VOICE = "The speech engine is not installed here: audio cannot be heard. Typed conversations work."


@attrs.define(eq=False)
class Deaf:
    """Hears nothing, as `Hearer` would hear it."""

    emit: Emit
    speaking: bool = False
    now_ms: int = 0
    loudness: Sequence[float] = ()
    _told: bool = False  # that audio cannot be heard; not again for every 20 ms of a microphone

    def listen(self, listening: Listening) -> None:
        """The client goes about it in another way; it is told again."""
        self._told = False

    async def append(self, audio: str, *, over_agent: bool, echo: IsEcho = never) -> None:
        """Raises BadMessage, once."""
        await trio.lowlevel.checkpoint()
        if not self._told:
            self._told = True
            raise _no_voice()

    def commit(self) -> None:
        """Raises BadMessage."""
        self._told = False
        raise _no_voice()

    def clear(self) -> None:
        """Nothing was heard, so nothing is left."""
        self._told = False
        self.emit("input_audio_buffer.cleared")

    def expect(self, *sounds: Mapping[int, bytes], param: str) -> None:
        """Raises BadMessage if there is any sound in them."""
        if any(sounds):
            raise _no_voice()

    def read(self, entry: Entry, sounds: Mapping[int, bytes]) -> None:
        """There are no sounds: `expect` has refused them."""

    def add_silence(self, since_ms: int) -> None:
        """Who hears nobody does not know that they are silent."""

    async def wait_heard(self, entries: Iterable[Entry]) -> None:
        """All words are typed."""
        await trio.lowlevel.checkpoint()


def _no_voice() -> BadMessage:
    return BadMessage(NO_VOICE, "type", "engine_missing")
