"""Octi's own functions, beside the client's: declared together, answered apart, and not seen by the client."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.events import Item, Opaque, Response
from octi.realtime.own_calls import OwnCalls, calls_in, has_other_calls, merged_tools
from octi.realtime.reading import read_event
from tests.wire.conversations import NAMES, conversation, event

OURS = {"type": "function", "name": "extract_profile", "description": "Ours.", "parameters": {"type": "object"}}
THEIRS = {"type": "function", "name": "weather", "parameters": {}}
SERVER = {"type": "mcp", "server_label": "files"}
NAMES_OF_OURS = frozenset({"extract_profile"})


def call(name: str, call_id: str = "c1", status: str | None = "completed") -> Item:
    return Item(f"item_{call_id}", "function_call", status=status, name=name, call_id=call_id, arguments="{}")


def finished(*items: Item, status: str = "completed") -> Response:
    return Response("r1", status, output=list(items))


# What is declared, and what is called


def test_ours_stand_behind_theirs() -> None:
    """In their order; what has no name is theirs."""
    assert merged_tools([THEIRS, SERVER], [OURS]) == [THEIRS, SERVER, OURS]
    assert merged_tools([], [OURS]) == [OURS]
    assert merged_tools([THEIRS, "odd"], []) == [THEIRS, "odd"]


def test_one_of_theirs_of_the_same_name_gives_way() -> None:
    """And merging again changes nothing."""
    theirs = {**OURS, "description": "Theirs."}
    merged = merged_tools([theirs, THEIRS], [OURS])
    assert merged == [THEIRS, OURS]
    assert merged_tools(merged, [OURS]) == merged


def test_a_call_of_ours_is_found_in_the_finished_response() -> None:
    """Once, though it be written twice; theirs, and what is said, are not ours."""
    ours = call("extract_profile")
    response = finished(Item("a1", role="assistant"), call("weather", "c2"), ours, ours)
    assert calls_in(response, NAMES_OF_OURS) == [ours]
    assert has_other_calls(response, NAMES_OF_OURS)


def test_where_all_calls_are_ours_nobody_else_asks() -> None:
    assert not has_other_calls(finished(call("extract_profile"), Item("a1")), NAMES_OF_OURS)


@pytest.mark.parametrize(
    ("status", "response", "runs"),
    [
        ("completed", "completed", True),
        (None, "completed", True),  # not everybody writes it
        ("completed", "cancelled", True),  # it was whole when the user spoke
        (None, "cancelled", False),
        ("incomplete", "cancelled", False),
        ("in_progress", "failed", False),
    ],
)
def test_only_a_complete_call_is_run(status: str | None, response: str, runs: bool) -> None:
    """Its arguments may be cut off in the middle of a word."""
    found = finished(call("extract_profile", status=status), status=response)
    assert bool(calls_in(found, NAMES_OF_OURS)) is runs
    theirs = finished(call("weather", status=status), status=response)
    assert has_other_calls(theirs, NAMES_OF_OURS) is runs


# What the client sees


def seen(own: OwnCalls, kind: str, **fields: Any) -> Any:
    """What a client sees of a provider's event: None, its very frame, or another."""
    frame = event(kind, **fields)
    passed = own.from_provider(frame, read_event(frame))
    return None if passed is None else "as it came" if passed is frame else msgspec.json.decode(passed)


def item(name: str = "extract_profile", call_id: str = "c1", item_id: str = "f1") -> dict[str, Any]:
    return {"id": item_id, "type": "function_call", "name": name, "call_id": call_id, "arguments": "{}", "x": None}


ANSWER = {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "{}"}
SPOKEN = {"id": "a1", "type": "message", "role": "assistant", "content": []}


def test_of_our_call_a_client_sees_nothing() -> None:
    """Neither its beginning nor its arguments, its end, its answer or its deletion."""
    own, place = OwnCalls([OURS]), {"response_id": "r1", "output_index": 0}
    hidden = [
        seen(own, "response.output_item.added", **place, item=item()),
        seen(own, "conversation.item.added", item=item()),
        seen(own, "response.function_call_arguments.delta", **place, item_id="f1", call_id="c1", delta="{"),
        seen(own, "response.function_call_arguments.done", **place, item_id="f1", call_id="c1", arguments="{}"),
        seen(own, "conversation.item.done", item=item()),
        seen(own, "response.output_item.done", **place, item=item()),
        seen(own, "conversation.item.added", item=ANSWER),
        seen(own, "conversation.item.done", item=ANSWER),
        seen(own, "conversation.item.deleted", item_id="o1"),
    ]
    assert hidden == [None] * len(hidden)


def test_of_the_clients_own_calls_it_sees_everything() -> None:
    own, place, theirs = OwnCalls([OURS]), {"response_id": "r1", "output_index": 0}, item("weather", "c2", "f2")
    seen(own, "conversation.item.added", item=item())
    passed = [
        seen(own, "response.output_item.added", **place, item=theirs),
        seen(own, "conversation.item.added", item=theirs),
        seen(own, "response.function_call_arguments.delta", **place, item_id="f2", call_id="c2", delta="{"),
        seen(own, "response.function_call_arguments.done", **place, item_id="f2", call_id="c2", arguments="{}"),
        seen(own, "conversation.item.done", item=theirs),
        seen(own, "response.done", response={"id": "r1", "output": [SPOKEN, theirs]}),
        seen(own, "conversation.item.added", item={**ANSWER, "id": "o2", "call_id": "c2"}),
        seen(own, "conversation.item.added", item=SPOKEN),
        seen(own, "conversation.item.deleted", item_id="o2"),
        seen(own, "session.updated", session={"tools": [THEIRS]}),
        seen(own, "session.updated", session={"tools": []}),
        seen(own, "session.updated", session={}),
        seen(own, "error", error={"message": "No.", "event_id": "theirs"}),
        seen(own, "error", error={"message": "No."}),
    ]
    assert passed == ["as it came"] * len(passed)


def test_a_finished_response_holds_only_what_is_the_clients() -> None:
    """And is otherwise what it was, what nobody has documented included."""
    own, usage, theirs = OwnCalls([OURS]), {"total_tokens": 5, "x": 1.50}, item("weather", "c2", "f2")
    response = {"id": "r1", "status": "completed", "output": [SPOKEN, item(), theirs], "usage": usage}
    shown = seen(own, "response.done", response=response, new=[1])
    assert shown["response"] == {**response, "output": [SPOKEN, theirs]}
    assert (shown["new"], shown["event_id"]) == ([1], "event_1")


def test_a_call_that_only_the_finished_response_tells_of_is_ours_too() -> None:
    own = OwnCalls([OURS])
    assert seen(own, "response.done", response={"id": "r1", "output": [item()]})["response"]["output"] == []
    assert seen(own, "conversation.item.added", item=ANSWER) is None


@pytest.mark.parametrize("kind", ["session.created", "session.updated"])
def test_a_configuration_shows_only_the_clients_tools(kind: str) -> None:
    session = {"type": "realtime", "tools": [THEIRS, OURS, SERVER, "odd"], "x": {"y": None}}
    shown = seen(OwnCalls([OURS]), kind, session=session)
    assert shown["session"] == {**session, "tools": [THEIRS, SERVER, "odd"]}


def test_a_greeting_is_told_the_same_way() -> None:
    own = OwnCalls([OURS])
    written = msgspec.Raw(msgspec.json.encode({"tools": [OURS], "speed": 1.0}))
    assert bytes(own.session(written)) == b'{"tools":[],"speed":1.0}'
    for untouched in (b'{"tools": []}', b"{}", b"null", b'{"tools":null}', b'{"tools":"x"}'):
        raw = msgspec.Raw(untouched)
        assert own.session(raw) is raw


def test_what_octi_was_refused_is_no_error_of_the_clients() -> None:
    """Even where octi has no functions there."""
    for own in (OwnCalls(), OwnCalls([OURS])):
        assert seen(own, "error", error={"message": "No.", "event_id": "octi_ask"}) is None


def test_where_octi_has_none_nothing_is_looked_at() -> None:
    own = OwnCalls()
    assert seen(own, "conversation.item.added", item=item()) == "as it came"
    assert seen(own, "response.done", response={"id": "r1", "output": [item()]}) == "as it came"
    assert seen(own, "session.updated", session={"tools": [OURS]}) == "as it came"


@pytest.mark.parametrize("name", NAMES)
def test_recorded_conversations_without_our_calls_pass_as_they_came(name: str) -> None:
    own = OwnCalls([OURS])
    for sender, frame in conversation(name):
        if sender == "provider":
            assert own.from_provider(frame, read_event(frame)) is frame


def test_a_recorded_call_of_ours_leaves_no_trace() -> None:
    """Of the conversation that is left a strict SDK understands every frame."""
    own = OwnCalls([{**THEIRS, "name": "weather"}])
    shown = [
        passed
        for sender, frame in conversation("function_call")
        if sender == "provider" and (passed := own.from_provider(frame, read_event(frame)))
    ]
    # But for where the answer stands: behind an item that the client did not see.
    left = b"".join(msgspec.json.encode({**msgspec.json.decode(frame), "previous_item_id": None}) for frame in shown)
    for trace in (b'"weather"', b"call_1", b"item_F1", b"item_O1", b"function_call"):
        assert trace not in left


@given(st.binary(max_size=40))
def test_a_piece_that_cannot_be_read_passes(frame: bytes) -> None:
    assert OwnCalls([OURS]).from_provider(frame, Opaque("response.output_item.added")) is frame


# What the client configures


def configured(own: OwnCalls, session: Any) -> Any:
    frame = msgspec.json.encode({"type": "session.update", "event_id": "e1", "session": session})
    sent = own.from_client(frame)
    return "as it came" if sent is frame else msgspec.json.decode(sent)["session"]


@pytest.mark.parametrize(
    ("theirs", "all_of_them"), [([THEIRS], [THEIRS, OURS]), ([], [OURS]), (None, [OURS]), ([OURS], [OURS])]
)
def test_tools_that_a_client_declares_get_ours_beside_them(theirs: Any, all_of_them: list[Any]) -> None:
    """Or the update would take ours away."""
    session = {"type": "realtime", "tools": theirs, "x": 1.5}
    assert configured(OwnCalls([OURS]), session) == {**session, "tools": all_of_them}


@pytest.mark.parametrize("session", [{"type": "realtime"}, {"tools": "x"}, {"tools": {}}, None, 5])
def test_an_update_that_declares_none_passes_as_it_came(session: Any) -> None:
    assert configured(OwnCalls([OURS]), session) == "as it came"


def test_where_octi_has_none_the_clients_pass_as_they_came() -> None:
    assert configured(OwnCalls(), {"tools": [THEIRS]}) == "as it came"


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type":"input_audio_buffer.append","audio":"AAAA"}',
        b'{"type":"response.create","session":{"tools":[]}}',
        b"nonsense",
    ],
)
def test_other_events_of_a_clients_pass_as_they_came(frame: bytes) -> None:
    assert OwnCalls([OURS]).from_client(frame) is frame
