"""A recorded conversation as exchanges: what led to each answer, what was answered, and how fast. Pure."""

from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from octi.cassette.sounds import PCM, RATES, formats_in
from octi.simulator.scenario import MOST_LETTERS

WORDS = "conversation.item.input_audio_transcription.completed"
ADDED = frozenset({"conversation.item.added", "conversation.item.created", "conversation.item.done"})
VOICE = frozenset({"response.output_audio.delta", "response.audio.delta"})
TEXT = frozenset({
    "response.output_audio_transcript.delta",
    "response.audio_transcript.delta",
    "response.output_text.delta",
    "response.text.delta",
})  # fmt: skip
DEEPEST = 32  # of a call's arguments: more is no use, and some readers of TOML give up
NAMELESS = "nameless"  # a function, in a scenario

Event = Mapping[str, Any]


@attrs.define(eq=False)
class Asked:
    """What the agent answered to: words, spoken or typed; or a function's output."""

    spoken: str = ""
    typed: str = ""
    output_of: str = ""
    committed_ms: float | None = None
    heard_ms: float | None = None  # from the turn's end to its words


@attrs.frozen
class Piece:
    """A delta: when it came, how long it sounds, how long nothing had come before it, what had sounded by then."""

    at_ms: float
    kind: str
    sounds_ms: float
    gap_ms: float
    sounded_ms: float


@attrs.define(eq=False)
class Exchange:
    """What led to an answer, and the answer."""

    began_ms: float
    asked: list[Asked] = attrs.field(factory=list)
    words: dict[str, str] = attrs.field(factory=dict)  # by item
    calls: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)
    pieces: list[Piece] = attrs.field(factory=list)
    sounded_ms: float = 0.0
    ended_ms: float | None = None
    interrupted: bool = False  # the user spoke, or the client has cancelled it

    def add(self, kind: str, at_ms: float, gap_ms: float, sounds_ms: float) -> None:
        """One more piece."""
        self.pieces.append(Piece(at_ms, kind, sounds_ms, gap_ms, self.sounded_ms))
        self.sounded_ms += sounds_ms

    @property
    def said(self) -> str:
        """What the agent said; where its words never came, something that sounds as long."""
        said = " ".join(filter(None, (words.strip() for words in self.words.values())))
        return said or " ".join(["…"] * round(self.sounded_ms / 200))

    @property
    def output_of(self) -> str:
        """The function whose output led to it; "": words did, or nothing that one knows of."""
        return next((asked.output_of for asked in reversed(self.asked) if asked.output_of), "")


@attrs.define
class Listener:
    """Hears a conversation event by event, and makes exchanges of it. What runs beside the conversation is left out."""

    exchanges: list[Exchange] = attrs.field(factory=list)
    _asked: dict[str, Asked] = attrs.field(factory=dict)  # every item of the user's side, by its id
    _new: list[Asked] = attrs.field(factory=list)  # since the last answer began
    _functions: dict[str, str] = attrs.field(factory=dict)  # by the call's id
    _aside: set[str] = attrs.field(factory=set)  # responses out of band
    _format: str = PCM
    _heard_ms: float = 0.0  # when something came last

    @property
    def active(self) -> Exchange | None:
        """The answer under way."""
        last = self.exchanges[-1] if self.exchanges else None
        return last if last and last.ended_ms is None else None

    def is_aside(self, event: Event) -> bool:
        """Is it about a response that is no part of the conversation?"""
        response = event.get("response")
        if not isinstance(response, dict):
            return str(event.get("response_id")) in self._aside
        if response.get("conversation_id", "") is None:
            self._aside.add(str(response.get("id")))
        return str(response.get("id")) in self._aside

    def hear(self, event: Event, at_ms: float = 0.0, frame: bytes = b"") -> None:
        """Take in one of the provider's events."""
        self._format = formats_in(frame).get("output", self._format)
        gap_ms, self._heard_ms = at_ms - self._heard_ms, at_ms
        if self.is_aside(event):
            return
        match event:
            case {"type": "response.created"}:
                self.exchanges.append(Exchange(at_ms, self._new))
                self._new = []
            case {"type": "response.output_item.done", "item": dict() as item} if self.exchanges:
                self._answered(item)
            case {"type": "response.done"} if self.exchanges:
                self.exchanges[-1].ended_ms = at_ms
            case {"type": str(kind)} if kind.startswith("response.") and kind.endswith(".delta") and self.active:
                self._add(self.active, event, at_ms, gap_ms)
            case _:
                self._hear_user(event, at_ms)

    def _hear_user(self, event: Event, at_ms: float) -> None:
        match event:
            case {"type": "input_audio_buffer.speech_started"} if self.active:
                self.active.interrupted = True
            case {"type": "input_audio_buffer.committed", "item_id": str(item)}:
                self._ask(item).committed_ms = at_ms
            case {"type": str(kind), "item": {"id": str(item), "type": "message", "role": "user", **rest}} if (
                kind in ADDED
            ):
                asked = self._ask(item)
                asked.typed = asked.typed or text_in(rest.get("content"))
            case {"item": {"id": str(item), "type": "function_call_output", "call_id": str(call)}}:
                self._ask(item).output_of = self._functions.get(call, "")
            case {"type": kind, "item_id": str(item), "transcript": str(words)} if kind == WORDS:
                self._heard(self._ask(item), words, at_ms)
            case _:
                pass  # nothing that a scenario can say

    def _ask(self, item: str) -> Asked:
        if item not in self._asked:
            self._asked[item] = Asked()
            self._new.append(self._asked[item])
        return self._asked[item]

    def _heard(self, asked: Asked, words: str, at_ms: float) -> None:
        asked.spoken = words.strip()
        if asked.committed_ms is not None:
            asked.heard_ms = at_ms - asked.committed_ms

    def lose(self, at_ms: float) -> None:
        """A piece of the voice came that cannot be heard; it is taken to sound as long as another."""
        if exchange := self.active:
            sounds_ms = max((piece.sounds_ms for piece in exchange.pieces), default=0.0)
            exchange.add("response.output_audio.delta", at_ms, at_ms - self._heard_ms, sounds_ms)
        self._heard_ms = at_ms

    def _add(self, exchange: Exchange, event: Event, at_ms: float, gap_ms: float) -> None:
        kind, delta, sounds_ms = event["type"], event.get("delta"), 0.0
        if kind in TEXT:
            item = str(event.get("item_id"))
            exchange.words[item] = exchange.words.get(item, "") + str(delta)
        if kind in VOICE:
            _, rate, width = RATES[self._format]
            sounds_ms = len(str(delta)) * 3 // 4 / (rate * width) * 1000
        exchange.add(kind, at_ms, gap_ms, sounds_ms)

    def _answered(self, item: Event) -> None:
        match item:
            case {"type": "message", "content": list(content), **rest}:
                self.exchanges[-1].words[str(rest.get("id"))] = text_in(content)
            case {"type": "function_call", "name": str(name), **rest}:
                name = name[:MOST_LETTERS] or NAMELESS
                self._functions[str(rest.get("call_id"))] = name
                self.exchanges[-1].calls.append((name, arguments_in(rest.get("arguments"))))
            case _:
                pass  # nothing that a scenario can say


def text_in(content: Any) -> str:
    """The words of an item's parts."""
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return " ".join(str(part.get("text") or part.get("transcript") or "") for part in parts).strip()


def arguments_in(text: Any) -> dict[str, Any]:
    """A call's arguments; none where they are no JSON object, or a very deep one."""
    try:
        said = msgspec.json.decode(text) if isinstance(text, str) else None
    except (msgspec.DecodeError, RecursionError):
        said = None
    return said if isinstance(said, dict) and not _deeper(said, DEEPEST) else {}


def _deeper(value: Any, levels: int) -> bool:
    """Are there more values in each other than that?"""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(not levels or _deeper(each, levels - 1) for each in below)
