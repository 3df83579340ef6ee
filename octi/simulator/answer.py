"""One response of the simulated agent, a word at a time: every event, in the wire's order (protocol 4.4). Pure."""

import math
from array import array
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

import attrs
import msgspec

from octi.engine.base import Call, Say
from octi.engine.formats import PCM, SHOWN, open_outlet
from octi.engine.items import Conversation, Entry, truncate
from octi.engine.requests import ResponseWish
from octi.engine.settings import Settings
from octi.realtime.audio import encoded
from octi.simulator.agent import Plan, Play
from octi.simulator.script import Fails
from octi.simulator.tempo import Tempo
from octi.units import SAMPLE_BYTES, SAMPLE_RATE_HZ, pcm_bytes

Emit = Callable[..., None]  # an event's type, and its fields
NextId = Callable[[str], str]  # by its kind

WORD_MS = 200
TONE_HZ, TONE_LOUDNESS = 440, 3000
AUDIO_TOKEN_MS = 50  # of the agent's voice (protocol 7)


@cache
def tone(kind: str) -> str:
    """What a word sounds like, in a format, as base64."""
    turn = 2 * math.pi * TONE_HZ / SAMPLE_RATE_HZ
    count = pcm_bytes(WORD_MS) // SAMPLE_BYTES
    samples = array("h", (int(TONE_LOUDNESS * math.sin(turn * index)) for index in range(count)))
    outlet, pcm = open_outlet(kind), samples.tobytes()
    outlet(pcm)  # the word before it: a filter begins with silence, and the words are to make one tone
    return encoded(outlet(pcm))


@attrs.frozen(kw_only=True)
class Manner:
    """How a response is given."""

    audible: bool  # spoken, or written only
    sounds: bool  # its voice comes over the socket; else, in a call, by media that nobody here sends
    voice: str
    format: str = PCM
    metadata: dict[str, str] | None = None
    max_output_tokens: int | str = "inf"
    input_tokens: int = 0
    tempo: Tempo | None = None  # None: as whoever holds the conversation has it
    words_ahead: int = 0  # of the transcript against the voice; below 0: behind it


def manner_of(settings: Settings, wish: ResponseWish, *, sounds: bool, input_tokens: int) -> Manner:
    """As the session has it, where the client wishes nothing else for this one."""
    return Manner(
        audible=(wish.output_modalities or settings.values["output_modalities"]) == ["audio"],
        sounds=sounds,
        voice=settings.voice_for(wish),
        format=settings.format_for(wish),
        metadata=wish.metadata,
        max_output_tokens=wish.max_output_tokens or settings.values["max_output_tokens"],
        input_tokens=input_tokens,
    )


@attrs.define(eq=False)
class Answer:
    """A response in the making. `items` None: out of band, it leaves no trace in the conversation."""

    id: str
    plan: Plan
    manner: Manner
    items: Conversation | None
    conversation_id: str | None
    _emit: Emit
    _next_id: NextId
    done: bool = False
    wait_s: float = 0.0  # to its next beat, by its tempo
    beats: int = 0
    output: list[Entry] = attrs.field(factory=list)
    _words: deque[str] = attrs.field(factory=deque)  # not told yet
    _to_sound: int = 0  # how many words did not sound yet
    _to_call: deque[Call] = attrs.field(factory=deque)
    _said: str = ""
    _open: Entry | None = None

    def begin(self) -> None:
        """Tell that it begins."""
        match self.plan:
            case Say(text) | Play(text=text) if text:
                self._words.extend(words_of(text))
            case Call():
                self._to_call.append(self.plan)
            case _:
                pass
        if isinstance(self.plan, Play):
            self._to_call.extend(self.plan.calls)
        self._to_sound = len(self._words)
        self.wait_s = self.manner.tempo.first_s() if self.manner.tempo else 0.0
        self._emit("response.created", response=self._wire("in_progress", None, None))

    def step(self) -> None:
        """The next beat: a word, a call, or the end."""
        self.beats += 1
        sounded = bool(self._to_sound)
        if self._to_sound:
            self._say()
        elif isinstance(self.plan, Fails):
            error = {"type": "server_error", "code": self.plan.fail, "message": self.plan.message}
            self.end("failed", {"error": error})
        elif self._to_call:
            self._call(self._to_call.popleft())
        else:
            self.end("completed")
        if self.manner.tempo:
            self.wait_s = self.manner.tempo.next_s(WORD_MS if sounded else 0)

    @property
    def spoken(self) -> bool:
        """Did it sound?"""
        return self.manner.audible and any(entry.type == "message" for entry in self.output)

    # Words

    def _say(self) -> None:
        """One word of voice, and so much of the transcript as is told by then."""
        entry = self._open or self._open_message()
        self._to_sound -= 1
        ahead = self.manner.words_ahead if self.manner.audible else 0
        left = max(0, self._to_sound - ahead) if self._to_sound else 0
        while len(self._words) > left:
            self._tell(entry, self._words.popleft())
        if self.manner.audible and not entry.truncated:
            entry.audio_ms = (entry.audio_ms or 0) + WORD_MS
        if self.manner.audible and self.manner.sounds:
            self._emit("response.output_audio.delta", **self._place(), content_index=0, delta=tone(self.manner.format))

    def _tell(self, entry: Entry, word: str) -> None:
        kind, key = ("output_audio_transcript", "transcript") if self.manner.audible else ("output_text", "text")
        self._said += word
        if not entry.truncated:
            entry.content[0][key] = self._said
        self._emit(f"response.{kind}.delta", **self._place(), content_index=0, delta=word)

    def _open_message(self) -> Entry:
        audible = self.manner.audible
        entry = Entry(self._next_id("item"), "message", "assistant", "in_progress", audio_ms=0 if audible else None)
        self._add(entry)
        entry.content = [{"type": "output_audio", "transcript": ""} if audible else {"type": "output_text", "text": ""}]
        self._emit("response.content_part.added", **self._place(), content_index=0, part=self._part())
        if self._in_call:
            self._emit("output_audio_buffer.started", response_id=self.id)
        return entry

    def _close_message(self, entry: Entry, status: str) -> None:
        place = {**self._place(), "content_index": 0}
        if self.manner.audible:
            self._emit("response.output_audio.done", **place)
            self._emit("response.output_audio_transcript.done", **place, transcript=self._said)
        else:
            self._emit("response.output_text.done", **place, text=self._said)
        self._emit("response.content_part.done", **place, part=self._part())
        self._close(entry, status)

    # Items

    def _call(self, call: Call) -> None:
        if self._open:
            self._close_message(self._open, "completed")
        name, arguments = call.name, msgspec.json.encode(call.arguments).decode()
        ids = (self._next_id("item"), self._next_id("call"))
        entry = Entry(ids[0], "function_call", status="in_progress", call_id=ids[1], name=name, arguments="")
        self._add(entry)
        entry.arguments = arguments
        place = {**self._place(), "call_id": entry.call_id}
        self._emit("response.function_call_arguments.delta", **place, delta=arguments)
        self._emit("response.function_call_arguments.done", **place, name=name, arguments=arguments)
        self._close(entry, "completed")

    def _add(self, entry: Entry) -> None:
        previous = self.items.add(entry) if self.items else None
        self._open = entry
        self.output.append(entry)
        self._emit("response.output_item.added", **self._index(), item=entry.wire())
        if self.items:
            self._emit("conversation.item.added", previous_item_id=previous, item=entry.wire())

    def _close(self, entry: Entry, status: str) -> None:
        entry.status = status
        if self.items and entry in self.items.entries:  # else the client has deleted it meanwhile
            self._emit("conversation.item.done", previous_item_id=self.items.before(entry), item=entry.wire())
        self._emit("response.output_item.done", **self._index(), item=entry.wire())
        self._open = None

    def end(self, status: str, details: dict[str, Any] | None = None) -> None:
        """It is over: completed, or whatever else a response can come to."""
        self.done = True
        if entry := self._open:
            self._close_message(entry, "completed" if status == "completed" else "incomplete")
        details = {"type": status, **details} if details else None
        self._emit("response.done", response=self._wire(status, details, self._usage()))
        limit = {"name": "tokens", "limit": 1_000_000, "remaining": 1_000_000, "reset_seconds": 0}
        self._emit("rate_limits.updated", rate_limits=[limit])
        if self._in_call and self.output and self.output[0].type == "message":
            self._stop_playing(self.output[0], status)

    def _stop_playing(self, entry: Entry, status: str) -> None:
        """In a call the server knows what was played, and truncates by itself (protocol 4.4)."""
        self._emit(f"output_audio_buffer.{'stopped' if status == 'completed' else 'cleared'}", response_id=self.id)
        if status != "completed" and entry.audio_ms is not None and self.items and entry in self.items.entries:
            heard_ms = entry.audio_ms
            truncate(entry, heard_ms)
            self._emit("conversation.item.truncated", item_id=entry.id, content_index=0, audio_end_ms=heard_ms)

    # Values

    @property
    def _in_call(self) -> bool:
        return self.manner.audible and not self.manner.sounds

    def _index(self) -> dict[str, Any]:
        return {"response_id": self.id, "output_index": len(self.output) - 1}

    def _place(self) -> dict[str, Any]:
        return {**self._index(), "item_id": self.output[-1].id}

    def _part(self) -> dict[str, Any]:
        """In a part the type is `audio` or `text`; in an item `output_audio` or `output_text` (protocol trap 17)."""
        said = self._said
        return {"type": "audio", "transcript": said} if self.manner.audible else {"type": "text", "text": said}

    def _wire(self, status: str, details: dict[str, Any] | None, usage: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [entry.wire() for entry in self.output],
            "conversation_id": self.conversation_id,
            "output_modalities": ["audio"] if self.manner.audible else ["text"],
            "max_output_tokens": self.manner.max_output_tokens,
            "audio": {"output": {"format": dict(SHOWN[self.manner.format]), "voice": self.manner.voice}},
            "usage": usage,
            "metadata": self.manner.metadata,
        }

    def _usage(self) -> dict[str, Any]:
        """Counted by letters and milliseconds, not billed (protocol 7)."""
        text = sum(tokens(entry.words or entry.arguments or "") for entry in self.output)
        audio = sum((entry.audio_ms or 0) // AUDIO_TOKEN_MS for entry in self.output)
        read = self.manner.input_tokens
        cached = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
        return {
            "total_tokens": read + text + audio,
            "input_tokens": read,
            "output_tokens": text + audio,
            "input_token_details": {
                "text_tokens": read,
                "audio_tokens": 0,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": cached,
            },
            "output_token_details": {"text_tokens": text, "audio_tokens": audio},
        }


def words_of(text: str) -> list[str]:
    """A text in pieces of a word each, that make the text again when they are joined."""
    first, *others = text.split(" ")
    return [first, *(f" {word}" for word in others)]


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return (len(text) + 3) // 4
