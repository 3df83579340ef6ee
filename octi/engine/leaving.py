"""The agent's hang-up: it is said in an answer, and done when that was heard."""

import attrs

from octi.alarm import Alarm
from octi.websocket.base import Leg

LAG_S = 0.5  # how far a client's loudspeaker may be behind what was sent
WHY = "the agent hangs up"


@attrs.define(eq=False)
class Leaving:
    """Closes a leg at the end of the conversation, if its agent is the one who ends it."""

    leg: Leg
    _code: int | None = None
    _alarm: Alarm = attrs.field(factory=Alarm)

    def plan(self, code: int) -> None:
        """The conversation is over with the answer under way."""
        self._code = code

    def when_heard(self, until: float) -> None:
        """No answer is under way, and the agent will have been heard by then. Without a plan it does nothing."""
        if self._code is not None:
            self._alarm.move(until + LAG_S)

    def stay(self) -> None:
        """Another answer begins: it is to be heard as well."""
        self._alarm.move(None)

    async def keep(self) -> None:
        """Close the leg when it is time; else it returns never."""
        await self._alarm.wait()
        await self.leg.close(self._code or 1000, WHY)
