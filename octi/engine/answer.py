"""One response while it is produced: every event of it, in the order of the wire (protocol 4.4). Synchronous.

It can be ended at any moment, from anywhere: what is open is closed, in order, and `response.done` follows. Whoever
was about to say more may find out later: an answer that is done takes no more.
"""

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import msgspec
import trio

from octi.engine.budget import text_tokens, voice_tokens
from octi.engine.formats import PCM, SHOWN, Outlet, unchanged
from octi.engine.items import Conversation, Entry, new_id
from octi.realtime.audio import encoded
from octi.units import playing_time

Emit = Callable[..., None]  # an event's type, and its fields


@attrs.define(eq=False)
class Answer:
    """A response in the making. `conversation` None: out of band, it leaves no trace in the conversation."""

    _emit: Emit
    conversation: Conversation | None
    conversation_id: str | None
    audible: bool  # spoken, or written only
    voice: str
    metadata: dict[str, str] | None = None
    max_output_tokens: int | str = "inf"
    format: str = PCM
    encode: Outlet = unchanged  # of its own: it may keep a sample or two back
    input_tokens: int = 0
    id: str = attrs.field(factory=lambda: new_id("resp"))
    items: list[Entry] = attrs.field(factory=list)
    done: bool = False
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)  # of the task that makes it
    _open: Entry | None = None
    _said: str = ""  # in the open item; the item itself may have been truncated already
    _pcm_bytes: int = 0  # of the open item
    _spoken_ms: int = 0  # in all

    def begin(self) -> None:
        """Tell that an answer begins."""
        self._emit("response.created", response=self._wire("in_progress", None, None))

    def read(self, instructions: str, entries: Sequence[Entry]) -> None:
        """Count what the brain is told."""
        self.input_tokens = text_tokens(instructions) + sum(text_tokens(entry.words) for entry in entries)

    def words(self, text: str) -> None:
        """More of what the agent says."""
        if self.done:
            return
        entry = self._open or self._open_message()
        self._said += text
        if not entry.truncated:
            entry.content[0]["transcript" if self.audible else "text"] = self._said
        kind = "response.output_audio_transcript.delta" if self.audible else "response.output_text.delta"
        self._emit(kind, **self._place(), content_index=0, delta=text)

    def sound(self, pcm: bytes) -> None:
        """More of the agent's voice: PCM16 at 24 kHz. It is told in the answer's format."""
        if self.done:
            return
        entry = self._open or self._open_message()
        self._pcm_bytes += len(pcm)
        if not entry.truncated:
            entry.audio_ms = playing_time(self._pcm_bytes)
        if sound := self.encode(pcm):
            self._emit("response.output_audio.delta", **self._place(), content_index=0, delta=encoded(sound))

    def call(self, name: str, arguments: dict[str, Any]) -> None:
        """The agent calls a function."""
        if self.done:
            return
        self._close_message("completed")
        entry = Entry(
            new_id("item"), "function_call", status="in_progress", call_id=new_id("call"), name=name, arguments=""
        )
        self._add(entry)
        place = {**self._place(), "call_id": entry.call_id}
        entry.arguments = _written(arguments)
        self._emit("response.function_call_arguments.delta", **place, delta=entry.arguments)
        self._emit("response.function_call_arguments.done", **place, name=name, arguments=entry.arguments)
        self._close(entry, "completed")

    @property
    def speaks(self) -> str:
        """The id of the item that is being said; "" if none is."""
        return self._open.id if self._open else ""

    def fits(self, text: str, audio_ms: int = 0) -> bool:
        """Are there tokens left for so many more words, and so much more voice?"""
        said = text_tokens((self._said if self._open else "") + text)
        return self._affords(said, audio_ms)

    def affords(self, arguments: dict[str, Any]) -> bool:
        """Are there tokens left for a call with these arguments?"""
        said = text_tokens(self._said) if self._open else 0
        return self._affords(said + text_tokens(_written(arguments)), 0)

    def _affords(self, open_tokens: int, audio_ms: int) -> bool:
        if isinstance(self.max_output_tokens, str):
            return True
        closed = sum(_text_tokens_in(entry) for entry in self.items if entry is not self._open)
        spoken_ms = self._spoken_ms + (playing_time(self._pcm_bytes) if self._open else 0)
        return closed + open_tokens + voice_tokens(spoken_ms + audio_ms) <= self.max_output_tokens

    def end(self, status: str, reason: str | None = None, error: dict[str, str] | None = None) -> None:
        """Close what is open, and the answer: `completed`, `cancelled`, `incomplete` or `failed`.

        A second time it does nothing.
        """
        if self.done:
            return
        self.done = True
        self._close_message("completed" if status == "completed" else "incomplete")
        details = None
        if status != "completed":
            details = {"type": status, **({"reason": reason} if reason else {}), **({"error": error} if error else {})}
        self._emit("response.done", response=self._wire(status, details, self._usage()))

    # Items

    def _open_message(self) -> Entry:
        entry = Entry(new_id("item"), "message", "assistant", "in_progress", audio_ms=0 if self.audible else None)
        self._add(entry)
        kind, key = ("output_audio", "transcript") if self.audible else ("output_text", "text")
        entry.content = [{"type": kind, key: ""}]
        self._said, self._pcm_bytes = "", 0
        self._emit("response.content_part.added", **self._place(), content_index=0, part=self._part())
        return entry

    def _add(self, entry: Entry) -> None:
        previous = self.conversation.add(entry) if self.conversation else None
        self._open = entry
        self.items.append(entry)
        place = {"response_id": self.id, "output_index": len(self.items) - 1}
        self._emit("response.output_item.added", **place, item=entry.wire())
        if self.conversation:
            self._emit("conversation.item.added", previous_item_id=previous, item=entry.wire())

    def _close_message(self, status: str) -> None:
        entry = self._open
        if entry is None:
            return
        self._spoken_ms += playing_time(self._pcm_bytes)
        place = {**self._place(), "content_index": 0}
        if self.audible:
            self._emit("response.output_audio.done", **place)
            self._emit("response.output_audio_transcript.done", **place, transcript=self._said)
        else:
            self._emit("response.output_text.done", **place, text=self._said)
        self._emit("response.content_part.done", **place, part=self._part())
        self._close(entry, status)

    def _close(self, entry: Entry, status: str) -> None:
        entry.status = status
        place = {"response_id": self.id, "output_index": len(self.items) - 1}
        if self.conversation and entry in self.conversation.entries:  # else the client has deleted it meanwhile
            previous = self.conversation.before(entry)
            self._emit("conversation.item.done", previous_item_id=previous, item=entry.wire())
        self._emit("response.output_item.done", **place, item=entry.wire())
        self._open = None

    # Values

    def _place(self) -> dict[str, Any]:
        item = self._open.id if self._open else ""
        return {"response_id": self.id, "item_id": item, "output_index": len(self.items) - 1}

    def _part(self) -> dict[str, Any]:
        """In a part the type is `audio` or `text`; in an item it is `output_audio` or `output_text` (trap 17)."""
        return {"type": "audio", "transcript": self._said} if self.audible else {"type": "text", "text": self._said}

    def _wire(self, status: str, details: dict[str, Any] | None, usage: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [entry.wire() for entry in self.items] if usage else [],
            "conversation_id": self.conversation_id,
            "output_modalities": ["audio"] if self.audible else ["text"],
            "max_output_tokens": self.max_output_tokens,
            "audio": {"output": {"format": dict(SHOWN[self.format]), "voice": self.voice}},
            "usage": usage,
            "metadata": self.metadata,
        }

    def _usage(self) -> dict[str, Any]:
        """Computed, not billed: text by four letters a token, voice by 50 ms (protocol 7)."""
        text = sum(map(_text_tokens_in, self.items))
        audio = voice_tokens(self._spoken_ms)
        details = {"text_tokens": self.input_tokens, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 0}
        cached = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
        return {
            "total_tokens": self.input_tokens + text + audio,
            "input_tokens": self.input_tokens,
            "output_tokens": text + audio,
            "input_token_details": {**details, "cached_tokens_details": cached},
            "output_token_details": {"text_tokens": text, "audio_tokens": audio},
        }


def _text_tokens_in(entry: Entry) -> int:
    return text_tokens(entry.words or entry.arguments or "")


def _written(arguments: dict[str, Any]) -> str:
    return msgspec.json.encode(arguments).decode()
