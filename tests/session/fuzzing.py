"""What may come over a socket, from either side: good frames, as they were recorded, and what can become of them."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import attrs
import msgspec
from hypothesis import strategies as some

from tests.engine.test_fuzz import GARBAGE, WHOLE, paths
from tests.fakes import agent_turn, user_turn
from tests.session.test_provider_ends import LATER
from tests.wire.conversations import NAMES, conversation

PAUSES = some.sampled_from([None, None, None, 0.0, 0.05, 1.0, 25.0])  # None: in the same breath


@attrs.frozen
class Frame:
    """One message."""

    data: bytes
    text: bool = True


@attrs.frozen
class Close:
    """The end of a side."""

    code: int
    reason: str


Step = tuple[Frame | Close, float | None]  # and for how long nothing follows


def recorded(sender: str) -> list[bytes]:
    """All frames that one side has ever sent in the recordings; each once."""
    frames = [frame for name in NAMES for who, frame in conversation(name) if who == sender]
    return [*dict.fromkeys(frames)]


def made(*turns: Sequence[Any]) -> list[bytes]:
    """Events as frames, with ids."""
    events = [{"event_id": f"event_{number}", **event} for turn in turns for number, event in enumerate(turn)]
    return [msgspec.json.encode(event) for event in events]


CALL = {"type": "function_call", "id": "item_f", "call_id": "call_f", "name": "f", "arguments": "{}"}
CALLED = [
    {"type": "response.created", "response": {"id": "resp_f", "status": "in_progress", "conversation_id": "conv_1"}},
    {"type": "response.output_item.added", "response_id": "resp_f", "output_index": 0, "item": CALL},
    {"type": "conversation.item.added", "item": CALL},
    {
        "type": "response.function_call_arguments.done",
        "response_id": "resp_f",
        "item_id": "item_f",
        "call_id": "call_f",
    },
    {"type": "response.done", "response": {"id": "resp_f", "status": "completed", "output": [CALL], "usage": {}}},
]
SESSION = {"type": "session.updated", "session": {"type": "realtime", "id": "sess_1"}}
FROM_PROVIDER = [
    *recorded("provider"),
    *made(user_turn("item_1", "hello"), agent_turn("item_2", "Good day."), CALLED, [SESSION]),
    *made([end.error for end in LATER.values()]),
]
FROM_CLIENT = [*recorded("client"), *made(WHOLE)]
FROM_OCTI_CLIENT = [
    msgspec.json.encode(message)
    for message in (
        {"type": "start_conversation"},
        {"type": "user_audio_end"},
        {"type": "reset_session"},
        {"type": "user_text", "text": "what is seven times eight"},
        {"type": "interrupt", "played_ms": 1480},
        {"type": "user_audio_clear"},
        {"type": "user_audio_commit"},
    )
]
RAW = some.sampled_from(
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b'{"type":null}',
        b'{"type":""}',
        b'{"type":"x","type":"error"}',
        b'{"type":"\\ud800"}',
        b'{"type":"news","text":"\xff\xfe"}',
        b'{"type":"news","a":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"type":"news","a":1e999}',
        b'{"type":"news","a":NaN}',
        b'\xef\xbb\xbf{"type":"news"}',
        b'{"type":"news"}{"type":"news"}',
        b'{"type":"news"}\n',
    ]
) | some.binary(max_size=60)


@some.composite
def spoilt(draw: some.DrawFn, good: Sequence[bytes]) -> bytes:
    """A good frame, with something done to it."""
    frame = draw(some.sampled_from(good))
    match draw(some.sampled_from(["cut", "flip", "insert", "field", "field", "field", "lose"])):
        case "cut":
            return frame[: draw(some.integers(0, len(frame)))]
        case "flip":
            place = draw(some.integers(0, len(frame) - 1))
            return frame[:place] + bytes([draw(some.integers(0, 255))]) + frame[place + 1 :]
        case "insert":
            place = draw(some.integers(0, len(frame)))
            return frame[:place] + draw(some.binary(min_size=1, max_size=4)) + frame[place:]
        case how:
            return _changed(draw, frame, lose=how == "lose")


def _changed(draw: some.DrawFn, frame: bytes, *, lose: bool) -> bytes:
    event = msgspec.json.decode(frame)
    *way, last = draw(some.sampled_from([*paths(event)]))
    place: Any = event
    for key in way:
        place = place[key]
    if lose:
        del place[last]
    else:
        place[last] = deepcopy(draw(GARBAGE))
    return msgspec.json.encode(event)


def as_text(data: bytes) -> Frame:
    """As a text message: what is not UTF-8 does not come so far (`octi.websocket.codec`)."""
    return Frame(data.decode(errors="replace").encode())


def frames(good: Sequence[bytes]) -> some.SearchStrategy[Frame]:
    """Mostly good ones, so that a conversation comes about in which the others have something to spoil."""
    text = some.one_of(some.sampled_from(good), some.sampled_from(good), spoilt(good), spoilt(good), RAW)
    binary = some.binary(max_size=200) | some.sampled_from(good)
    return some.one_of(*[text.map(as_text)] * 5, binary.map(lambda data: Frame(data, text=False)))


CODES = some.sampled_from([1000, 1001, 1005, 1006, 1007, 1008, 1011, 1012, 1013, 3000, 3999, 4000, 4999])
CLOSES = some.builds(Close, CODES, some.sampled_from(["", "bye", "é" * 60, "invalid_request_error.invalid_api_key"]))


@some.composite
def sides(draw: some.DrawFn, good: Sequence[bytes]) -> list[Step]:
    """What one side says: a part of a good conversation here and there, in order, twice, or backwards; and its end."""
    steps: list[Step] = []
    for _ in range(draw(some.integers(1, 6))):
        begin = draw(some.integers(0, len(good) - 1))
        run = [Frame(frame) for frame in good[begin : begin + draw(some.integers(1, 12))]]
        odd = [draw(frames(good)) for _ in range(draw(some.integers(0, 4)))]
        match draw(some.sampled_from(["run", "twice", "backwards", "odd", "odd"])):
            case "run":
                said = [*run, *odd]
            case "twice":
                said = [*odd, *run, *run]
            case "backwards":
                said = [*run[::-1], *odd]
            case _:
                said = odd
        steps += [(frame, draw(PAUSES)) for frame in said]
    if draw(some.booleans()):
        steps.append((draw(CLOSES), None))
    return steps
