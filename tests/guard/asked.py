"""What a client writes, in every odd spelling, and what two other readers make of it."""

import json
from typing import Any

from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
NAMES = st.sampled_from(
    [
        "type",
        "session",
        "response",
        "item",
        "audio",
        "input",
        "output",
        "format",
        "voice",
        "turn_detection",
        "instructions",
        "tools",
        "tool_choice",
        "model",
        "prompt",
        "tracing",
        "role",
        "content",
        "text",
        "name",
        "call_id",
        "item_id",
        "metadata",
        "conversation",
        "event_id",
        "audio.output.voice",
    ]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
VALUES = SCALARS | st.sampled_from(
    [
        "realtime",
        "message",
        "user",
        "system",
        "assistant",
        "input_text",
        "input_audio",
        "function_call",
        "function_call_output",
        "item_reference",
        "auto",
        "none",
    ]
)
KINDS = [
    "session.update",
    "response.create",
    "response.cancel",
    "conversation.item.create",
    "conversation.item.delete",
    "conversation.item.truncate",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "session.close",
    "transcription_session.update",
    "Session.Update",
    "session.update ",
]


class Twice(list[tuple[str, Any]]):
    """An object whose keys may stand there more than once."""


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Twice]:
    return st.lists(st.tuples(NAMES, inner), max_size=5).map(Twice)


TREES = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=12)
TEXT = Twice([("type", "input_text"), ("text", "hello")])
MESSAGE = Twice([("type", "message"), ("role", "user"), ("content", [TEXT])])
VOICE = Twice([("type", "realtime"), ("audio", Twice([("output", Twice([("voice", "alloy")]))]))])
TOPIC = Twice([("metadata", Twice([("topic", "a")]))])
GOOD = st.sampled_from([("item", MESSAGE), ("session", VOICE), ("response", TOPIC)])
SPOILT = st.builds(  # what may pass, with more
    lambda good, more: (good[0], Twice([*good[1], *more])), GOOD, st.lists(st.tuples(NAMES, TREES), max_size=1)
)
ASKED = (
    st.tuples(st.sampled_from(["session", "response", "item"]), objects(TREES))
    | st.tuples(st.sampled_from(["type", "event_id", "audio", "item_id", "response_id"]), VALUES)
    | st.tuples(st.just("type"), st.sampled_from(KINDS))
    | st.tuples(NAMES, TREES)
    | SPOILT
)
FITTING = st.sampled_from(
    [
        ("session.update", ("session", VOICE)),
        ("response.create", ("response", TOPIC)),
        ("conversation.item.create", ("item", MESSAGE)),
    ]
)
EVENTS = st.builds(
    lambda fitting, fields: Twice([("type", fitting[0]), fitting[1], *fields]), FITTING, st.lists(ASKED, max_size=1)
) | st.builds(
    lambda kind, good, fields, again: Twice([("type", kind), *good, *fields, *again]),
    st.sampled_from(KINDS),
    st.lists(SPOILT, max_size=1),
    st.lists(ASKED, max_size=2),
    st.lists(st.tuples(st.just("type"), st.sampled_from(KINDS)), max_size=1),
)


def written(value: Any, draw: st.DrawFn) -> str:
    """A value as JSON, as oddly as it may be: keys twice, letters escaped, space anywhere."""
    space = draw(st.sampled_from(["", " ", "\n\t "]))
    match value:
        case Twice():
            fields = (f"{quoted(name, draw)}{space}:{space}{written(inner, draw)}" for name, inner in value)
            return "{" + space + f"{space},".join(fields) + space + "}"
        case list():
            return "[" + f",{space}".join(written(inner, draw) for inner in value) + space + "]"
        case str():
            return quoted(value, draw)
        case _:
            return json.dumps(value)


def quoted(text: str, draw: st.DrawFn) -> str:
    """A text in quotes, perhaps with each letter escaped."""
    if draw(st.integers(0, 4)):
        return json.dumps(text, ensure_ascii=draw(st.booleans()))
    return '"' + "".join(f"\\u{unit:04x}" for unit in _units(text)) + '"'


def _units(text: str) -> list[int]:
    raw = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A client's frame, well-formed or nearly."""
    frame = written(draw(EVENTS), draw).encode("utf-8", "replace")
    match draw(st.integers(0, 9)):
        case 0:
            return b"\xef\xbb\xbf" + frame
        case 1:
            return frame + draw(st.binary(max_size=4))
        case 2:
            at = draw(st.integers(0, len(frame)))
            return frame[:at] + draw(st.binary(max_size=2)) + frame[at:]
        case _:
            return frame


def first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def readings(frame: bytes) -> list[Any]:
    """What a frame says to who takes the last of two keys, and to who takes the first."""
    return [json.loads(frame), json.loads(frame, object_pairs_hook=first_wins)]
