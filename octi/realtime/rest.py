"""When a conversation comes to rest: nobody speaks, nobody is about to be answered, nothing more is heard. Pure."""

from math import inf

import attrs

from octi.realtime.events import (
    Cleared,
    Committed,
    Item,
    ItemAdded,
    ItemTruncated,
    Opaque,
    Response,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    SpeechStarted,
    SpeechStopped,
)
from octi.realtime.floor import GRACE_S, LONGEST_SPEECH_S

CALLED_S = 10.0  # for whoever runs a function that the agent called: its answer is the rest of the turn
LAG_S = 0.5  # how far a client's loudspeaker may be behind what was sent
MOST_RESPONSES = 16  # at once; of more than that somebody was not told the ends
STARTS, STOPS = "output_audio_buffer.started", "output_audio_buffer.stopped"  # WebRTC: the provider itself plays
CLEARED = "output_audio_buffer.cleared"


@attrs.define
class Rest:
    """Follows one leg's conversation, as far as its events tell. `now`: seconds of any one clock."""

    _due_until: float = 0.0  # somebody speaks, or something is about to come; then it is given up
    _speaking: bool = False
    _plays_until: float = 0.0
    _buffered: bool = False
    _responses: list[str] = attrs.field(factory=list)  # under way, also those that are no part of the conversation

    @property
    def at(self) -> float:
        """When it rests, if nothing else happens; inf: something has to happen first."""
        if self._responses or self._buffered:
            return inf
        return max(self._due_until, self._plays_until)

    def lost(self) -> None:
        """The leg is gone, and all that was under way on it; what was sent on is still being heard."""
        self._due_until, self._speaking, self._buffered, self._responses = 0.0, False, False, []

    def user_sound(self, now: float) -> None:
        """The user's audio, where nobody but the client knows when a turn ends: it may be the middle of one."""
        self._due_until = max(self._due_until, now + GRACE_S)

    def agent_sound(self, seconds: float, now: float) -> None:
        """More of the agent's voice was sent."""
        self._plays_until = max(self._plays_until, now + LAG_S) + seconds

    def fold(self, event: ServerEvent, now: float) -> None:
        """Take in an event of the provider's."""
        match event:
            case SpeechStarted():
                self._speaking, self._due_until, self._plays_until = True, now + LONGEST_SPEECH_S, now
            case SpeechStopped() | Committed():
                self._speaking, self._due_until = False, now + GRACE_S
            case Cleared():
                self._speaking, self._due_until = False, now
            case ItemAdded(item=item):
                self._added(item, now)
            case ItemTruncated():
                self._plays_until = now
            case ResponseCreated(response=response):
                self._began(response, now)
            case ResponseDone(response=response):
                self._ended(response, now)
            case Opaque(type=kind):
                self._played(kind)
            case _:
                pass

    def _added(self, item: Item, now: float) -> None:
        """Who writes something into a conversation asks for an answer next, or it goes without saying."""
        if not self._speaking and (item.type == "function_call_output" or item.role == "user"):
            self._due_until = now + GRACE_S

    def _began(self, response: Response, now: float) -> None:
        self._responses.append(response.id)
        del self._responses[:-MOST_RESPONSES]
        if response.in_band and not self._speaking:
            self._due_until = now

    def _ended(self, response: Response, now: float) -> None:
        self._responses = [each for each in self._responses if each != response.id]
        if response.status == "cancelled":
            self._plays_until = now  # clients stop playing what they cut off
        elif any(item.type == "function_call" for item in response.output):
            self._due_until = max(self._due_until, now + CALLED_S)

    def _played(self, kind: str) -> None:
        if kind in {STARTS, STOPS, CLEARED}:
            self._buffered = kind == STARTS
