"""What a chat model answers: its stream of pieces, put together into sentences and calls of functions. Pure."""

from collections.abc import Collection
from typing import Any

import attrs
import msgspec

from octi.engine.base import Call, Say
from octi.engine.brains.chat_faults import ChatFault, words_in
from octi.engine.brains.sentences import Cut, Sentences
from octi.engine.brains.speakable import speakable
from octi.engine.brains.unspoken import Unspoken

MOST_CHARACTERS = 8_000  # of one answer: ten minutes of talk. It ends there
MOST_ARGUMENTS = 100_000  # characters
MOST_CALLS = 32
DONE = "[DONE]"


class Function(msgspec.Struct):
    """Part of a call. The name comes once, or again and again; the arguments in pieces, or from some servers whole."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class ToolCall(msgspec.Struct):
    """Part of a call, and which one it belongs to."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Part(msgspec.Struct):
    """Part of a content that is not plain text: thinking, sources."""

    type: str = "text"
    text: str | None = None


class Delta(msgspec.Struct):
    """What is new. What a model thinks comes in fields of other names, and is not looked at."""

    content: str | list[Part] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(msgspec.Struct):
    """The one answer that is asked for. `message`: all of it, from a server that does not stream."""

    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """One event of the stream."""

    choices: list[Choice] | None = None
    error: Any = None
    object: str | None = None


_chunk: msgspec.json.Decoder[Chunk] = msgspec.json.Decoder(Chunk)


@attrs.define
class _Calling:
    id: str
    name: str = ""
    arguments: str = ""


@attrs.define
class Reply:
    """One answer as it arrives. `functions`: the names of those that may be called."""

    functions: Collection[str] = ()
    heard: bool = False  # there are words of it, or a call; before that a model may think for long
    over: bool = False  # it is complete, or as much of it as is wanted
    _reason: str = ""  # why it ended, in the protocol's word
    _left: int = MOST_CHARACTERS
    _spoke: bool = False
    _calls: list[_Calling] = attrs.field(factory=list)
    _places: dict[int | None, _Calling] = attrs.field(factory=dict)  # the newest of each number
    _unspoken: Unspoken = attrs.field(factory=Unspoken)
    _sentences: Sentences = attrs.field(factory=Sentences)

    def take(self, data: str | bytes) -> list[Say]:
        """The sentences that an event completes. Raises ChatFault."""
        if data == DONE:
            self.over = True
            return []
        chunk = _read(data)
        choice = chunk.choices[0] if chunk.choices else Choice()
        delta = choice.delta or choice.message or Delta()
        for part in delta.tool_calls or ():
            self._take_call(part)
        self._reason = choice.finish_reason or self._reason
        said = self._hear(self._unspoken.take(_text(delta)))
        # What follows the reason is of no interest: how many tokens it took.
        self.over |= bool(self._reason)
        return said

    def end(self) -> list[Say | Call]:
        """The rest of a complete answer. Raises ChatFault if it is broken off, or there is nothing in it at all."""
        if not self.over:
            raise ChatFault("left before its answer was complete", pause_s=0)
        if self._left <= 0:  # in the middle of a sentence, or of a call
            return []
        said: list[Say | Call] = [*self._hear(self._unspoken.end()), *self._say(self._sentences.end())]
        said += map(self._call, self._calls)
        if not said and not self._spoke:
            raise ChatFault(_nothing(self._reason))
        return said

    def _hear(self, text: str) -> list[Say]:
        """More of what is to be said. With the last that an answer may have it is over."""
        self.heard |= bool(text)
        said = self._say(self._sentences.take(text[: self._left]))
        self._left -= len(text)
        self.over |= self._left <= 0
        return said

    def _say(self, cuts: list[Cut]) -> list[Say]:
        said = [Say(text) for cut in cuts if (text := speakable(cut.text, whole=cut.whole))]
        self._spoke |= bool(said)
        return said

    # Calls

    def _take_call(self, part: ToolCall) -> None:
        self.heard = True
        calling, function = self._calling(part), part.function or Function()
        calling.name = calling.name or function.name or ""
        more = function.arguments
        calling.arguments += (
            more if isinstance(more, str) else "" if more is None else msgspec.json.encode(more).decode()
        )
        if len(self._calls) > MOST_CALLS or len(calling.arguments) > MOST_ARGUMENTS:
            raise ChatFault("calls functions without an end", retryable=True)

    def _calling(self, part: ToolCall) -> _Calling:
        """The call that a part belongs to. Some servers number no calls, or all of them 0: their ids tell more."""
        found = next((each for each in self._calls if part.id and each.id == part.id), None) or self._numbered(part)
        if found is None:
            found = _Calling(part.id or "")
            self._calls.append(found)
        self._places[part.index] = found
        return found

    def _numbered(self, part: ToolCall) -> _Calling | None:
        known = self._places.get(part.index)
        named_anew = part.index is None and not part.id and part.function is not None and part.function.name
        return None if named_anew or (known and part.id and known.id) else known

    def _call(self, calling: _Calling) -> Call:
        if calling.name not in self.functions:
            raise ChatFault(f"calls a function that there is not: {calling.name[:64]!r}")
        try:
            arguments = msgspec.json.decode(calling.arguments or "{}", type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            problem = str(error)[:100]
            raise ChatFault(f"calls {calling.name} with arguments that are not a JSON object: {problem}") from None
        return Call(calling.name, arguments)


def _read(data: str | bytes) -> Chunk:
    try:
        chunk = _chunk.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ChatFault(f"answers what is no chat completion ({str(error)[:100]})", retryable=False) from None
    if chunk.error or chunk.object == "error":
        words, _ = words_in(data if isinstance(data, bytes) else data.encode())
        raise ChatFault(f"broke its answer off ({words or 'it does not say why'})", pause_s=0)
    return chunk


def _text(delta: Delta) -> str:
    if isinstance(delta.content, list):
        return "".join(part.text or "" for part in delta.content if part.type == "text")
    return (delta.content or "") + (delta.refusal or "")


def _nothing(reason: str) -> str:
    """Why there is nothing to say."""
    match reason:
        case "length":
            return "came to the end of its token limit before it said anything"
        case "content_filter":
            return "says nothing: its content filter held the answer back"
        case _:
            return "says nothing"
