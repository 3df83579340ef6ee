"""A conversation, heard event by event."""

from base64 import b64encode
from typing import Any

import msgspec

from octi.cassette.exchanges import Listener, arguments_in, text_in
from tests.fakes import agent_turn, user_turn

PCMU = {"type": "session.updated", "session": {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}}


def listening(*events: tuple[float, dict[str, Any]]) -> Listener:
    listener = Listener()
    for at_ms, event in events:
        listener.hear(event, at_ms, msgspec.json.encode(event))
    return listener


def delta(sound: bytes = bytes(960), kind: str = "response.output_audio.delta") -> dict[str, Any]:
    return {"type": kind, "response_id": "r", "item_id": "a", "delta": b64encode(sound).decode()}


CREATED = {"type": "response.created", "response": {"id": "r", "conversation_id": "c"}}


def test_what_a_scenario_cannot_say_is_left_out() -> None:
    """Items without words, events of other kinds, answers that nobody began."""
    done = {"type": "response.output_item.done", "item": {"type": "message"}}
    nothing: tuple[dict[str, Any], ...] = ({"type": "x"}, {}, done, delta())
    assert listening(*((0, event) for event in nothing)).exchanges == []
    assert [arguments_in(each) for each in ("x", "[1]", None, '{"a":1}')] == [{}, {}, {}, {"a": 1}]
    assert text_in([1, {"text": "a"}, {"transcript": "b"}]) == "a b"


def test_answers_beside_the_conversation_are_left_out() -> None:
    """They are asked for by whoever wants something written, and no turn is theirs."""
    aside = {"id": "x", "conversation_id": None}
    done = {"type": "message", "id": "i", "content": [{"text": "no"}]}
    listener = listening(
        (0, {"type": "response.created", "response": aside}),
        (1, CREATED),
        (2, {"type": "response.output_item.done", "response_id": "x", "item": done}),
        (3, {"type": "response.done", "response": aside}),
    )
    assert [(each.said, each.ended_ms) for each in listener.exchanges] == [("", None)]
    assert listener.active


def test_times_are_kept() -> None:
    """When words came, when pieces came, how long they sound."""
    events = [*user_turn("u", "Hello?"), *agent_turn("a", "Hi.")]
    listener = listening(*((100.0 * number, event) for number, event in enumerate(events)))
    (exchange,) = listener.exchanges
    assert exchange.asked[0].heard_ms
    assert [(piece.gap_ms, piece.sounded_ms) for piece in exchange.pieces] == [(100, 0)] * len(exchange.pieces)
    assert exchange.ended_ms == 100 * (len(events) - 1)


def test_sound_is_measured_by_its_format() -> None:
    """PCM at 24 kHz, or what the session says."""
    assert listening((0, CREATED), (1, delta())).exchanges[0].sounded_ms == 20
    assert listening((0, PCMU), (0, CREATED), (1, delta())).exchanges[0].sounded_ms == 120


def test_a_voice_without_words_says_something_as_long() -> None:
    """A scenario needs words for a voice."""
    listener = listening((0, CREATED), *((each, delta(bytes(9600))) for each in (1, 2)))
    assert listener.exchanges[0].said == "… …"


def test_what_cannot_be_heard_sounds_as_well() -> None:
    """As long as what came before it."""
    listener = listening((0, CREATED), (1, delta()))
    listener.lose(5)
    assert [(piece.gap_ms, piece.sounds_ms) for piece in listener.exchanges[0].pieces] == [(1, 20), (4, 20)]


def test_who_speaks_interrupts() -> None:
    """An answer that is cancelled then is no fault of the provider's."""
    listener = listening((0, CREATED), (1, {"type": "input_audio_buffer.speech_started", "item_id": "u"}))
    assert listener.exchanges[0].interrupted


def test_arguments_that_are_too_deep_for_a_scenario_are_left_out() -> None:
    """Some readers of TOML give up on them, and so do we."""
    assert arguments_in('{"a":' + "[" * 31 + "]" * 31 + "}")["a"]
    for levels in (33, 500, 3000):
        assert arguments_in('{"a":' + "[" * levels + "1" + "]" * levels + "}") == {}


def test_a_function_without_a_name_has_one() -> None:
    """A scenario's has."""
    item = {"type": "function_call", "name": "", "call_id": "c", "arguments": "{}"}
    done = {"type": "response.output_item.done", "response_id": "r", "item": item}
    output = {"type": "conversation.item.added", "item": {"id": "o", "type": "function_call_output", "call_id": "c"}}
    again = {"type": "response.created", "response": {"id": "r2", "conversation_id": "c"}}
    first, second = listening((0, CREATED), (1, done), (2, output), (3, again)).exchanges
    assert (first.calls, second.output_of) == ([("nameless", {})], "nameless")
