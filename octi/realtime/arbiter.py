"""The one place that asks for answers, cancels them and truncates them, for whoever wants it. Pure.

The provider takes one answer at a time, and whoever asks meanwhile is refused (protocol traps 24, 25, 27, 28). So what
octi's own writers want waits here for its turn: behind the active answer, behind one that is asked for and has not
begun, behind the user. A Realtime client's own requests pass at once; they are noted, so that octi's wait for them.

What no bookkeeping can exclude is that the provider begins an answer while octi's request for one is on its way. Then
the request is refused, and made again behind that answer. To tell which answer is to what, an answer is taken to last
longer than a frame's way there and back.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

import attrs

from octi.realtime.audio import decoded_size
from octi.realtime.event_ids import LONGEST_ID, is_ours
from octi.realtime.events import (
    AudioDelta,
    ErrorBody,
    ErrorEvent,
    Item,
    ItemAdded,
    ItemTruncated,
    Response,
    ResponseCreated,
    ResponseDone,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
)
from octi.realtime.floor import Floor
from octi.realtime.requests import Request, read_request, request, with_fields
from octi.realtime.rest import Rest
from octi.realtime.saying import SAY, saying
from octi.realtime.sent_audio import SentAudio
from octi.realtime.session_settings import SessionSettings, TurnDetection
from octi.realtime.steps import Steps, ToProvider

# Event ids of our own requests. When one is refused, the conversation raced us there and the client asked for nothing.
ASK, TOOL_ASK, UNASKED = "octi_ask", "octi_tool_ask", "octi_unasked"
ACTIVE = "conversation_already_has_active_response"
MOST_ASKED = 64  # of a client that asks and asks: the oldest are taken for answered
MOST_SAYINGS = 4  # that wait; of more the oldest is never said


@attrs.frozen
class Asked:
    """A `response.create` on its way."""

    number: int  # they are counted, ours and the client's, wanted and asked
    event_id: str | None
    ours: bool


@attrs.define
class Arbiter:
    """Decides for one conversation, over one leg after the other. `now`: seconds of any one clock."""

    active: str | None = None  # the answer under way in the default conversation
    held: bool = False  # nothing is asked for: somebody has yet to say whether what was said may be answered
    says: bool = False  # the active answer is octi's own words
    _floor: Floor = attrs.field(factory=Floor)
    _sent: SentAudio = attrs.field(factory=SentAudio)
    _rest: Rest = attrs.field(factory=Rest)
    _up: bool = False
    _count: int = 0
    _asked: list[Asked] = attrs.field(factory=list)  # on their way, oldest first: so the provider takes them
    _last: Asked | None = None  # of ours
    _owed: int = 0  # the number of the latest that waits here; 0: none does
    _owed_id: str = ASK
    _settled: int = 0  # of the latest that the active answer was taken to answer, though nobody asked for that one
    _ours: bool = False  # the active answer was taken for what octi asked for
    _blind: bool = False  # the provider says that one is active, and none that octi saw is
    _cancelled: bool = False
    _sayings: list[bytes] = attrs.field(factory=list)  # requests for octi's own words, which wait
    _saying: bytes = b""  # the last that was asked for

    @property
    def detection(self) -> TurnDetection | None:
        """How the provider hears the end of a turn; None: the client says it."""
        return self._floor.detection

    @property
    def waiting(self) -> bool:
        """Is an answer awaited that the provider, and not the user, keeps waiting?"""
        return bool(self._asked) or (self._owes_any and not self._floor.taken and not self.held)

    @property
    def owes(self) -> bool:
        """Does an answer that one of octi's own wants still have to begin?"""
        return self._owes_any or any(asked.ours for asked in self._asked)

    @property
    def _owes_any(self) -> bool:
        return self._owed > 0 or bool(self._sayings)

    @property
    def wake_at(self) -> float | None:
        """When `wake` wants to be called; None: not."""
        return self._floor.free_at if self._owes_any else None

    @property
    def rests_at(self) -> float:
        """Until when a turn is under way, if nothing else happens; inf: an answer is, or is asked for or owed."""
        if self.active is not None or self._asked or self._owes_any or self._blind:
            return inf
        return self._rest.at

    # The leg

    def opened(self, settings: SessionSettings | None = None) -> None:
        """A leg is configured, this way. What was asked for since the last one was lost counts for it."""
        if self._up:
            self.lost()  # and nobody told
        self._up = True
        if settings is not None:
            self._configure(settings)

    def lost(self) -> None:
        """The leg is gone, and with it all that was active, asked for or owed."""
        self.active, self._up, self._blind, self._cancelled = None, False, False, False
        self._asked, self._last, self._owed, self._settled, self._ours = [], None, 0, 0, False
        self._sayings, self.held, self.says = [], False, False
        self._floor.free()
        self._sent.clear()
        self._rest.lost()

    # What octi's own writers want

    def ask(self, event_id: str = ASK) -> Steps:
        """An answer to what the conversation holds by now, as soon as it can be had; several at once are one."""
        self._count += 1
        self._owed, self._owed_id, self._blind = self._count, event_id, False
        return self._turn()

    def say(self, words: str, like: Mapping[str, Any] | None = None) -> Steps:
        """Have the agent say just this, before whatever else is owed. like: see `saying`."""
        self._sayings = [*self._sayings, saying(words, like)][-MOST_SAYINGS:]
        self._blind = False
        return self._turn()

    def answer(self, event_id: str = ASK) -> Steps:
        """An answer to what the user said, which voice detection was told not to give; unless they speak again."""
        self._floor.answer()
        return self.ask(event_id)

    def release(self) -> Steps:
        """Nothing is `held` any longer."""
        self.held = False
        return self._turn()

    def unasked(self, event_id: str | None) -> None:
        """A request that was taken for one on its way was never sent; nor is it, where it waits here."""
        self._taken_back(event_id)
        if self._owed_id == ASK:
            self._owed = 0

    def sent_ms(self, item: str) -> int:
        """How much of an item's voice the provider sent."""
        return self._sent.ms(item)

    def cancel(self, event_id: str = UNASKED) -> Steps:
        """Stop the active answer, if there is one."""
        if self.active is None or self._cancelled:
            return []
        self._cancelled = True
        return [request("response.cancel", event_id=event_id)]

    def truncate(self, item: str, heard_ms: int, event_id: str = UNASKED) -> Steps:
        """Only so much of an item was heard: never more than was sent, nor 0, which the provider refuses.

        Nothing for an item without a voice; the first millisecond of one holds no word.
        """
        sent_ms = self._sent.ms(item)
        if not sent_ms:
            return []
        where = {"item_id": item, "content_index": 0, "audio_end_ms": max(1, min(heard_ms, sent_ms))}
        return [request("conversation.item.truncate", event_id=event_id, **where)]

    def committed(self) -> None:
        """The client itself says that the user's turn is over: voice detection does not answer that one."""
        self._floor.free()

    def user_sound(self, now: float) -> None:
        """The client sent some of the user's voice."""
        if self._floor.detection is None:
            self._rest.user_sound(now)

    def wake(self, now: float) -> Steps:
        """`wake_at` has come: the user was not answered, so what waited for it waits no longer."""
        self._floor.pass_time(now)
        return self._turn()

    # A Realtime client

    def from_client(self, frame: bytes) -> bytes:
        """A client's own event on its way to the provider: the same, unless it truncates beyond what was sent."""
        wish = read_request(frame)
        if wish is None:
            return frame
        match wish.type:
            case "response.create" if wish.in_band:
                self._count += 1
                named = wish.event_id if isinstance(wish.event_id, str) and len(wish.event_id) <= LONGEST_ID else None
                self._asked.append(Asked(self._count, named, ours=False))
                del self._asked[:-MOST_ASKED]
            case "response.cancel" if self.active is not None and wish.response_id in (None, self.active):
                self._cancelled = True
            case "input_audio_buffer.commit":
                self.committed()
            case "conversation.item.truncate":
                return self._clamped(frame, wish)
            case _:
                pass
        return frame

    def _clamped(self, frame: bytes, wish: Request) -> bytes:
        sent_ms = self._sent.ms(wish.item_id) if isinstance(wish.item_id, str) else 0
        end_ms = wish.audio_end_ms
        beyond = isinstance(end_ms, int | float) and end_ms > sent_ms > 0
        return with_fields(frame, {"audio_end_ms": sent_ms}) if beyond else frame

    # The provider

    def from_provider(self, event: ServerEvent, now: float | None = None) -> Steps:
        """A provider's event; what waited, if its turn has come. Without `now` only events end a wait."""
        if isinstance(event, AudioDelta):
            self.agent_sound(event, now)
            return []
        self._floor.fold(event, now)
        if now is not None:
            self._rest.fold(event, now)
        match event:
            case ResponseCreated(response=response) if response.in_band:
                self._begin(response)
            case ResponseDone(response=response):
                self._end(response)
            case ErrorEvent(error=error):
                self._refused(error)
            case ItemAdded(item=item):
                self._added(item)
            case ItemTruncated(item_id=item_id, audio_end_ms=end_ms):
                self._sent.cut(item_id, end_ms)
            case SessionCreated(session=settings) | SessionUpdated(session=settings):
                self._configure(settings)
            case _:
                pass
        return self._turn()

    def agent_sound(self, event: AudioDelta, now: float | None = None) -> None:
        """More of the agent's voice: it lets nothing begin that waits."""
        seconds = self._sent.add(event.item_id, decoded_size(event.delta))
        if now is not None:
            self._rest.agent_sound(seconds, now)

    def _configure(self, settings: SessionSettings) -> None:
        self._floor.listen(settings.turn_detection)
        self._sent.speak(settings.output_format)

    def _turn(self) -> Steps:
        """What is owed, if nothing stands in its way."""
        if self.held or self.active is not None or self._asked or self._blind or self._floor.taken:
            return []
        if self._sayings:
            self._saying = self._sayings.pop(0)
            self._last = Asked(0, SAY, ours=True)  # it answers nothing
            self._asked = [self._last]
            return [ToProvider(self._saying)]
        if not self._owed:
            return []
        self._last = Asked(self._owed, self._owed_id, ours=True)
        self._asked, self._owed = [self._last], 0
        return [request("response.create", event_id=self._owed_id)]

    def _begin(self, response: Response) -> None:
        """An answer began: to the oldest request on its way, or of the provider's own accord.

        It answers whatever was wanted before it was asked for.
        """
        asked = self._asked.pop(0) if self._asked else None
        self.says = asked is not None and asked.event_id == SAY and asked.ours
        self.active, self._ours, self._cancelled, self._blind = response.id, bool(asked and asked.ours), False, False
        self._settled = 0
        if asked is None or asked.number > self._owed:
            self._settled, self._owed = self._owed, 0

    def _end(self, response: Response) -> None:
        if response.id == self.active:
            self.active, self._ours, self._settled, self.says = None, False, 0, False
        if self.active is None and response.in_band:
            self._blind = False

    def _added(self, item: Item) -> None:
        """Something written came into the conversation behind the beginning of an answer: that cannot be to it."""
        if self._settled and is_written(item):
            self._owed, self._settled = max(self._owed, self._settled), 0

    def _refused(self, error: ErrorBody) -> None:
        """One of ours that came too late is owed again; the client's are its own business."""
        asked = self._taken_back(error.event_id) or self._mistaken(error.event_id)
        if error.code != ACTIVE:
            return
        self._blind = self.active is None
        if asked is not None and asked.ours:
            self._owed = max(self._owed, asked.number)
            if asked.event_id == SAY:
                self._sayings, self.says = [self._saying, *self._sayings], False

    def _mistaken(self, event_id: str | None) -> Asked | None:
        """The last of ours, if an error is about that one: what was taken for its answer had begun a moment before."""
        return self._last if (self._ours if event_id is None else is_ours(event_id)) else None

    def _taken_back(self, event_id: str | None) -> Asked | None:
        """The request that an error is about, which is on its way no longer. Not everybody names what was refused."""
        nameless = event_id is None
        found = [asked for asked in self._asked if asked.event_id == event_id] or (self._asked[:1] if nameless else [])
        if not found:
            return None
        self._asked.remove(found[0])
        return found[0]


def is_written(item: Item) -> bool:
    """Was an item put into the conversation by somebody who writes: neither spoken, nor the agent's?"""
    if item.type == "function_call_output":
        return True
    spoken = any(part.type == "input_audio" for part in item.content)
    return item.type == "message" and item.role in {"user", "system"} and bool(item.content) and not spoken
