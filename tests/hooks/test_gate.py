"""octi/hooks/gate.py: nothing is answered before it was judged, and nobody waits for ever."""

from typing import Any

import msgspec
import pytest

from octi.hooks.gate import (
    EXPECTED_S,
    HOLD,
    MOST_HELD,
    Gate,
    as_wanted,
    detection_in,
    event_id_of,
    is_in_band,
    kept_of,
    writes_as_user,
)
from octi.realtime.reading import read_event, read_session
from octi.realtime.requests import request
from octi.realtime.steps import Steps, ToProvider
from tests.wire.conversations import event

VAD: dict[str, Any] = {"type": "server_vad", "silence_duration_ms": 500}


def session(detection: dict[str, Any] | None) -> bytes:
    return msgspec.json.encode({"type": "realtime", "audio": {"input": {"turn_detection": detection, "x": 1}}, "y": 2})


def plainly(steps: Steps) -> list[dict[str, Any]]:
    return [msgspec.json.decode(step.data) for step in steps if isinstance(step, ToProvider)]


def passed(gate: Gate, kind: str, *, now: float = 0.0, **fields: Any) -> list[dict[str, Any]]:
    return plainly(gate.from_client(request(kind, **fields), now)[0])


def is_open(gate: Gate) -> bool:
    return not gate.shut and gate.wake_at is None


def answers_by_itself(gate: Gate) -> Any:
    """Is voice detection to answer, as the client is shown it?"""
    return detection_in(gate.shown(session({**VAD, "create_response": False})))["create_response"]


def writes(gate: Gate, **more: Any) -> None:
    item = {"type": "message", "role": "user", "content": []}
    assert len(passed(gate, "conversation.item.create", item=item, **more)) == 1


def test_the_provider_is_asked_not_to_answer_by_itself() -> None:
    """All the rest of how it listens stays; the client is shown what it wanted."""
    gate = Gate()
    (update,) = plainly(gate.opened(session({**VAD, "create_response": True})))
    assert update["event_id"] == HOLD
    assert update["session"]["audio"]["input"]["turn_detection"] == {**VAD, "create_response": False}
    shown = gate.shown(session({**VAD, "create_response": False}))
    assert msgspec.json.decode(shown) == msgspec.json.decode(session({**VAD, "create_response": True}))


@pytest.mark.parametrize("detection", [None, {**VAD, "create_response": False}])
def test_who_answers_nothing_by_itself_is_left_alone(detection: dict[str, Any] | None) -> None:
    """And shown as it is."""
    gate = Gate()
    assert gate.opened(session(detection)) == []
    assert gate.shown(session(detection)) == session(detection)


def test_a_client_cannot_have_it_otherwise() -> None:
    """Its update goes on without that; what it wanted is remembered. One that is none goes on as it came."""
    gate = Gate()
    gate.opened(session({**VAD, "create_response": True}))
    wanted = {"type": "realtime", "audio": {"input": {"turn_detection": {**VAD, "create_response": False}}}}
    assert passed(gate, "session.update", session=wanted)[0]["session"] == wanted
    assert answers_by_itself(gate) is False
    back = {"audio": {"input": {"turn_detection": {**VAD, "create_response": True}}}, "voice": "v"}
    (sent,) = passed(gate, "session.update", session=back)
    assert detection_in(msgspec.json.encode(sent["session"]))["create_response"] is False
    assert sent["session"]["voice"] == "v"
    assert answers_by_itself(gate) is True
    for strange in (7, None, {"audio": 7}, {"instructions": "Hello."}):
        assert passed(gate, "session.update", session=strange)[0]["session"] == strange


def test_somebody_else_who_has_it_otherwise_is_asked_again() -> None:
    """A call's browser talks to the provider itself."""
    gate = Gate()
    frame = event("session.updated", session=msgspec.Raw(session(VAD)))
    assert len(gate.fold(read_event(frame), frame)) == 1


def test_an_answer_waits_for_what_the_client_just_wrote() -> None:
    """The provider has not even told of it yet; then it waits for the verdict."""
    gate = Gate()
    assert passed(gate, "response.create")
    writes(gate)
    assert gate.shut
    assert passed(gate, "response.create", event_id="mine") == []
    gate.there("t", typed=True, by_voice=False)
    assert gate.shut
    gate.judged("t")
    assert is_open(gate)
    assert [msgspec.json.decode(frame)["event_id"] for frame in gate.take()] == ["mine"]
    assert gate.take() == []


def test_what_a_voice_detection_heard_is_not_what_the_client_wrote() -> None:
    """That is still to come."""
    gate = Gate()
    writes(gate)
    gate.there("u", typed=False, by_voice=True)
    gate.judged("u")
    assert gate.shut


@pytest.mark.parametrize("named", ["mine", None])
def test_what_the_provider_refuses_is_not_waited_for(named: str | None) -> None:
    """It names the event, or nothing."""
    gate = Gate()
    passed(gate, "input_audio_buffer.commit", event_id="mine")
    assert gate.shut
    frame = event("error", error={"code": "input_audio_buffer_commit_empty", "event_id": named})
    gate.fold(read_event(frame), frame)
    assert not gate.shut


def test_an_error_about_something_else_opens_nothing() -> None:
    """It names another event."""
    gate = Gate()
    writes(gate, event_id="mine")
    frame = event("error", error={"code": "x", "event_id": "other"})
    gate.fold(read_event(frame), frame)
    assert gate.shut


def test_what_never_comes_is_not_waited_for_for_ever() -> None:
    """After a while the gate opens."""
    gate = Gate()
    writes(gate)
    assert gate.wake_at == EXPECTED_S
    gate.wake(EXPECTED_S - 0.1)
    assert gate.shut
    gate.wake(EXPECTED_S)
    assert is_open(gate)


def test_what_is_deleted_is_not_waited_for() -> None:
    """Nobody can be answered to it."""
    gate = Gate()
    gate.there("t", typed=True, by_voice=False)
    frame = event("conversation.item.deleted", item_id="t")
    gate.fold(read_event(frame), frame)
    assert not gate.shut


def test_only_so_many_requests_are_held() -> None:
    """Of more, the client is told."""
    gate = Gate()
    writes(gate)
    for _ in range(MOST_HELD):
        assert gate.from_client(request("response.create"), 0.0) == ([], [])
    assert gate.from_client(more := request("response.create"), 0.0) == ([], [more])
    assert len(gate.take()) == MOST_HELD


def test_a_lost_leg_takes_it_all() -> None:
    """The next one begins with an open gate."""
    gate = Gate()
    writes(gate)
    gate.there("t", typed=True, by_voice=False)
    passed(gate, "response.create")
    gate.lost()
    assert not gate.shut
    assert gate.take() == []


def test_audio_and_other_events_pass() -> None:
    """Whatever waits."""
    gate = Gate()
    writes(gate)
    sound = ToProvider(b'{"type":"input_audio_buffer.append","audio":"AAAA"}', 3)
    assert gate.from_client(sound, 0.0) == ([sound], [])
    assert passed(gate, "response.cancel")
    broken = ToProvider(b"{")
    assert gate.from_client(broken, 0.0) == ([broken], [])


@pytest.mark.parametrize(
    ("item", "whether"),
    [
        ({"type": "message", "role": "user"}, True),
        ({"role": "user"}, True),
        ({"type": "message", "role": "system"}, False),
        ({"type": "function_call_output"}, False),
        (7, False),
        (None, False),
    ],
)
def test_only_who_writes_as_the_user_is_waited_for(item: Any, whether: bool) -> None:
    """A function's output is nobody's turn."""
    assert writes_as_user(msgspec.json.encode({"type": "conversation.item.create", "item": item})) == whether


@pytest.mark.parametrize("by_itself", [True, False])
def test_settings_are_read_as_the_client_wants_them(by_itself: bool) -> None:
    """Whoever waits for voice detection's answers waits for octi's."""
    settings = read_session(msgspec.Raw(session({**VAD, "create_response": False})))
    wanted = as_wanted(settings, by_itself=by_itself).turn_detection
    assert wanted is not None
    assert wanted.create_response == by_itself
    manual = read_session(msgspec.Raw(session(None)))
    assert as_wanted(manual, by_itself=True) == manual


def test_what_is_said_instead_is_as_the_answer_was_to_be() -> None:
    """By its metadata somebody knows it; in words or aloud. Whatever else was asked of it, is not kept."""
    wish = {"metadata": {"a": "b"}, "output_modalities": ["text"], "instructions": "Tell me."}
    frame = request("response.create", event_id="mine", response=wish).data
    assert kept_of(frame) == {"metadata": {"a": "b"}, "output_modalities": ["text"]}
    assert event_id_of(frame) == "mine"
    assert is_in_band(frame)
    for strange in (7, {"metadata": 7}, None):
        assert kept_of(request("response.create", response=strange).data) == {}


def test_an_answer_of_nobodys_conversation_is_another_matter() -> None:
    """It is not said to the user."""
    assert not is_in_band(request("response.create", response={"conversation": "none"}).data)
    assert event_id_of(request("response.create").data) is None
