"""Follows a conversation, and finds what is to be judged: whole turns, and the agent's by sentences. Pure."""

import re
from collections.abc import Collection

import attrs

from octi.hook_config import Side
from octi.realtime.event_ids import is_ours
from octi.realtime.events import (
    AgentText,
    AgentTextDelta,
    AgentWords,
    AgentWordsDelta,
    AudioDelta,
    Committed,
    Item,
    ItemAdded,
    ItemDeleted,
    ItemRetrieved,
    ServerEvent,
    SpeechStopped,
    UserWords,
    UserWordsFailed,
)

SENTENCE = re.compile(r"[.!?…:;][\"')\]»”]*(?:\s|$)|[。！？]|\n")
LONGEST_SENTENCE = 240  # characters: who speaks without an end is judged now and then as well
MOST_ITEMS = 256  # that are remembered; of more the oldest is forgotten
BOTH = frozenset(Side)


@attrs.frozen(kw_only=True)
class Question:
    """Something to be judged. `leg`: which of the session's conversations it is in."""

    leg: int
    item: str  # the provider's id
    side: Side
    text: str = attrs.field(repr=False)
    final: bool = True
    spoken: bool = True
    known: bool = True  # False: nobody knows the words, and the policy holds


@attrs.define(eq=False)
class Line:
    """One item that is followed."""

    id: str
    side: Side
    spoken: bool
    response: str = ""  # of an agent's item: which made it. Of a user's: which answers it; "": none so far
    by_voice: bool = False  # voice detection heard its end: an answer follows by itself
    words_by: float | None = None  # when its words are late; None: they are here, or not waited for
    words: str = attrs.field(default="", repr=False)
    asked: int = 0  # characters that were asked about
    over: bool = False  # it was judged for good
    gone: bool = False  # it is no part of the conversation any more
    _parts: dict[int, str] = attrs.field(factory=dict, repr=False)

    def settle_part(self, part: int, words: str) -> None:
        """All the words of one part."""
        self._parts[part] = words
        self.words = " ".join(text for _, text in sorted(self._parts.items()) if text)


@attrs.define
class Voice:
    """The sound of one response: since when, and of which items, in order."""

    response: str
    since: float
    items: list[str] = attrs.field(factory=list)


@attrs.define(eq=False)
class Following:
    """One session's, over one leg after the other. `words_s`: how long a user's words are waited for."""

    who: Collection[Side] = BOTH
    words_s: float = 16.0
    leg: int = 0
    lines: dict[str, Line] = attrs.field(factory=dict)
    answering: str = ""  # the response of the conversation that began last
    voice: Voice | None = None  # of the response that was heard last
    _ended_by_voice: str = ""  # the item that voice detection heard the end of last
    _transcribes: bool = True

    # The leg

    def opened(self, *, transcribes: bool) -> None:
        """A leg is configured. transcribes: whether the user's words are told."""
        self._transcribes = transcribes

    def lost(self) -> None:
        """The leg is gone, and its conversation with it."""
        self.leg += 1
        self.lines.clear()
        self.answering, self.voice = "", None

    # What happens

    def sound(self, event: AudioDelta, now: float) -> None:
        """More of the agent's voice."""
        voice = self.voice
        if voice is None or voice.response != event.response_id:
            voice = self.voice = Voice(event.response_id, now)
        if not voice.items or voice.items[-1] != event.item_id:
            voice.items.append(event.item_id)

    def fold(self, event: ServerEvent, now: float, *, own: bool = False) -> list[Question]:
        """What is to be judged now. own: the answer under way is octi's own words, which nobody judges."""
        match event:
            case AgentWordsDelta(item_id=item, delta=more) | AgentTextDelta(item_id=item, delta=more):
                spoken = isinstance(event, AgentWordsDelta)
                return [] if own else self._said_more(event.response_id, item, more, spoken=spoken)
            case AgentWords(item_id=item, transcript=words, content_index=part):
                return [] if own else self._said(event.response_id, item, part, words, spoken=True)
            case AgentText(item_id=item, text=words, content_index=part):
                return [] if own else self._said(event.response_id, item, part, words, spoken=False)
            case UserWords(item_id=item, transcript=words):
                return self._heard(item, words)
            case ItemRetrieved(item=item) if item.words:
                return self._heard(item.id, item.words)
            case UserWordsFailed(item_id=item):
                return self._unknown(item)
            case _:
                return self._placed(event, now)

    def _placed(self, event: ServerEvent, now: float) -> list[Question]:
        match event:
            case SpeechStopped(item_id=item):
                self._ended_by_voice = item
            case Committed(item_id=item):
                return self._committed(item, now)
            case ItemAdded(item=item):
                return self._added(item, now)
            case ItemDeleted(item_id=item) if item in self.lines:
                self.lines[item].gone = True
            case _:
                pass
        return []

    def wake(self, now: float) -> list[Question]:
        """Words that are late are not waited for any longer."""
        late = [line.id for line in self.lines.values() if line.words_by is not None and now >= line.words_by]
        return [question for item in late for question in self._unknown(item)]

    @property
    def wake_at(self) -> float | None:
        """When `wake` wants to be called; None: not."""
        return min((line.words_by for line in self.lines.values() if line.words_by is not None), default=None)

    def unanswered(self) -> list[Line]:
        """What the user said that no answer has begun to."""
        return [line for line in self.lines.values() if line.side is Side.USER and not line.response]

    def said_in(self, response: str) -> list[Line]:
        """What the agent says in one response."""
        return [line for line in self.lines.values() if line.side is Side.AGENT and line.response == response]

    # The user

    def _committed(self, item: str, now: float) -> list[Question]:
        line = self._line(item, Side.USER, spoken=True)
        line.by_voice = item == self._ended_by_voice
        return self._await_words(line, now)

    def _added(self, item: Item, now: float) -> list[Question]:
        if item.type != "message" or item.role != "user" or item.id in self.lines or is_ours(item.id):
            return []
        line = self._line(item.id, Side.USER, spoken=any(part.type == "input_audio" for part in item.content))
        return self._heard(item.id, item.words) if item.words else self._await_words(line, now)

    def _await_words(self, line: Line, now: float) -> list[Question]:
        if not line.spoken or not self._transcribes:
            return self._unknown(line.id)
        line.words_by = now + self.words_s
        return []

    def _heard(self, item: str, words: str) -> list[Question]:
        line = self.lines.get(item)
        if line is None or line.side is not Side.USER or line.asked or line.over:
            return []
        line.words, line.words_by, line.asked = words, None, max(1, len(words))
        return self._asking(line, final=True)

    def _unknown(self, item: str) -> list[Question]:
        line = self.lines.get(item)
        if line is None or line.asked or line.over:
            return []
        line.words_by, line.asked = None, 1
        return [attrs.evolve(question, known=False) for question in self._asking(line, final=True)]

    # The agent

    def begins(self, response: str, *, own: bool) -> None:
        """An answer in the conversation begins, to all that was said before; unless it is octi's own words."""
        for line in [] if own else self.unanswered():
            line.response = response
        self.answering = response

    def _said_more(self, response: str, item: str, more: str, *, spoken: bool) -> list[Question]:
        line = self._says(response, item, spoken=spoken)
        if line is None:
            return []
        since = max(0, len(line.words) - 3)  # the end of a sentence may come in two pieces
        line.words += more
        fresh = len(line.words) - line.asked
        if fresh < LONGEST_SENTENCE and not SENTENCE.search(line.words, max(since, line.asked)):
            return []
        line.asked = len(line.words)
        return self._asking(line, final=False)

    def _said(self, response: str, item: str, part: int, words: str, *, spoken: bool) -> list[Question]:
        line = self._says(response, item, spoken=spoken)
        if line is None:
            return []
        line.settle_part(part, words)
        line.asked = len(line.words)
        return self._asking(line, final=True) if line.words else []

    def _says(self, response: str, item: str, *, spoken: bool) -> Line | None:
        """None: it is no part of the conversation, or was judged for good."""
        if response != self.answering:
            return None
        line = self.lines.get(item) or self._line(item, Side.AGENT, spoken=spoken)
        line.response = response
        return None if line.over else line

    def _asking(self, line: Line, *, final: bool) -> list[Question]:
        if line.side not in self.who:
            return []
        about = {"leg": self.leg, "item": line.id, "side": line.side}
        return [Question(**about, text=line.words, final=final, spoken=line.spoken)]  # type: ignore[arg-type]  # mixed

    def _line(self, item: str, side: Side, *, spoken: bool) -> Line:
        line = self.lines[item] = Line(item, side, spoken)
        if len(self.lines) > MOST_ITEMS:
            del self.lines[next(iter(self.lines))]
        return line
