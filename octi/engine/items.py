"""The engine's conversation: its items in order, as values of the wire. Pure."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import attrs
import msgspec

from octi.engine.base import Called, Line
from octi.engine.formats import PCM, SPELLED
from octi.engine.requests import NewItem, NewPart
from octi.errors import BadMessage
from octi.realtime.audio import decoded
from octi.realtime.heard import heard_text
from octi.units import SAMPLE_BYTES

MOST_SOUND_BYTES = 15 << 20  # in one event, as the provider has it
LONGEST_SOUND = 4 * -(-MOST_SOUND_BYTES // 3)  # the same in base64
MOST_ITEMS = 2000  # some ten hours of talk; more is a client gone wild
MOST_ITEM_BYTES = 1 << 20  # as it is told again: some clients take no more
MOST_BYTES = 16 << 20  # of all items that a client wrote
Value = TypeVar("Value")

# What each role may say (protocol 1.3). A part of another's kind is refused: a client would not find itself in it.
PARTS: Mapping[str, tuple[str, ...]] = {
    "system": ("input_text",),
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text", "output_audio"),
}


def new_id(prefix: str) -> str:
    """An id as the provider makes them: short enough for its limit of 32 characters."""
    return f"{prefix}_{secrets.token_hex(10)}"


@attrs.define(eq=False)
class Entry:
    """One item. `audio_ms`: how much of the agent's voice it holds; None: it has none."""

    id: str
    type: str
    role: str | None = None
    status: str = "completed"
    content: list[dict[str, Any]] = attrs.field(factory=list)
    audio_ms: int | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | None = None
    truncated: bool = False  # heard so far and no further, even if more is still being made
    size: int = 0  # in bytes, of what a client wrote

    def wire(self) -> dict[str, Any]:
        """The item as the protocol writes it (protocol 1.3): what does not apply is absent, not null."""
        item: dict[str, Any] = {"id": self.id, "object": "realtime.item", "type": self.type, "status": self.status}
        match self.type:
            case "message":
                item |= {"role": self.role, "content": [dict(part) for part in self.content]}
            case "function_call":
                item |= {"call_id": self.call_id, "name": self.name, "arguments": self.arguments}
            case _:
                item |= {"call_id": self.call_id, "output": self.output}
        return item

    @property
    def words(self) -> str:
        """What was said or written in it."""
        return " ".join(filter(None, (part.get("text") or part.get("transcript") for part in self.content)))


def user_voice(item_id: str) -> Entry:
    """What the user said; the words come later, and the key for them is there from the start (protocol trap 18)."""
    return Entry(item_id, "message", "user", content=[{"type": "input_audio", "transcript": None}])


def entry_from(item: NewItem, place: str = "item") -> Entry:
    """An item that the client adds, at `place` in its event. Raises BadMessage naming the field at fault."""
    entry = Entry(item.id or new_id("item"), item.type)
    match item.type:
        case "message":
            entry.role = _needed(item.role, f"{place}.role")
            entry.content = [
                _part(part, entry.role, f"{place}.content[{index}]") for index, part in enumerate(item.content)
            ]
            if not entry.content:
                raise BadMessage("A message needs content.", f"{place}.content", "missing_required_parameter")
        case "function_call_output":
            entry.call_id = _needed(item.call_id, f"{place}.call_id")
            entry.output = _needed(item.output, f"{place}.output")
        case "function_call":
            entry.call_id = item.call_id or new_id("call")
            entry.name = _needed(item.name, f"{place}.name")
            entry.arguments = _needed(item.arguments, f"{place}.arguments")
        case "item_reference":
            raise BadMessage("A reference stands only in a response's input.", f"{place}.type")
    entry.size = len(msgspec.json.encode(entry.wire()))
    if entry.size > MOST_ITEM_BYTES:
        problem = f"Invalid '{place}': an item holds at most {MOST_ITEM_BYTES} bytes without its audio. Write several."
        raise BadMessage(problem, place, "string_above_max_length")
    return entry


def sounds_in(item: NewItem, place: str = "item", *, kind: str = PCM) -> dict[int, bytes]:
    """The user's voice in an item, by the index of its part, where the client does not tell its words.

    kind: the format of it. Raises BadMessage.
    """
    return {
        index: sound_in(part.audio, f"{place}.content[{index}].audio", kind=kind)
        for index, part in enumerate(item.content)
        if part.type == "input_audio" and part.audio is not None and part.transcript is None
    }


def sound_in(audio: str, param: str, *, kind: str = PCM) -> bytes:
    """Sound of a format out of base64, as it is. Raises BadMessage in the provider's words."""
    wanted = f"Invalid '{param}'. Expected base64-encoded audio bytes ({SPELLED[kind]})"
    if len(audio) > LONGEST_SOUND:
        problem = f"Invalid '{param}': string too long. Expected at most {MOST_SOUND_BYTES >> 20} MiB of audio."
        raise BadMessage(problem, param, "string_above_max_length")
    try:
        sound = decoded(audio, param)
    except BadMessage:
        raise BadMessage(f"{wanted} but got an invalid value.", param) from None
    if not sound:
        raise BadMessage(f"{wanted} but got empty bytes.", param)
    if kind == PCM and len(sound) % SAMPLE_BYTES:
        raise BadMessage(f"{wanted} but got half a sample at the end.", param)
    return sound


def _part(part: NewPart, role: str, place: str) -> dict[str, Any]:
    """A part as it is kept. The key of a transcript is always there (protocol trap 18), sounds and pictures never."""
    if part.type not in PARTS[role]:
        wanted = " and ".join(f"'{kind}'" for kind in PARTS[role])
        raise BadMessage(f"Invalid value: '{part.type}'. Supported values are: {wanted}.", f"{place}.type")
    match part.type:
        case "input_text" | "output_text":
            return {"type": part.type, "text": _needed(part.text, f"{place}.text")}
        case "input_image":
            return {"type": part.type, "detail": part.detail or "auto"}  # the engine has no eyes
        case _:
            return {"type": part.type, "transcript": part.transcript}


def _needed(value: Value | None, param: str) -> Value:
    if value is None:
        raise BadMessage(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")
    return value


@attrs.define
class Conversation:
    """The items of one session, in order. `announced`: the id of a turn that clients know of and that is to come."""

    entries: list[Entry] = attrs.field(factory=list)
    announced: str | None = None

    def find(self, item_id: str) -> Entry | None:
        """The item of that id."""
        return next((entry for entry in self.entries if entry.id == item_id), None)

    def get(self, item_id: str, doing: str, param: str = "item_id") -> Entry:
        """The item of that id, as `param` has it. Raises BadMessage in the words of `doing`: retrieve, delete, ..."""
        if entry := self.find(item_id):
            return entry
        problem = f"Error {doing[:-1]}ing item: the item with id '{item_id}' does not exist."
        raise BadMessage(problem, param, f"item_{doing}_invalid_item_id")

    def add(self, entry: Entry, after: str | None = None) -> str | None:
        """Put an item behind another (None: at the end; "root": first); the id of the one before it.

        The oldest one is forgotten where there are too many. Raises BadMessage if that one is unknown, or the new
        one's id is taken.
        """
        if self.find(entry.id) or entry.id == self.announced:
            problem = f"Error adding item: an item with id '{entry.id}' already exists."
            raise BadMessage(problem, "item.id", "item_create_duplicate_item_id")
        place = self._place_after(after)
        previous = self.entries[place - 1].id if place else None
        self.entries.insert(place, entry)
        del self.entries[:-MOST_ITEMS]
        return previous

    def add_from_client(self, entry: Entry, after: str | None = None) -> str | None:
        """As `add`. Raises BadMessage as well for the output of a call that nobody made, and at the bound."""
        if len(self.entries) >= MOST_ITEMS:
            raise BadMessage(f"A conversation holds at most {MOST_ITEMS} items.", "item", "conversation_too_long")
        if sum(other.size for other in self.entries) + entry.size > MOST_BYTES:
            problem = f"A conversation holds at most {MOST_BYTES >> 20} MiB of items that a client wrote. Delete some."
            raise BadMessage(problem, "item", "conversation_too_long")
        called = {other.call_id for other in self.entries if other.type == "function_call"}
        if entry.type == "function_call_output" and entry.call_id not in called:
            problem = f"Tool call ID '{entry.call_id}' not found in conversation."
            raise BadMessage(problem, "item.call_id", "invalid_tool_call_id")
        return self.add(entry, after)

    def before(self, entry: Entry) -> str | None:
        """The id of the one before an item."""
        place = self.entries.index(entry)
        return self.entries[place - 1].id if place else None

    def remove(self, entry: Entry) -> None:
        """Take an item out."""
        self.entries.remove(entry)

    def input_of(self, items: Sequence[NewItem]) -> list[Entry]:
        """The context that a response brings along: items of its own, and references. Raises BadMessage."""
        return [
            self.get(_needed(item.id, f"{place}.id"), "retrieve", f"{place}.id")
            if item.type == "item_reference"
            else entry_from(item, place)
            for index, item in enumerate(items)
            if (place := f"response.input[{index}]")
        ]

    def _place_after(self, after: str | None) -> int:
        if after is None:
            return len(self.entries)
        if after == "root":
            return 0
        for index, entry in enumerate(self.entries):
            if entry.id == after:
                return index + 1
        problem = f"Error adding item: the previous item with id '{after}' does not exist."
        raise BadMessage(problem, "previous_item_id", "item_create_invalid_previous_item_id")


def truncate(entry: Entry, end_ms: int) -> None:
    """Only so much of an answer was heard. Raises BadMessage if it has no voice, or less of it."""
    if entry.audio_ms is None:
        raise BadMessage("Only model output audio messages can be truncated", "item_id")
    if end_ms > entry.audio_ms:
        raise BadMessage(f"Audio content of {entry.audio_ms}ms is already shorter than {end_ms}ms", "audio_end_ms")
    for part in entry.content:
        if part.get("transcript"):
            part["transcript"] = heard_text(part["transcript"], end_ms, entry.audio_ms) if end_ms else ""
    entry.audio_ms, entry.truncated = end_ms, True


def history(entries: Sequence[Entry]) -> tuple[Line | Called, ...]:
    """The conversation as the brain is told it; each call stands with its output."""
    outputs = {entry.call_id: entry.output for entry in entries if entry.type == "function_call_output"}
    return tuple(line for entry in entries if (line := _line(entry, outputs)))


def _line(entry: Entry, outputs: Mapping[str | None, str | None]) -> Line | Called | None:
    if entry.type == "message":
        return Line(entry.role or "user", entry.words, entry.id)
    if entry.type == "function_call":
        return Called(entry.call_id or "", entry.name or "", _arguments(entry.arguments), outputs.get(entry.call_id))
    return None


def _arguments(text: str | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
