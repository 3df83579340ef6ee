"""octi/guard/sight.py: what a client sees, and that it sees a whole conversation."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.guard.policy import Hide
from octi.guard.sight import Sight
from octi.realtime.events import Response, ResponseDone
from octi.realtime.reading import read_event
from tests.wire.conversations import NAMES, conversation, event

ALL = frozenset(Hide)
CALL = {"id": "f1", "type": "function_call", "name": "weather", "call_id": "c1", "arguments": "{}"}
ANSWER = {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "rain"}
SYSTEM = {"id": "s1", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "obey"}]}
SPOKEN = {"id": "a1", "type": "message", "role": "assistant", "content": []}
PLACE = {"response_id": "r1", "output_index": 0}


def seen(sight: Sight, kind: str, **fields: Any) -> Any:
    """What a client sees of a provider's event: None, its very frame, or another."""
    frame = event(kind, **fields)
    read = read_event(frame)
    sight.note(read, passes=True)
    shown = sight.seen(frame, read)
    return None if shown is None else "as it came" if shown is frame else msgspec.json.decode(shown)


def test_of_instructions_and_tools_a_session_shows_nothing() -> None:
    """The fields stay, for who reads strictly; all others are as they came."""
    session = {
        "type": "realtime",
        "instructions": "secret",
        "prompt": {"id": "p"},
        "tools": [{"type": "mcp", "server_url": "https://x"}],
        "tool_choice": {"type": "mcp", "server_label": "x"},
        "new": 1.50,
    }
    for kind in ("session.created", "session.updated"):
        shown = seen(Sight(ALL), kind, session=session)["session"]
        blank: dict[str, Any] = {"instructions": "", "prompt": None, "tools": [], "tool_choice": "auto"}
        assert shown == {**session, **blank}
    assert seen(Sight(frozenset({Hide.TOOLS})), "session.updated", session=session)["session"]["instructions"]


def test_a_session_that_has_nothing_to_hide_is_shown_as_it_is() -> None:
    raw = msgspec.Raw(b'{"type": "transcription"}')
    assert Sight(ALL).session(raw) is raw
    assert seen(Sight(ALL), "session.updated", session={"type": "transcription"}) is not None
    assert seen(Sight(ALL), "session.updated") == "as it came"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("response.output_item.added", {**PLACE, "item": CALL}),
        ("conversation.item.added", {"item": CALL}),
        ("conversation.item.created", {"item": CALL}),
        ("response.function_call_arguments.delta", {**PLACE, "item_id": "f1", "call_id": "c1", "delta": "{"}),
        ("response.function_call_arguments.done", {**PLACE, "item_id": "f1", "call_id": "c1", "arguments": "{}"}),
        ("conversation.item.done", {"item": CALL}),
        ("response.output_item.done", {**PLACE, "item": CALL}),
        ("conversation.item.added", {"item": ANSWER}),
        ("conversation.item.retrieved", {"item": ANSWER}),
        ("conversation.item.added", {"item": {"id": "m", "type": "mcp_call", "name": "x", "arguments": "{}"}}),
        ("response.mcp_call_arguments.done", {**PLACE, "item_id": "m", "arguments": "{}"}),
        ("response.mcp_call.completed", {**PLACE, "item_id": "m"}),
        ("mcp_list_tools.completed", {"item_id": "l"}),
    ],
)
def test_of_calls_a_client_sees_nothing(kind: str, fields: dict[str, Any]) -> None:
    """Nor of what they gave."""
    assert seen(Sight(frozenset({Hide.TOOL_CALLS})), kind, **fields) is None
    shown = seen(Sight(frozenset({Hide.INSTRUCTIONS})), kind, **fields)
    assert shown == "as it came"


def test_a_finished_answer_is_shown_without_its_calls() -> None:
    response = {"id": "r1", "status": "completed", "output": [CALL, SPOKEN], "usage": {"total_tokens": 9}}
    shown = seen(Sight(ALL), "response.done", response=response)["response"]
    assert shown == {**response, "output": [SPOKEN], "usage": None}
    calls = Sight(frozenset({Hide.TOOL_CALLS}))
    assert seen(calls, "response.done", response={**response, "output": [SPOKEN]}) == "as it came"


def test_of_what_it_costs_a_client_sees_nothing() -> None:
    """A transcription has to have its usage: it is nothing."""
    usage = {"type": "tokens", "total_tokens": 9, "input_tokens": 5, "output_tokens": 4}
    words = {"item_id": "u1", "content_index": 0, "transcript": "hello", "usage": usage}
    kind = "conversation.item.input_audio_transcription.completed"
    assert seen(Sight(ALL), kind, **words)["usage"]["total_tokens"] == 0
    assert seen(Sight(ALL), "rate_limits.updated", rate_limits=[]) is None
    others = Sight(ALL - {Hide.USAGE})
    assert seen(others, kind, **words) == "as it came"
    assert seen(others, "rate_limits.updated", rate_limits=[]) == "as it came"


def test_what_the_system_says_is_an_instruction() -> None:
    assert seen(Sight(frozenset({Hide.INSTRUCTIONS})), "conversation.item.added", item=SYSTEM) is None
    assert seen(Sight(frozenset({Hide.TOOLS})), "conversation.item.added", item=SYSTEM) == "as it came"


def test_nobody_stands_behind_an_item_that_is_not_seen() -> None:
    """But behind the last that is; a turn that is committed, too."""
    sight = Sight(ALL)
    assert seen(sight, "conversation.item.added", item=SPOKEN, previous_item_id=None) == "as it came"
    assert seen(sight, "conversation.item.added", item=CALL, previous_item_id="a1") is None
    assert seen(sight, "conversation.item.added", item=ANSWER, previous_item_id="f1") is None
    assert seen(sight, "input_audio_buffer.committed", item_id="u1", previous_item_id="o1")["previous_item_id"] == "a1"
    user = {"id": "u1", "type": "message", "role": "user", "content": []}
    assert seen(sight, "conversation.item.added", item=user, previous_item_id="o1")["previous_item_id"] == "a1"
    assert seen(sight, "conversation.item.done", item=user, previous_item_id="o1")["previous_item_id"] == "a1"


def test_what_octi_itself_runs_is_not_referred_to_either() -> None:
    """Another let nothing of it pass; this one is told."""
    sight, ours = Sight(frozenset({Hide.USAGE})), event("conversation.item.added", item=CALL, previous_item_id=None)
    sight.note(read_event(ours), passes=False)
    shown = seen(sight, "conversation.item.added", item=SPOKEN, previous_item_id="f1")
    assert shown["previous_item_id"] is None
    assert seen(sight, "conversation.item.deleted", item_id="f1") is None


@pytest.mark.parametrize("kind", ["vendor.news", "response.output_item.added", "session.instructions.leaked"])
def test_what_octi_does_not_know_is_withheld(kind: str) -> None:
    """Nobody can say what is in it; nor is an item told that cannot be read."""
    assert seen(Sight(ALL), kind, item="instructions") is None


def test_parts_of_answers_and_a_calls_events_are_shown() -> None:
    sight = Sight(ALL)
    assert seen(sight, "response.content_part.added", **PLACE, item_id="a1", part={}) == "as it came"
    assert seen(sight, "output_audio_buffer.started", response_id="r1") == "as it came"
    assert seen(sight, "error", error={"message": "no"}) == "as it came"


@pytest.mark.parametrize("name", NAMES)
@given(hide=st.frozensets(st.sampled_from(Hide), min_size=1))
def test_a_recorded_conversation_refers_to_nothing_that_was_not_shown(name: str, hide: frozenset[Hide]) -> None:
    """Every item that an event names was told before, and is no call where those are hidden."""
    sight, known = Sight(hide), {None}
    for sender, frame in conversation(name):
        if sender != "provider":
            continue
        read = read_event(frame)
        sight.note(read, passes=True)
        shown = sight.seen(frame, read)
        if shown is None:
            continue
        said = msgspec.json.decode(shown)
        if Hide.TOOL_CALLS in hide:
            assert b"function_call" not in shown
        if said["type"] in {"conversation.item.added", "input_audio_buffer.committed"}:
            assert said.get("previous_item_id") in known
            known.add(said.get("item_id") or said["item"]["id"])
        if Hide.USAGE in hide and said["type"] == "response.done":
            assert said["response"]["usage"] is None


def test_what_is_no_session_and_no_list_of_items_is_shown_as_nothing() -> None:
    """A lesser provider writes null where others write nothing."""
    assert seen(Sight(ALL), "session.updated", session=None)["session"] == {}
    for output in (None, [None], [{"id": 3}]):
        response = {"id": "r1", "status": "completed", "output": output}
        frame = event("response.done", response=response)
        shown = Sight(ALL).seen(frame, ResponseDone(response=Response()))
        assert shown is not None
        assert msgspec.json.decode(shown)["response"]["output"] == []
