"""A recording, retold as a scenario."""

import tomllib
from typing import Any

import msgspec
import pytest

from octi.cassette.format import Failure, Goodbye
from octi.cassette.reading import Cassette, Happening
from octi.cassette.retelling import as_scenario, pattern_of
from octi.errors import BadMessage
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
        {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
        {"type": "response.output_item.done", "response_id": "r", "output_index": 0, "item": item},
        {"type": "response.done", "response": {"id": "r", "status": "completed"}},
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
    assert told == [{"heard": "Hello?", "say": "Good morning."}, {"hear": "1 1", "say": "2."}]


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


def test_words_mean_themselves() -> None:
    """As a scenario hears them: without punctuation. What was scrubbed may be anything."""
    assert [pattern_of(words) for words in ("Is it 1+1?", "My key is ***, yes.", "?")] == [
        "is it 1 1",
        "my key is.*yes",
        "",
    ]


REFUSED = Failure("refused", "Incorrect key.", 50, 401, "invalid_api_key")
BUSY = Failure("busy", "Slow down.", 60, 429, wait_s=20)
SILENT = Failure("lost", "no connection within 10 s", 10_000)


def failed(number: int, failure: Failure) -> Happening:
    return Happening(0, "provider", number, "in", failed=failure)


def opened(number: int) -> Happening:
    return Happening(0, "provider", number, "in")


def test_openings_that_failed_become_faults_of_requests() -> None:
    """Those of one kind together, as often as they came."""
    tape = Cassette(HEADER, (failed(1, BUSY), failed(2, BUSY), failed(3, SILENT)), "complete")
    script = read_file(as_scenario(tape).encode(), "tape.toml")
    assert [(each.times, each.status, each.drop, each.stall_s) for each in script.faults] == [
        (2, 429, False, 0.0),
        (1, None, True, 20.0),
    ]
    assert script.faults[0].headers == {"Retry-After": "20"}


def test_one_leg_is_told_and_the_others_are_named() -> None:
    """A scenario is one conversation."""
    tape = Cassette(HEADER, (opened(1), failed(2, REFUSED), opened(3)), "complete")
    first, third = as_scenario(tape), as_scenario(tape, 3)
    assert "# leg 2 could not be opened, which a scenario says of the first one only: refused after 0.1 s" in first
    assert "# leg 3 is another conversation: --to-scenario --number 3" in first
    assert "status = 401" not in first
    assert "status = 401" in third
    with pytest.raises(BadMessage, match="no leg 2 of the provider was opened; there are 1, 3"):
        as_scenario(tape, 2)


def test_slow_clients_are_given_their_time() -> None:
    """And long sessions."""
    told = [*user_turn("u1", "Hello?"), *agent_turn("a1", "Hi.", response="r1")]
    later = [*user_turn("u2", "Well."), *agent_turn("a2", "Yes?", response="r2")]
    said = [(0, each) for each in told] + [(300_000, each) for each in later]
    tape = tuple(Happening(at, "provider", 1, "in", msgspec.json.encode(each)) for at, each in said)
    text = as_scenario(Cassette(HEADER, tape, "complete"))
    assert "within_s = 450\nlimit_s = 450\n" in text
    assert read_file(text.encode(), "x.toml").scenario


def test_what_is_longer_than_a_scenario_can_say_is_cut() -> None:
    """Words, and days."""
    spoken = [*user_turn("u1", "word " * 3000), *user_turn("u2", "more " * 3000), *agent_turn("a1", "Yes.")]
    told = as_scenario(cassette(*spoken))
    assert len(tomllib.loads(told)["turn"][0]["heard"]) == 20_000
    assert read_file(told.encode(), "long.toml").scenario
    late = [Happening(9e7 * at, "provider", 1, "in", msgspec.json.encode(each)) for at, each in enumerate(spoken)]
    told = as_scenario(Cassette(HEADER, tuple(late), "complete"))
    assert read_file(told.encode(), "late.toml").scenario
