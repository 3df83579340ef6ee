"""A leg on which the first words were said before its session came: the session hears them as if it had been there."""

import attrs

from octi.websocket.base import BREATH, Handle, Leg, Message


@attrs.define(eq=False)
class WarmLeg:
    """Repeats what the provider said (`websocket.base.Leg`), and keeps to itself the update that was sent already.

    Another update than that is passed on: all that a session changes of its set-up on the way are its instructions
    (`Setup.saying`), and those take the place of the ones that the leg was told.
    """

    leg: Leg
    _said: list[Message]  # not heard by the session yet
    _update: bytes | None = None  # what the leg was configured with; None: nothing yet, or that is settled
    _confirmed: list[Message] = attrs.field(factory=list)  # what the provider answered to it

    # The first words

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        """See `Leg.send`."""
        if self._update is not None:
            update, self._update = self._update, None
            if data == update:
                self._said = [*self._said, *self._confirmed]
                return
        self.leg.send(data, text=text, audio=audio)

    async def receive(self) -> list[Message]:
        """See `Leg.receive`."""
        return self._take() or await self.leg.receive()

    async def pump(self, handle: Handle) -> None:
        """See `Leg.pump`."""
        while self._said:
            if handle(self._take()):
                return
        await self.leg.pump(handle)

    def _take(self) -> list[Message]:
        taken, self._said = self._said[:BREATH], self._said[BREATH:]
        return taken

    # All else is the leg's

    @property
    def heard_at(self) -> float:
        """See `Leg.heard_at`."""
        return self.leg.heard_at

    @property
    def dropped_bytes(self) -> int:
        """See `Leg.dropped_bytes`."""
        return self.leg.dropped_bytes

    @property
    def waiting_bytes(self) -> int:
        """See `Leg.waiting_bytes`."""
        return self.leg.waiting_bytes

    @property
    def has_room(self) -> bool:
        """See `Leg.has_room`."""
        return self.leg.has_room

    def drop_audio(self) -> None:
        """See `Leg.drop_audio`."""
        self.leg.drop_audio()

    def ping(self) -> None:
        """See `Leg.ping`."""
        self.leg.ping()

    async def wait_room(self) -> None:
        """See `Leg.wait_room`."""
        await self.leg.wait_room()

    async def write(self) -> None:
        """See `Leg.write`."""
        await self.leg.write()

    async def close(self, code: int, reason: str) -> None:
        """See `Leg.close`."""
        await self.leg.close(code, reason)
