"""Anything at all, sent to a conversation: it is done or refused clearly, and the next turn is as any other."""

from base64 import b64encode
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from trio.testing import MockClock

from octi.engine.base import Call, Say
from octi.engine.requests import TYPES
from octi.errors import EngineFailed
from tests.engine.fakes import (
    CLEAR,
    COMMIT,
    RESPOND,
    TRANSCRIBE,
    Client,
    FakeBrain,
    conversation,
    every,
    only,
    silence,
    sound,
    typed,
    update,
    voice,
)
from tests.engine.wire import Event

FORMATS = ["audio/pcm", "audio/pcmu", "audio/pcma"]
MOST_TOLD = 1_100_000  # bytes of any event: more would be too much for some clients
# What is wrong with these is nothing in the event.
NO_FIELD = {
    "invalid_json",
    "conversation_already_has_active_response",
    "input_audio_buffer_commit_empty",
    "response_cancel_not_active",
    "too_many_active_responses",
}
FUNCTION = {"type": "function", "name": "f", "description": "does it", "parameters": {"type": "object"}}
MIC = b64encode(sound(2)).decode()

# One good event of each kind, with every field that it may have; then something in it is changed.
WHOLE: list[Event] = [
    update(
        model="gpt-realtime",
        output_modalities=["audio"],
        instructions="Be kind.",
        audio={
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "gpt-4o-transcribe", "language": "en", "prompt": "p", "keywords": ["k"]},
                "noise_reduction": {"type": "near_field"},
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 500,
                    "idle_timeout_ms": 6000,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "ash", "speed": 1.2},
        },
        tools=[FUNCTION],
        tool_choice={"type": "function", "name": "f"},
        max_output_tokens=100,
        tracing={"workflow_name": "w", "metadata": {}},
        truncation={"type": "retention_ratio", "retention_ratio": 0.5},
        prompt={"id": "p"},
        include=["item.input_audio_transcription.logprobs"],
    ),
    update(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}}),
    {"type": "input_audio_buffer.append", "audio": MIC},
    COMMIT,
    CLEAR,
    {"type": "output_audio_buffer.clear"},
    typed("Hello.", id="mine") | {"previous_item_id": "root"},
    {
        "type": "conversation.item.create",
        "item": {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_audio", "audio": MIC}, {"type": "input_image", "detail": "low"}],
        },
    },
    {
        "type": "conversation.item.create",
        "item": {"type": "function_call", "call_id": "call", "name": "f", "arguments": "{}"},
    },
    {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call", "output": "1"}},
    {"type": "conversation.item.retrieve", "item_id": "mine"},
    {"type": "conversation.item.truncate", "item_id": "mine", "content_index": 0, "audio_end_ms": 100},
    {
        "type": "response.create",
        "response": {
            "conversation": "none",
            "input": [{"type": "item_reference", "id": "mine"}, typed("Hi")["item"]],
            "instructions": "Be short.",
            "output_modalities": ["audio"],
            "audio": {"output": {"voice": {"id": "alloy"}, "format": {"type": "audio/pcma"}}},
            "tools": [FUNCTION],
            "tool_choice": "required",
            "max_output_tokens": "inf",
            "metadata": {"a": "b"},
        },
    },
    RESPOND,
    {"type": "response.cancel", "response_id": "resp_1"},
    {"type": "conversation.item.delete", "item_id": "mine"},
]

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
EXTREME = some.sampled_from(
    [
        10**30,
        -(10**30),
        -1,
        0,
        1e308,
        5e-324,
        "",
        "x" * 600,
        "é" * 262_145,
        "\0",
        "\U0010ffff",
        [],
        {},
        [[]] * 9,
        {"": {}},
    ]
)
DEEP = some.integers(10, 90).map(lambda depth: msgspec.json.decode(b"[" * depth + b"]" * depth))
GARBAGE = JSON | EXTREME | DEEP | some.text(alphabet="AB+/=_- ", max_size=30)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something is, in an event."""
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from paths(value[key], (*path, key))


@some.composite
def broken(draw: some.DrawFn) -> Event:
    """A good event in which something was replaced, left out or added."""
    event = deepcopy(draw(some.sampled_from(WHOLE)))
    for _ in range(draw(some.integers(0, 2))):
        if not event:
            break
        *way, last = draw(some.sampled_from([*paths(event)]))
        place: Any = event
        for key in way:
            place = place[key]
        match draw(some.sampled_from(["replace", "replace", "leave out", "add"])):
            case "replace":
                place[last] = deepcopy(draw(GARBAGE))  # the same value may be drawn again
            case "leave out":
                del place[last]
            case _:
                if isinstance(place, dict):
                    place[draw(some.text(max_size=5))] = deepcopy(draw(GARBAGE))  # the same value may be drawn again
    return event


@some.composite
def sounding(draw: some.DrawFn) -> Event:
    """Sound of any length and any kind, in base64 or in what looks like it."""
    pcm = draw(
        some.binary(max_size=3000)
        | some.integers(0, 9999).map(bytes)
        | some.integers(1, 9999).map(lambda size: b"\xff\x7f\x00\x80" * size)
        | some.integers(1, 9999).map(lambda size: b"\x00\x80\xff" * size)
    )
    text = b64encode(pcm).decode()
    spoilt = draw(some.sampled_from([text, text, text, text[:-1], text + "=", text.replace("A", "-"), "\n" + text]))
    return {"type": "input_audio_buffer.append", "audio": spoilt}


PHONES = some.sampled_from([update(audio={"input": {"format": {"type": kind}}}) for kind in FORMATS])
TEXTS = some.builds(
    lambda event, end: msgspec.json.encode(event)[:end], some.sampled_from(WHOLE), some.integers(0, 80)
) | some.binary(max_size=60)
ANY = some.one_of(broken(), broken(), broken(), sounding(), sounding(), PHONES, TEXTS)
SCRIPT = some.lists(some.tuples(ANY, some.sampled_from([0.0, 0.0, 0.05, 1.0, 7.0])), min_size=1, max_size=10)
RESET = update(
    output_modalities=["audio"],
    max_output_tokens="inf",
    tools=[],
    tool_choice="auto",
    audio={
        "input": {"format": {"type": "audio/pcm"}, "turn_detection": {"type": "server_vad", "threshold": 0.5}},
        "output": {"format": {"type": "audio/pcm"}, "speed": 1.0},
    },
)


def check_answers(event: Event | bytes, answers: list[Event]) -> None:
    """Nothing too long; and an error says whose fault it is, what, and where in that event."""
    assert max((len(msgspec.json.encode(answer)) for answer in answers), default=0) <= MOST_TOLD
    for answer in every(answers, "error"):
        error = answer["error"]
        assert error["type"] == "invalid_request_error"
        assert len(error["message"]) + len(error["param"] or "") <= 1024
        if isinstance(event, bytes) or error["code"] in NO_FIELD:
            continue
        assert error["event_id"] == event.get("event_id")
        if "transcription session" not in error["message"]:  # the provider names no field of it
            assert error["param"], error
            root = error["param"].partition(".")[0].partition("[")[0]
            assert root in event or error["code"] == "missing_required_parameter" or error["param"] == "item.id", error


async def still_talks(client: Client) -> None:
    """A turn as any other: heard, understood, answered with a voice."""
    await client.ask(RESET, CLEAR, TRANSCRIBE)
    await client.pass_time(100)
    client.send(voice(), silence())
    events = await client.answered()
    assert only(events, "conversation.item.input_audio_transcription.completed")["transcript"] == "Hello."
    response = only(events, "response.done")["response"]
    assert (response["status"], len(response["output"])) == ("completed", 1)
    assert every(events, "response.output_audio.delta")


def test_every_event_that_a_client_may_send_is_tried() -> None:
    """And the one that is for calls only."""
    assert {event["type"] for event in WHOLE} == {*TYPES, "output_audio_buffer.clear"}
    assert len({event["type"] for event in WHOLE}) == 11


async def test_good_events_are_refused_for_their_moment_alone(autojump_clock: MockClock) -> None:
    """Else what is tried here would only be how an error looks."""
    async with conversation() as client:
        codes = {
            answer["error"]["code"]
            for event in WHOLE
            for answer in every(await client.ask(event) + await client.pass_time(9), "error")
        }
        await still_talks(client)
    too_early = {"input_audio_buffer_commit_empty", "response_cancel_not_active"}
    assert codes == {*too_early, "invalid_value"}  # a user's words are not truncated, and a call's voice is not here


@pytest.mark.slow
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    SCRIPT,
    some.lists(some.sampled_from([[Say("Yes.")], [Call("f", {})], [EngineFailed("lost")], [2.0]]), max_size=3),
)
def test_anything_is_done_or_refused_and_the_next_turn_works(
    script: list[tuple[Event | bytes, float]], answers: list[Any]
) -> None:
    """Every answer is an event of the protocol, in its place (`tests.engine.wire`), and short; nothing is raised."""

    async def scenario() -> None:
        async with conversation(brain=FakeBrain(answers)) as client:
            for number, (sent, pause) in enumerate(script):
                event = {"event_id": f"mine_{number}", **sent} if isinstance(sent, dict) else sent
                told = await client.ask(event)
                check_answers(event, told)
                await client.pass_time(pause)
            client.send(update())
            await client.pass_time(100)
            answers.clear()
            await still_talks(client)

    trio.run(scenario, clock=MockClock(autojump_threshold=0))
