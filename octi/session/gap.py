"""What octi did not hear of a conversation that went on without it."""

import uuid

import attrs
import msgspec

from octi.clock import Now
from octi.records import Development, DevelopmentKind
from octi.units import SessionId

WHY = "octi was not connected to the call; what was said meanwhile is not in the transcript"
LEAST_S = 2.5  # a shorter one, at the end, is the end: that a call is over shows when it is joined again, 1.5 s later


@attrs.define(eq=False)
class Gap:
    """The time between one sideband of a call and the next, as rows for the recorder."""

    session: SessionId
    now: Now
    _began: float | None = None

    def open(self, silent_s: float = 0.0) -> None:
        """octi hears nothing any more, and heard nothing for so long before it knew."""
        self._began = self.now() - silent_s

    def since(self, at: float) -> None:
        """octi heard nothing from then on: another one did, until it was killed."""
        self._began = at

    def shut(self, least_s: float = 0.0) -> list[Development]:
        """octi hears again, or never will. The first time it has missed nothing that it knows of."""
        began, self._began, now = self._began, None, self.now()
        if began is None or now - began < least_s:
            return []
        text = msgspec.json.encode({"from": began, "to": now, "why": WHY}).decode()
        row = Development(session=self.session, id=uuid.uuid4().hex, kind=DevelopmentKind.GAP, at=now, body=text)
        return [row]
