"""Who has the floor: while the user speaks, and until they are answered, nobody else asks for an answer. Pure.

A voice detection that creates responses itself answers all that the conversation holds when the user falls silent. An
answer asked for meanwhile would talk over them, or be refused because the other one came first.
"""

from math import inf, isfinite

import attrs

from octi.realtime.events import (
    Cleared,
    Committed,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
)
from octi.realtime.session_settings import TurnDetection

LONGEST_SPEECH_S = 30.0  # a "speech" that goes on for longer is a noise, or its end was lost: it holds up nobody
GRACE_S = 3.0  # from the end of speech to the response that answers it; it may fail to come (protocol 2)


@attrs.define
class Floor:
    """Follows one leg's voice detection. `now`: seconds of any one clock; None: only events move it."""

    detection: TurnDetection | None = None  # None: the client says when a turn ends
    _speaking: bool = False
    _free_at: float | None = None  # when it is given up waiting; None: it is free

    @property
    def taken(self) -> bool:
        """Does the user speak, or wait for the answer that the provider is about to begin?"""
        return self._free_at is not None

    @property
    def free_at(self) -> float | None:
        """When it is free at the latest; None: it is free, or nobody has a clock."""
        return self._free_at if self._free_at is not None and isfinite(self._free_at) else None

    def free(self) -> None:
        """Nobody is about to be answered by the provider itself."""
        self._speaking, self._free_at = False, None

    def answer(self) -> None:
        """Somebody else than the provider answers what the user said; not while they go on speaking."""
        if not self._speaking:
            self.free()

    def listen(self, detection: TurnDetection | None) -> None:
        """A configuration is in force."""
        self.detection = detection
        if not self._answers():
            self.free()

    def pass_time(self, now: float | None) -> None:
        """Give up waiting, if it is time."""
        if now is not None and self._free_at is not None and now >= self._free_at:
            self.free()

    def fold(self, event: ServerEvent, now: float | None = None) -> None:
        """Take in a provider's event."""
        self.pass_time(now)
        match event:
            case SessionCreated(session=settings) | SessionUpdated(session=settings):
                self.listen(settings.turn_detection)
            case SpeechStarted() if self._answers():
                self._take(now, LONGEST_SPEECH_S, speaking=True)
            case SpeechStopped() if self._answers():
                self._take(now, GRACE_S)
            case Committed() if self.taken:
                self._take(now, GRACE_S)
            case ResponseDone() if self.taken and not self._speaking:
                self._take(now, GRACE_S)  # the provider may have waited for the end of an answer, too
            case ResponseCreated(response=response) if response.in_band and not self._speaking:
                self.free()
            case Cleared():
                self.free()
            case _:
                pass

    def _answers(self) -> bool:
        return self.detection is not None and self.detection.create_response

    def _take(self, now: float | None, longest_s: float, *, speaking: bool = False) -> None:
        self._speaking, self._free_at = speaking, inf if now is None else now + longest_s
