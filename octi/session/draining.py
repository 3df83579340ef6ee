"""The end of a session when octi stops: its client is told, the turn under way is finished, and then it is closed."""

from collections.abc import Callable
from contextlib import suppress

import attrs
import trio

from octi.errors import OctiError
from octi.session.ending import Ending, stopping
from octi.session.live import LiveSessions
from octi.session.relay import Relay

LAST_TURN = "octi is restarting: this conversation ends with the turn under way; connect again for the next one"
ARRIVES_S = 0.25  # how long what was said a moment ago may be on its way
WORDS_S = 1.5  # how long the words of what the user said last are waited for
LOOK_S = 0.05  # how often it is looked whether a client has taken everything


@attrs.frozen
class Draining:
    """One session's part in octi's end."""

    draining: trio.Event
    live: LiveSessions
    relay: Relay
    stirred: trio.lowlevel.ParkingLot  # whenever something came from either side
    code: int  # closes the client's leg

    async def keep(self, end: Callable[[Ending], None]) -> None:
        """End the session when octi stops: at once where nobody says anything, else behind the turn under way."""
        await self.draining.wait()
        told = False
        async with trio.open_nursery() as waiting:
            waiting.start_soon(_cancel_when, self.live.hurrying, waiting.cancel_scope)
            await self._wait_arrived()
            if self._is_busy:
                told = self._tell()
                await self._wait_over()
            waiting.cancel_scope.cancel(reason="the last turn is over")
        self.live.cut += not self._rests
        end(stopping(self.code, told=told))

    @property
    def _rests(self) -> bool:
        return self.relay.door.arbiter.rests_at <= trio.current_time()

    @property
    def _is_busy(self) -> bool:
        return not self._rests or self.relay.ledger.awaits_words or self.relay.client.waiting_bytes > 0

    def _tell(self) -> bool:
        """Say what is about to happen, if the client's protocol has a message for it."""
        steps = self.relay.door.notice(LAST_TURN)
        with suppress(OctiError):  # a peer that takes nothing any more is noticed by its own task
            self.relay.tell(steps)
        return bool(steps)

    async def _wait_over(self) -> None:
        """Return when the turn under way is over, with all of it at the client."""
        await self._wait_rest()
        while not self._rests:  # something new has begun meanwhile
            await self._wait_rest()

    async def _wait_arrived(self) -> None:
        """What was said before octi was told to stop may still be on its way here."""
        with trio.move_on_after(ARRIVES_S):
            while not self._is_busy:
                await self.stirred.park()

    async def _wait_rest(self) -> None:
        while not self._rests:
            with trio.move_on_at(self.relay.door.arbiter.rests_at):
                await self.stirred.park()
        with trio.move_on_after(WORDS_S):
            while self._rests and self.relay.ledger.awaits_words:
                await self.stirred.park()
        while self._rests and self.relay.client.waiting_bytes:  # noqa: ASYNC110  a leg has no event for it
            await trio.sleep(LOOK_S)


async def _cancel_when(hurrying: trio.Event, waiting: trio.CancelScope) -> None:
    await hurrying.wait()
    waiting.cancel(reason="octi is in a hurry")
