"""A recording, retold as a scenario."""

import tomllib
from typing import Any

import msgspec

from octi.cassette.format import Goodbye
from octi.cassette.reading import Cassette, Happening
from octi.cassette.retelling import Listener, arguments_in, as_scenario, escaped, event_in, inline, key, quoted, text_in
from octi.simulator.reading import read_file
from tests.cassette.tapes import HEADER
from tests.fakes import agent_turn, user_turn


def cassette(*events: dict[str, Any]) -> Cassette:
    said = [Happening(0, "provider", 1, "in", msgspec.json.encode(event)) for event in events]
    noise = [
        Happening(0, "provider", 1, "in"),
        Happening(0, "provider", 1, "in", b"nonsense"),
        Happening(0, "provider", 1, "out", b'{"type":"response.created"}'),
        Happening(0, "client", 1, "out", b'{"type":"response.created"}'),
        Happening(0, "provider", 1, "in", close=Goodbye(1000)),
    ]
    return Cassette(HEADER, (*noise, *said), "complete")


def typed(item: str, words: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": words}]
    return {
        "type": "conversation.item.added",
        "item": {"id": item, "type": "message", "role": "user", "content": content},
    }


def called(name: str, call: str, arguments: str) -> list[dict[str, Any]]:
    item = {"id": "f", "type": "function_call", "name": name, "call_id": call, "arguments": arguments}
    return [
        {"type": "response.created"},
        {"type": "response.output_item.done", "item": item},
        {"type": "response.done"},
    ]


OUTPUT = {
    "type": "conversation.item.added",
    "item": {"id": "o", "type": "function_call_output", "call_id": "c1", "output": "{}"},
}


def turns(*events: dict[str, Any]) -> list[dict[str, Any]]:
    return list(tomllib.loads(as_scenario(cassette(*events)))["turn"])


def test_what_was_said_becomes_turns() -> None:
    """Spoken words are what the user's audio is taken for; typed ones must be typed."""
    told = turns(
        *user_turn("u1", " Hello? "), *agent_turn("a1", "Good morning."), typed("u2", "1+1?"), *agent_turn("a2", "2.")
    )
    assert told == [{"heard": "Hello?", "say": "Good morning."}, {"hear": r"1\+1\?", "say": "2."}]


def test_words_that_come_late_belong_to_their_turn() -> None:
    """Transcripts often come behind the answer's beginning."""
    *begun, words = user_turn("u1", "Hello?")
    assert turns(*begun, *agent_turn("a1", "Hi."), words) == [{"heard": "Hello?", "say": "Hi."}]


def test_calls_and_their_results_become_turns() -> None:
    """With the arguments; what follows waits for the result."""
    told = turns(
        *user_turn("u1", "Book it."),
        *called("book", "c1", '{"at":"9","none":null}'),
        OUTPUT,
        *agent_turn("a1", "Done."),
    )
    assert told == [
        {"heard": "Book it.", "call": {"name": "book", "arguments": {"at": "9"}}},
        {"on": "book", "say": "Done."},
    ]


def test_a_greeting_waits_for_nothing() -> None:
    """Any response is it."""
    assert turns(*agent_turn("a1", "Welcome.")) == [{"say": "Welcome."}]


def test_a_scenario_can_be_read() -> None:
    """By the simulator, whatever was said."""
    events = [*user_turn("u1", 'a "b"\n\\ \x7f é'), *called("book", "c1", '{"a b":[1,true,{"x":null}]}'), OUTPUT]
    text = as_scenario(cassette(*events, *agent_turn("a1", "Done.\t")))
    scenario = read_file(text.encode(), "tape.toml").scenario
    assert scenario is not None
    assert [turn.heard for turn in scenario.turn] == ['a "b"\n\\ \x7f é', None]
    assert scenario.name == "session s-1"


def test_a_clients_leg_tells_it_as_well() -> None:
    """Where no provider's was recorded."""
    events = [*user_turn("u1", "Hello?"), *agent_turn("a1", "Hi.")]
    said = tuple(Happening(0, "client", 1, "out", msgspec.json.encode(event)) for event in events)
    assert 'heard = "Hello?"' in as_scenario(Cassette(HEADER, said, "complete"))


def test_what_a_scenario_cannot_say_is_left_out() -> None:
    """Items without words, events of other kinds, answers that nobody began."""
    listener = Listener()
    for event in ({"type": "x"}, {}, {"type": "response.output_item.done", "item": {"type": "message"}}):
        listener.hear(event)
    assert listener.exchanges == []
    assert (event_in(b"[1]"), event_in(b"x"), arguments_in("x"), arguments_in("[1]"), arguments_in(None)) == (
        {},
        {},
        {},
        {},
        {},
    )
    assert text_in([1, {"text": "a"}, {"transcript": "b"}]) == "a b"


def test_values_are_written_as_toml() -> None:
    """Names and words with anything in them."""
    assert inline({"a": 1, "b c": ["x", None, 1.5, False, {}]}) == '{ a = 1, "b c" = ["x", 1.5, false, {}] }'
    assert (key("a-b"), key("é"), quoted('"\x7f'), escaped("a.b c")) == ("a-b", '"é"', '"\\"\\u007f"', r"a\.b c")
