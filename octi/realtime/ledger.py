"""What is kept of a conversation, folded from a provider's events: ordered by the conversation, not by arrival. Pure.

Turns as heard (`entry`, `order`, `telling`), calls of functions (`function_calls`), what was counted (`counts`). Each
is told as soon as it is complete, and told again when it changes: words that come late, a truncation, another place.
What is in flight at the end is told by `close`, marked interrupted.
"""

from collections.abc import Iterable, Mapping, Sequence

from octi.realtime.audio import BYTES_PER_MS, decoded_size
from octi.realtime.counts import Counts
from octi.realtime.entry import Entry
from octi.realtime.events import (
    AgentText,
    AgentTextDelta,
    AgentWords,
    AgentWordsDelta,
    AudioDelta,
    Cleared,
    Committed,
    Item,
    ItemAdded,
    ItemDeleted,
    ItemDone,
    ItemRetrieved,
    ItemTruncated,
    Opaque,
    Response,
    ResponseDone,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    UserWords,
    UserWordsDelta,
    UserWordsFailed,
)
from octi.realtime.function_calls import FunctionCalls
from octi.realtime.names import Names
from octi.realtime.order import Order
from octi.realtime.session_settings import SessionSettings
from octi.realtime.telling import Telling
from octi.realtime.timeline import Timeline
from octi.realtime.transcriptions import Transcriptions
from octi.records import FunctionCall, Role, Told, Turn, UsageRecord
from octi.units import PCM_BYTES_PER_MS, ItemId, SessionId

Rows = tuple[Told, ...]
ROLES = {role.value: role for role in Role}


class Ledger:
    """One session's ledger. Survives its legs: `new_leg` goes on where the last one ended.

    elsewhere: the agent's voice does not come this way. own: the names of the functions that octi itself runs.
    """

    def __init__(self, session: SessionId, *, elsewhere: bool = False, own: Iterable[str] = ()) -> None:
        self.audio_out_ms = 0
        self._elsewhere = elsewhere
        self._timeline = Timeline()
        self._names = Names()
        self._telling = Telling(session)
        self._calls = FunctionCalls(session, frozenset(own))
        self._counts = Counts(session)
        self._begin()

    def _begin(self) -> None:
        self._entries: dict[str, Entry] = {}  # this leg's, by the provider's id
        self._order = Order()
        self._configure(SessionSettings())
        self._words = Transcriptions()

    def _configure(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._in_per_ms = BYTES_PER_MS.get(settings.input_format, PCM_BYTES_PER_MS)
        self._out_per_ms = BYTES_PER_MS.get(settings.output_format, PCM_BYTES_PER_MS)

    @property
    def turns(self) -> int:
        """How many turns were told."""
        return self._telling.turns

    @property
    def audio_in_ms(self) -> int:
        """How much the client has sent so far."""
        return self._timeline.now_ms

    @property
    def silence_ms(self) -> int:
        """How much silence ends a turn of the user's; 0 where something else does."""
        return self._settings.turn_detection.silence_ms if self._settings.turn_detection else 0

    @property
    def leg_audio_ms(self) -> int:
        """How much the client has sent to the leg in use."""
        return self._timeline.leg_ms

    @property
    def wordless(self) -> bool:
        """Does nobody tell what the user says?"""
        return not self._settings.transcribes

    @property
    def awaits_words(self) -> bool:
        """Has the user said something whose words are still to come?"""
        return self._words.keep_waiting

    @property
    def unwritten(self) -> Mapping[str, int]:
        """What the user said whose words are still to come: items, by the provider's ids, and their milliseconds."""
        return self._words.unwritten

    def name_of(self, item: str) -> ItemId:
        """What an item of the leg in use is called in what is kept."""
        return ItemId(self._names.name(item))

    def await_no_words(self) -> None:
        """Nobody waits any longer for words that were to come; if they do, they are taken in as always."""
        self._words.hurry()

    def recall(
        self, turns: Sequence[Turn], calls: Sequence[FunctionCall] = (), counted: Sequence[UsageRecord] = ()
    ) -> None:
        """Go on behind these, which an earlier life of the session kept. Before anything else is folded."""
        self._names.recall([*(turn.item for turn in turns), *(call.item for call in calls)])
        self._telling.go_on(max((turn.position + 1 for turn in turns), default=0))
        self._calls.recall(calls)
        self._counts.recall(counted)
        self._timeline.go_on(max((turn.end_ms for turn in turns), default=0))

    def new_leg(self) -> Rows:
        """Another upstream socket takes over, with a conversation of its own behind the turns so far."""
        cut = self.close()
        self._names.new_leg(entry.item for entry in self._entries.values() if entry.told or entry.call)
        self._telling.go_on()
        self._calls.new_leg()
        self._counts.new_leg()
        self._timeline.go_on()
        self._begin()
        return cut

    def client_audio(self, size: int) -> None:
        """The client sent so many bytes of audio, in the provider's input format."""
        self._timeline.move(size, self._in_per_ms)

    def withhold(self, event: AudioDelta) -> None:
        """A piece of the agent's voice, folded before, was not sent on."""
        entry = self._entries.get(event.item_id)
        if entry and not self._elsewhere:
            entry.withheld_ms += decoded_size(event.delta) // self._out_per_ms

    def take_back(self, size: int) -> None:
        """So many bytes of the agent's voice that waited for the client were taken back: of what was sent on last."""
        left = size // self._out_per_ms
        for entry in reversed(self._entries.values()):
            taken = min(left, entry.sent_ms)
            entry.withheld_ms += taken
            left -= taken
            if not left:
                return

    def fold(self, event: ServerEvent) -> Rows:
        """Take one event in; the rows that are new or changed by it."""
        match event:
            case AudioDelta():
                self.agent_sound(event)
                return ()
            case AgentWordsDelta(item_id=item, delta=words) | AgentTextDelta(item_id=item, delta=words):
                if entry := self._entries.get(item) or self._answer(event.response_id, item, words):
                    entry.add_words(words, entry.spoken_ms)
                    entry.voiced = entry.voiced or isinstance(event, AgentWordsDelta)
                return ()
            case UserWordsDelta(item_id=item, delta=words):
                self._entry(item).add_words(words, 0)
                return ()
            case Opaque():
                return ()
            case _:
                return self._settle(event)

    def agent_sound(self, event: AudioDelta) -> None:
        """More of the agent's voice: it completes nothing, so there are no rows."""
        entry = self._entries.get(event.item_id) or self._answer(event.response_id, event.item_id)
        if entry is not None:
            if not entry.spoken_ms:
                entry.start_ms = self._timeline.now_ms
            self.audio_out_ms += entry.speak(decoded_size(event.delta), self._out_per_ms)

    def lose_words(self, items: Iterable[str]) -> Rows:
        """The words of these will not come any more; if they do, they are taken in as always."""
        rows: list[Told] = []
        for item in items:
            if entry := self._words.lose(item):
                rows += self._tell(entry)
        return tuple(rows)

    def close(self) -> Rows:
        """No event will follow: what is in flight is told as it stands, interrupted."""
        for entry in self._entries.values():
            if not entry.done:
                entry.done = entry.incomplete = True
        for item, (start, end) in self._timeline.uncommitted().items():
            entry = self._entry(item)
            entry.done = entry.incomplete = True
            entry.start_ms, entry.end_ms = start, end
            self._words.spoken(entry, transcribed=self._settings.transcribes)
        self._words.close()
        turns = self._telling.tell_all(self._order)
        return (*turns, *self._called(), *self._counts.close(self._settings))

    def _settle(self, event: ServerEvent) -> Rows:
        """Take in an event that may complete or change something."""
        touched = self._touched(event)
        counted = self._counts.fold(event, touched.item if touched else "", self._settings)
        if touched is None:
            self._listen(event)
            return (*self._called(), *counted) if isinstance(event, ResponseDone) else ()
        self._change(touched, event)
        return (*self._tell(touched), *counted)

    def _touched(self, event: ServerEvent) -> Entry | None:
        """The entry that an event may complete or change; None if it cannot."""
        match event:
            case ItemAdded(item=Item(id=item)) | ItemDone(item=Item(id=item)):
                return self._entry(item)
            case ItemRetrieved(item=Item(id=item)):
                return self._entries.get(item)
            case AgentWords(item_id=item, response_id=response) | AgentText(item_id=item, response_id=response):
                return self._entries.get(item) or self._answer(response, item)
            case (
                Committed(item_id=item)
                | ItemDeleted(item_id=item)
                | UserWords(item_id=item)
                | UserWordsFailed(item_id=item)
                | ItemTruncated(item_id=item)
            ):
                return self._entry(item)
            case _:
                return None

    def _change(self, entry: Entry, event: ServerEvent) -> None:
        match event:
            case Committed(previous_item_id=previous):
                self._commit(entry, previous)
            case ItemAdded(item=item, previous_item_id=previous):
                self._cast(entry, item)
                if previous:
                    self._order.put(entry, previous)
            case ItemDone(item=item):
                self._finish(entry, item)
            case ItemDeleted():
                entry.deleted = True
                self._words.forget(entry)
            case ItemTruncated(audio_end_ms=ms):
                entry.heard_ms = max(0, ms)
            case AgentWords(transcript=words, content_index=part):
                entry.settle_part(part, words)
                entry.voiced = True
            case AgentText(text=words, content_index=part):
                entry.settle_part(part, words)
            case _:
                self._words.hear(entry, event)

    def _listen(self, event: ServerEvent) -> None:
        """Take in what tells where turns begin and end, in which format they are, and which response made what."""
        match event:
            case SessionCreated(session=settings) | SessionUpdated(session=settings):
                self._configure(settings)
            case SpeechStarted(item_id=item, audio_start_ms=ms):
                self._timeline.start(item, ms)
            case SpeechStopped(item_id=item, audio_end_ms=ms):
                self._timeline.stop(item, ms)
            case Cleared():
                self._timeline.clear()
            case ResponseDone(response=response):
                self._credit(response)
            case _:
                pass

    def _credit(self, response: Response) -> None:
        name = self._counts.name(response.id) if response.id else None
        for item in response.output:
            if entry := self._entries.get(item.id):
                entry.response = name

    def _answer(self, response: str, item: str, words: str = "") -> Entry | None:
        """The entry of an answer that comes before its item does; None if it is no part of the conversation."""
        if self._counts.is_aside(response):
            self._counts.say_aside(response, item, words)
            return None
        return self._entry(item)

    def _entry(self, item: str) -> Entry:
        """The entry of an item; an event may come before its item does."""
        if item not in self._entries:
            name = ItemId(self._names.name(item))
            entry = Entry(item, name, start_ms=self._timeline.now_ms, elsewhere=self._elsewhere)
            self._entries[item] = entry
            self._order.add(entry)
        return self._entries[item]

    def _commit(self, entry: Entry, previous: str | None) -> None:
        """The buffered audio is this item's."""
        entry.start_ms, entry.end_ms = self._timeline.commit(entry.id)
        self._order.put(entry, previous)
        self._words.spoken(entry, transcribed=self._settings.transcribes)

    def _finish(self, entry: Entry, item: Item) -> None:
        self._cast(entry, item)
        entry.settle_words(item.words or entry.words)
        entry.voiced = entry.voiced or any(part.type == "output_audio" for part in item.content)
        entry.incomplete = item.status == "incomplete"
        entry.done = True

    def _cast(self, entry: Entry, item: Item) -> None:
        """Who says it; a turn that was told keeps its speaker."""
        if entry.told is None:
            entry.role = ROLES.get(item.role) if item.type == "message" else None
            self._calls.take(entry, item)

    def _tell(self, touched: Entry) -> Rows:
        turns = self._telling.tell(self._order, touched)
        return (*turns, *self._called()) if turns or touched.call else turns

    def _called(self) -> tuple[FunctionCall, ...]:
        return self._calls.changed(self._order.entries(), self._telling.first)
