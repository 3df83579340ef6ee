"""The transcript, folded from a provider's events: ordered by the conversation, not by arrival, and as heard. Pure.

A turn is told as soon as it is complete, and told again when it changes: words that come late, a truncation, another
place. In flight at the end: told by `close`, marked interrupted.
"""

from collections.abc import Sequence
from itertools import chain, count

import attrs

from octi.realtime.audio import BYTES_PER_MS, decoded_size
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
    ItemTruncated,
    ServerEvent,
    SessionCreated,
    SessionSettings,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    UserWords,
    UserWordsDelta,
    UserWordsFailed,
)
from octi.records import Role, Turn
from octi.units import ItemId, SessionId

Turns = tuple[Turn, ...]
ROLES = {role.value: role for role in Role}
FRONT = "root"  # as the wire names the place before the first item


@attrs.define
class Ledger:
    """One session's transcript in the making. Survives its legs: `new_leg` goes on where the last one ended."""

    session: SessionId
    elsewhere: bool = attrs.field(default=False, kw_only=True)  # the agent's voice does not come this way
    audio_in_ms: int = 0  # what the client has sent so far: the timeline
    audio_out_ms: int = 0
    _entries: dict[str, Entry] = attrs.field(factory=dict)  # this leg's, by the provider's id, as they came
    _order: list[Entry] | None = attrs.field(factory=list)  # the same in order; None: to be found out anew
    _settings: SessionSettings = attrs.field(factory=SessionSettings)
    _awaited: set[str] = attrs.field(factory=set)  # items that others follow, and that have not come yet
    _told: int = 0  # turns of this leg
    _leg: int = 1
    _leg_began_ms: int = 0
    _earlier: set[ItemId] = attrs.field(factory=set)  # the turns of earlier legs
    _first: int = 0  # where the next turn behind those stands
    _buffer_began_ms: int = 0  # where the audio that no turn owns yet began
    _in_bytes: int = 0  # not yet a whole millisecond
    _speech: dict[str, tuple[int, int | None]] = attrs.field(factory=dict)  # by item: start, end
    _unwritten: set[str] = attrs.field(factory=set)  # items whose words are on their way

    @property
    def turns(self) -> int:
        """How many turns were told."""
        return len(self._earlier) + self._told

    @property
    def wordless(self) -> bool:
        """Does nobody tell what the user says?"""
        return not self._settings.transcribes

    @property
    def awaits_words(self) -> bool:
        """Has the user said something whose words are still to come?"""
        return bool(self._unwritten)

    def await_no_words(self) -> None:
        """Words that were to come may never do; if they do, they are taken in as always."""
        self._unwritten.clear()

    def recall(self, turns: Sequence[Turn]) -> None:
        """Go on behind these turns, which an earlier life of the session kept. Before anything else is folded."""
        self._earlier |= {turn.item for turn in turns}
        self._first = max((turn.position + 1 for turn in turns), default=0)
        self.audio_in_ms = max((turn.end_ms for turn in turns), default=0)
        self._leg_began_ms = self._buffer_began_ms = self.audio_in_ms

    def new_leg(self) -> Turns:
        """Another upstream socket takes over, with a conversation of its own behind the turns so far."""
        cut = self.close()
        self._first += self._told
        self._earlier |= {entry.item for entry in self._entries.values() if entry.told}
        self._entries, self._order, self._awaited, self._told = {}, [], set(), 0
        self._leg += 1
        self._leg_began_ms = self._buffer_began_ms = self.audio_in_ms
        self._settings = SessionSettings()
        return cut

    def client_audio(self, size: int) -> None:
        """The client sent so many bytes of audio, in the provider's input format."""
        ms, self._in_bytes = divmod(self._in_bytes + size, _bytes_per_ms(self._settings.input_format))
        self.audio_in_ms += ms

    def fold(self, event: ServerEvent) -> Turns:
        """Take one event in; the turns that are new or changed by it."""
        match event:
            case AudioDelta(item_id=item, delta=audio):
                self._agent_audio(self._entry(item), audio)
                return ()
            case AgentWordsDelta(item_id=item, delta=words):
                self._add_words(self._entry(item), words, voiced=True)
                return ()
            case AgentTextDelta(item_id=item, delta=words) | UserWordsDelta(item_id=item, delta=words):
                self._add_words(self._entry(item), words)
                return ()
            case _:
                touched = self._settle(event)
                return self._tell(touched) if touched else ()

    def close(self) -> Turns:
        """No event will follow: what is in flight is told as it stands, interrupted."""
        for entry in self._entries.values():
            if not entry.done:
                entry.done = entry.incomplete = True
        for item, (start, end) in self._speech.items():
            entry = self._entry(item)
            entry.role, entry.done, entry.incomplete = Role.USER, True, True
            entry.start_ms, entry.end_ms = start, self.audio_in_ms if end is None else end
        self._speech.clear()
        self._unwritten.clear()
        return self._changed()

    def _settle(self, event: ServerEvent) -> Entry | None:
        """Take in an event that may complete or change a turn: that turn's entry; None if it cannot."""
        match event:
            case ItemAdded(item=Item(id=item)) | ItemDone(item=Item(id=item)):
                pass
            case (
                Committed(item_id=item)
                | ItemDeleted(item_id=item)
                | UserWords(item_id=item)
                | AgentWords(item_id=item)
                | AgentText(item_id=item)
                | ItemTruncated(item_id=item)
            ):
                pass
            case _:
                self._listen(event)
                return None
        entry = self._entry(item)
        self._change(entry, event)
        return entry

    def _change(self, entry: Entry, event: ServerEvent) -> None:
        match event:
            case Committed(previous_item_id=previous):
                self._commit(entry, previous)
            case ItemAdded(item=item, previous_item_id=previous):
                self._place(entry, item, previous)
            case ItemDone(item=item):
                self._finish(entry, item)
            case ItemDeleted():
                entry.deleted = True
                self._unwritten.discard(entry.id)
            case UserWords(transcript=words):
                entry.words = words.strip()
                self._unwritten.discard(entry.id)
            case AgentWords(transcript=words):
                entry.words = ""
                self._add_words(entry, words, voiced=True)
            case AgentText(text=words):
                entry.words = words
            case ItemTruncated(audio_end_ms=ms):
                entry.heard_ms = max(0, ms)
            case _:
                pass

    def _listen(self, event: ServerEvent) -> None:
        """Take in what tells where turns begin and end, and in which format they are."""
        match event:
            case SessionCreated(session=settings) | SessionUpdated(session=settings):
                self._settings = settings
            case SpeechStarted(item_id=item, audio_start_ms=ms):
                self._speech[item] = (self._leg_began_ms + ms, None)
            case SpeechStopped(item_id=item, audio_end_ms=ms):
                start, _ = self._speech.get(item, (self._buffer_began_ms, None))
                self._speech[item] = (start, self._leg_began_ms + ms)
            case Cleared():
                self._speech.clear()
                self._buffer_began_ms = self.audio_in_ms
            case UserWordsFailed(item_id=item):
                self._unwritten.discard(item)
            case _:
                pass

    def _entry(self, item: str) -> Entry:
        """The entry of an item; an event may come before its item does."""
        if item not in self._entries:
            self._entries[item] = Entry(item, self._name(item), start_ms=self.audio_in_ms, elsewhere=self.elsewhere)
            if item in self._awaited:
                self._order = None
            elif self._order is not None:
                self._order.append(self._entries[item])
        return self._entries[item]

    def _name(self, item: str) -> ItemId:
        """An item's name in the transcript: its id, unless an earlier leg had one of the same."""
        names = chain([item], (f"{item}@{leg}" for leg in count(self._leg)))
        return next(ItemId(name) for name in names if name not in self._earlier)

    def _agent_audio(self, entry: Entry, audio: str) -> None:
        if not entry.spoken_ms:
            entry.start_ms = self.audio_in_ms
        self.audio_out_ms += entry.speak(decoded_size(audio), _bytes_per_ms(self._settings.output_format))

    def _add_words(self, entry: Entry, words: str, *, voiced: bool = False) -> None:
        entry.words += words
        entry.voiced = entry.voiced or voiced

    def _commit(self, entry: Entry, previous: str | None) -> None:
        """The buffered audio is this item's: from where speech began, or from where the buffer did."""
        start, end = self._speech.pop(entry.id, (self._buffer_began_ms, None))
        entry.role = Role.USER
        entry.start_ms, entry.end_ms = start, self.audio_in_ms if end is None else end
        self._follow(entry, self._last_gone(previous) if previous else None)
        self._buffer_began_ms = self.audio_in_ms
        if self._settings.transcribes and not entry.words:
            self._unwritten.add(entry.id)

    def _place(self, entry: Entry, item: Item, previous: str | None) -> None:
        """Give the item its place, once that is named."""
        self._cast(entry, item)
        if previous:
            self._follow(entry, self._last_gone(previous))

    def _follow(self, entry: Entry, behind: str | None) -> None:
        """Put an entry behind another. Nearly always it stands there already: at the end, behind the last but one."""
        if behind == entry.behind:
            return
        entry.behind = behind
        if behind is not None and behind not in self._entries:
            self._awaited.add(behind)
        order = self._order
        if order is None or len(order) < 2 or order[-1] is not entry or order[-2].id != behind:
            self._order = None

    def _finish(self, entry: Entry, item: Item) -> None:
        self._cast(entry, item)
        entry.words = item.words or entry.words
        entry.voiced = entry.voiced or any(part.type == "output_audio" for part in item.content)
        entry.incomplete = item.status == "incomplete"
        entry.done = True

    def _cast(self, entry: Entry, item: Item) -> None:
        """Who says it; a turn that was told keeps its speaker."""
        if entry.told is None:
            entry.role = ROLES.get(item.role) if item.type == "message" else None

    def _last_gone(self, item: str) -> str:
        """The item itself, or the last deleted one behind it: the provider skips those, the transcript does not."""
        order = self._ordered()
        last = len(order) - 1  # found from the end: that is where nearly every item goes
        place = next((last - back for back, entry in enumerate(reversed(order)) if entry.id == item), len(order))
        while place + 1 < len(order) and order[place + 1].deleted:
            place += 1
        return order[place].id if place < len(order) else item

    def _ordered(self) -> list[Entry]:
        if self._order is None:
            self._order = self._in_order()
        return self._order

    def _in_order(self) -> list[Entry]:
        """Each item directly behind the one it follows, whenever it came; of several behind one, the latest first."""
        entries = self._entries.values()
        followers: dict[str | None, list[Entry]] = {}
        for entry in entries:
            known = entry.behind == FRONT or entry.behind in self._entries
            followers.setdefault(entry.behind if known else None, []).append(entry)
        waiting = [*reversed(followers.get(None, [])), *followers.get(FRONT, [])]
        order: dict[str, Entry] = {}
        while waiting:
            entry = waiting.pop()
            order[entry.id] = entry
            waiting += followers.get(entry.id, [])
        return [*order.values(), *(entry for entry in entries if entry.id not in order)]  # the rest follow in a circle

    def _tell(self, touched: Entry) -> Turns:
        """The turns that the change of one entry makes new or other. As a rule that is its own, at or near the end."""
        if self._order is None or (touched.told is None and touched.said() and not self._is_last_said(touched)):
            return self._changed()
        if not touched.said():
            return ()
        turn = touched.turn(self.session, self._said_before(touched))
        if turn == touched.told:
            return ()
        self._told += touched.told is None
        touched.told = turn
        return (turn,)

    def _is_last_said(self, entry: Entry) -> bool:
        """Does no told turn stand behind it?"""
        for other in reversed(self._ordered()):
            if other is entry:
                return True
            if other.told is not None:
                return False
        return False

    def _said_before(self, entry: Entry) -> int:
        return entry.told.position if entry.told else self._first + self._told

    def _changed(self) -> Turns:
        """The turns that are not told yet as they are now, all looked through."""
        self._order = self._in_order()
        said = [entry for entry in self._order if entry.said()]
        self._told = len(said)
        changed = []
        for position, entry in enumerate(said, self._first):
            turn = entry.turn(self.session, position)
            if turn != entry.told:
                entry.told = turn
                changed.append(turn)
        return tuple(changed)


def _bytes_per_ms(audio_format: str) -> int:
    return BYTES_PER_MS.get(audio_format, BYTES_PER_MS["audio/pcm"])
