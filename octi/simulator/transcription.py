"""The words of a simulated conversation: known from the start, and told when a transcription model would. Pure."""

from collections.abc import Collection, Iterable

import attrs

from octi.engine.items import Entry
from octi.records import Role, Turn
from octi.simulator.answer import Emit, tokens
from octi.simulator.script import Says
from octi.units import ItemId, Milliseconds, SessionId

INPUT_TOKEN_MS = 100  # of the caller's voice (protocol 7)
KIND = "conversation.item.input_audio_transcription"


@attrs.frozen
class _Words:
    """The words of a turn, on their way."""

    entry: Entry
    step: Says
    audio_ms: int
    wait_s: float


@attrs.define
class Transcription:
    """What was said. It comes during the answer, or after it, or fails (protocol trap 32)."""

    _pending: list[_Words] = attrs.field(factory=list)
    _heard: dict[str, str] = attrs.field(factory=dict)  # by item: what the agent heard, told or not

    def __bool__(self) -> bool:
        return bool(self._pending)

    def add(self, entry: Entry, step: Says, audio_ms: int, wait_s: float = 0.0) -> None:
        """A turn was spoken, and its words take so long."""
        self._heard[entry.id] = step.say
        self._pending.append(_Words(entry, step, audio_ms, wait_s))

    def know(self, entry: Entry, step: Says) -> None:
        """What a voice says that the client put into an item by itself: nobody is told."""
        self._heard[entry.id] = step.say

    def waits(self, *, answering: bool) -> dict[str, float]:
        """How long the words of each item take, in seconds; without those that wait for an answer's end."""
        return {words.entry.id: words.wait_s for words in self._pending if _may_come(words, answering)}

    def tell(self, emit: Emit, *, answering: bool, asked_for: bool, only: Collection[str] | None = None) -> None:
        """Tell the words that are due; `only` those of these items."""
        due = [
            words for words in self._pending if _may_come(words, answering) and (only is None or words.entry.id in only)
        ]
        self._pending = [words for words in self._pending if words not in due]
        for words in due:
            if words.step.words != "failed":
                words.entry.content[0]["transcript"] = words.step.say
            if asked_for:
                _tell(emit, words)

    def turns(self, entries: Iterable[Entry]) -> list[Turn]:
        """The messages among some items, with their words."""
        return [
            Turn(
                session=SessionId("simulated"),
                item=ItemId(entry.id),
                position=position,
                role=Role(entry.role or "user"),
                text=self._heard.get(entry.id) or entry.words,
                start_ms=Milliseconds(0),
                end_ms=Milliseconds(0),
            )
            for position, entry in enumerate(entry for entry in entries if entry.type == "message")
        ]


def _may_come(words: _Words, answering: bool) -> bool:
    return words.step.words != "after" or not answering


def _tell(emit: Emit, words: _Words) -> None:
    place, said = {"item_id": words.entry.id, "content_index": 0}, words.step.say
    if words.step.words == "failed":
        error = {"type": "server_error", "code": "transcription_failed", "message": "The script says so."}
        emit(f"{KIND}.failed", **place, error=error)
        return
    audio, text = words.audio_ms // INPUT_TOKEN_MS, tokens(said)
    usage = {
        "type": "tokens",
        "total_tokens": audio + text,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": text,
    }
    emit(f"{KIND}.delta", **place, delta=said)
    emit(f"{KIND}.completed", **place, transcript=said, usage=usage)
