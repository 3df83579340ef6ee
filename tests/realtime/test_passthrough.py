"""The Realtime door: frames go through as they came."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.errors import (
    BadMessage,
    BadModel,
    BadSecret,
    BetaGone,
    OctiError,
    SessionTaken,
    Stopping,
    TooLong,
    UpstreamLost,
    UpstreamRefused,
)
from octi.realtime.arbiter import Arbiter
from octi.realtime.audio import encoded
from octi.realtime.events import Opaque
from octi.realtime.own_calls import OwnCalls
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.reading import read_event
from octi.realtime.steps import Instructed, Steps, ToClient, ToProvider
from tests.wire.conversations import NAMES, conversation, event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_conversation_goes_through_byte_for_byte(name: str) -> None:
    """In both directions, and in order."""
    door = RealtimeDoor()
    for sender, recorded in conversation(name):
        frame = recorded.replace(b'"octi_', b'"mine_')  # octi was the client; what is like its own ids is marked
        if sender == "provider":
            assert door.from_provider(frame, read_event(frame), 0) == [ToClient(frame)]
        else:
            (step,) = door.from_client(frame, text=True, now=0)
            assert isinstance(step, ToProvider)
            assert step.data == frame


@given(JSON.map(msgspec.json.encode) | st.binary())
def test_whatever_a_client_writes_goes_through_byte_for_byte(frame: bytes) -> None:
    """Known or unknown, well-formed or not: the provider says what is wrong with it."""
    assert RealtimeDoor().from_client(frame, text=True, now=0) == [ToProvider(frame)]


@given(st.binary())
def test_whatever_a_provider_writes_goes_through_byte_for_byte(frame: bytes) -> None:
    assert RealtimeDoor().from_provider(frame, Opaque("vendor.news"), 0) == [ToClient(frame)]


@pytest.mark.parametrize("space", ["", " ", "\n  "])
def test_a_clients_audio_is_counted(space: str) -> None:
    """However the event is laid out."""
    frame = f'{{{space}"type":{space}"input_audio_buffer.append",{space}"audio":{space}"{encoded(bytes(960))}"{space}}}'
    assert RealtimeDoor().from_client(frame.encode(), text=True, now=0) == [ToProvider(frame.encode(), 960)]


def test_a_binary_message_is_refused_in_the_providers_words() -> None:
    """And the socket stays open; each of the door's events has an id of its own."""
    door = RealtimeDoor()
    (first,), (second,) = (door.from_client(b"\0" * 200, text=False, now=0) for _ in range(2))
    assert isinstance(first, ToClient)
    assert isinstance(second, ToClient)
    assert msgspec.json.decode(first.data) == {
        "type": "error",
        "event_id": "event_octi_1",
        "error": {
            "type": "invalid_request_error",
            "code": "invalid_event",
            "message": "Expected a text WebSocket message; binary frames are not supported.",
            "param": None,
            "event_id": None,
        },
    }
    assert msgspec.json.decode(second.data)["event_id"] == "event_octi_2"


def test_a_client_is_greeted_with_the_configuration_in_force() -> None:
    """Spliced in as the provider wrote it, unknown fields too."""
    session = b'{ "id":"sess_1", "type": "realtime", "new": [1.50, {"x":null}] }'
    (step,) = RealtimeDoor().opened(msgspec.Raw(session))
    assert step == ToClient(b'{"type":"session.created","event_id":"event_octi_session","session":' + session + b"}")


@pytest.mark.parametrize(
    ("error", "kind", "code", "param"),
    [
        (UpstreamLost("openai", "gone"), "server_error", "upstream_lost", None),
        (UpstreamRefused("openai", "bad key", 401, "invalid_api_key"), "server_error", "upstream_refused", None),
        (Stopping(), "server_error", "restarting", None),
        (TooLong(3600), "server_error", "session_expired", None),
        (BadSecret(), "invalid_request_error", "invalid_api_key", None),
        (BadModel("no such model"), "invalid_request_error", "invalid_model", "model"),
        (BetaGone(), "invalid_request_error", "beta_api_shape_disabled", None),
        (SessionTaken("s"), "invalid_request_error", "session_taken", None),
    ],
)
def test_trouble_is_an_error_event(error: OctiError, kind: str, code: str, param: str | None) -> None:
    """Of the kind that says whose fault it was: what octi's own key or setting did is the server's."""
    (step,) = RealtimeDoor().trouble(error)
    assert isinstance(step, ToClient)
    assert msgspec.json.decode(step.data) == {
        "type": "error",
        "event_id": "event_octi_1",
        "error": {"type": kind, "code": code, "message": str(error), "param": param, "event_id": None},
    }


def test_a_bad_message_is_told_with_its_field() -> None:
    """Apart from the words: as the provider has it."""
    (step,) = RealtimeDoor().trouble(BadMessage("no such thing", "intent", "invalid_value"))
    assert isinstance(step, ToClient)
    body = msgspec.json.decode(step.data)["error"]
    assert (body["message"], body["param"], body["code"]) == ("no such thing", "intent", "invalid_value")


@pytest.mark.parametrize("event_id", ["octi_check", "octi_ask", "~octi_ask", "evt_1"])
def test_a_client_is_told_of_its_own_errors_whatever_it_calls_its_events(event_id: str) -> None:
    """Octi's own are nobody's business, and have ids that no client's event has on its way to the provider."""
    door = RealtimeDoor()
    (step,) = door.from_client(msgspec.json.encode({"type": "nope", "event_id": event_id}), text=True, now=0)
    assert isinstance(step, ToProvider)
    error = {"type": "invalid_request_error", "code": "invalid_value", "message": "no", "param": "type"}
    there = msgspec.json.decode(step.data)["event_id"]
    (answer,) = told(door, "error", error={**error, "event_id": there})
    assert isinstance(answer, ToClient)
    assert msgspec.json.decode(answer.data)["error"] == {**error, "event_id": event_id}
    assert told(door, "error", error={**error, "event_id": "octi_ask"}) == []


def test_a_clients_request_by_octis_name_is_its_own() -> None:
    """Its refusal is not taken for one of octi's, which would be asked for again."""
    door = RealtimeDoor()
    door.opened(msgspec.Raw(b"{}"))
    door.from_client(b'{"type":"response.create","event_id":"octi_ask"}', text=True, now=0)
    error = {"code": "conversation_already_has_active_response", "event_id": "~octi_ask", "message": "wait"}
    (answer,) = told(door, "error", error={"type": "invalid_request_error", **error})
    assert isinstance(answer, ToClient)
    assert not door.arbiter.owes


PROFILE = {"type": "function", "name": "extract_profile"}


def told(door: RealtimeDoor, kind: str, now: float = 0.0, **fields: Any) -> Steps:
    """What comes of a provider's event."""
    frame = event(kind, **fields)
    return door.from_provider(frame, read_event(frame), now)


def test_of_octis_own_functions_a_client_sees_nothing() -> None:
    """Neither in the greeting nor in what happens; the client's own tools are declared beside them."""
    door = RealtimeDoor(own=OwnCalls([PROFILE]))
    (greeting,) = door.opened(msgspec.Raw(msgspec.json.encode({"id": "s", "tools": [PROFILE]})))
    assert isinstance(greeting, ToClient)
    assert msgspec.json.decode(greeting.data)["session"] == {"id": "s", "tools": []}
    call = {"id": "f1", "type": "function_call", "name": "extract_profile", "call_id": "c1"}
    assert told(door, "conversation.item.added", item=call) == []
    (step,) = door.from_client(b'{"type":"session.update","session":{"tools":[]}}', text=True, now=0)
    assert isinstance(step, ToProvider)
    assert msgspec.json.decode(step.data)["session"]["tools"] == [PROFILE]


def test_what_octi_wants_waits_for_the_clients_answer() -> None:
    """And its refusal is no error of the client's."""
    door = RealtimeDoor()
    door.from_client(b'{"type":"response.create"}', text=True, now=0)
    assert door.arbiter.ask() == []
    told(door, "response.created", response={"id": "r1", "conversation_id": "c"})
    shown, asked = told(door, "response.done", response={"id": "r1", "conversation_id": "c"})
    assert isinstance(shown, ToClient)
    assert asked == ToProvider(b'{"type":"response.create","event_id":"octi_ask"}')
    assert told(door, "error", error={"message": "No.", "event_id": "octi_ask"}) == []


def test_what_octi_wants_waits_for_the_user_but_not_for_ever() -> None:
    door = RealtimeDoor()
    door.opened(msgspec.Raw(b'{"audio":{"input":{"turn_detection":{"type":"server_vad"}}}}'))
    told(door, "input_audio_buffer.speech_started", 5.0, item_id="u", audio_start_ms=0)
    assert door.arbiter.ask() == []
    assert door.wake_at is not None
    assert len(door.wake(door.wake_at)) == 1
    door.lost()
    assert door.arbiter.wake_at is None


def test_a_truncation_beyond_what_was_sent_is_clamped() -> None:
    """A client that counts what it did not get would be refused."""
    door = RealtimeDoor(Arbiter())
    told(door, "response.output_audio.delta", response_id="r1", item_id="a1", delta="<100 ms>")
    frame = b'{"type":"conversation.item.truncate","item_id":"a1","content_index":0,"audio_end_ms":%d}'
    assert door.from_client(frame % 999, text=True, now=0) == [ToProvider(frame % 100)]
    assert door.from_client(frame % 99, text=True, now=0) == [ToProvider(frame % 99)]


def test_a_clients_own_instructions_are_told_to_the_session() -> None:
    """Once they are in force: an update may be refused, whole."""
    frame = b'{"type":"session.update","session":{"instructions":"Speak German."}}'
    updated = b'{"type":"session.updated","session":{"instructions":"Speak German."}}'
    door = RealtimeDoor()
    assert door.from_client(frame, text=True, now=0) == [ToProvider(frame)]
    assert door.from_provider(updated, read_event(updated), 0) == [ToClient(updated), Instructed("Speak German.")]
    assert door.from_provider(updated, read_event(updated), 0) == [ToClient(updated)]


def test_instructions_that_were_refused_are_told_to_nobody() -> None:
    """The next update shows that others are in force."""
    frame = b'{"type":"session.update","session":{"instructions":"PIRATE","bogus":1}}'
    updated = b'{"type":"session.updated","session":{"instructions":"Be kind."}}'
    door = RealtimeDoor()
    door.from_client(frame, text=True, now=0)
    assert door.from_provider(updated, read_event(updated), 0) == [ToClient(updated)]


def test_it_says_nothing_of_its_own() -> None:
    """Unasked events would break strict clients; and where octi wants nothing, nothing has to wake it."""
    door = RealtimeDoor()
    assert (door.name, door.renews, door.wake_at) == ("realtime", False, None)
    door.lost()
    assert door.notice("trying again") == door.wake(0) == []
