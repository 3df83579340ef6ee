"""Whatever a client asks, in whatever order, legal or not: the conversation stays consistent, and so does the next one.

`tests.engine.wire` looks at every event: its fields, its place, one active response in the conversation, ids that are
new. Here the events refer to what there really is, so that most of them are legal, and at the end all must be closed.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import msgspec
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from trio.testing import MockClock

from octi.engine.base import Call, Say
from octi.engine.server import Engine
from octi.errors import EngineFailed
from octi.realtime.reading import kind_of, read_event
from octi.websocket.memory import memory_legs
from tests.engine.fakes import (
    CANCEL,
    CLEAR,
    COMMIT,
    NOON,
    PUSH_TO_TALK,
    RESPOND,
    Client,
    FakeBrain,
    FakeSpeech,
    always,
    every,
    listen,
    only,
    silence,
    typed,
    update,
    voice,
)
from tests.engine.wire import Event

NOBODY = "nobody"
QUIET_S = 60.0  # virtual; all answers are over by then


@attrs.define
class Known:
    """What a client knows of its conversation: the items in their order, and every id that it was told."""

    order: list[str] = attrs.field(factory=list)
    gone: list[str] = attrs.field(factory=list)
    responses: list[str] = attrs.field(factory=list)
    calls: list[str] = attrs.field(factory=list)
    announced: list[str] = attrs.field(factory=list)  # ids of turns, of which some never came
    answering: set[str] = attrs.field(factory=set)

    def learn(self, events: list[Event]) -> None:
        for event in events:
            assert kind_of(read_event(msgspec.json.encode(event))) == event["type"]  # octi itself can read it, too
            self._learn(event)

    def _learn(self, event: Event) -> None:
        match event:
            case {"type": "conversation.item.added", "previous_item_id": previous, "item": item}:
                self.order.insert(0 if previous is None else self.order.index(previous) + 1, item["id"])
                self.calls += [item["call_id"]] if item["type"] == "function_call" else []
            case {"type": "conversation.item.deleted", "item_id": item_id}:
                self.order.remove(item_id)
                self.gone.append(item_id)
            case {"type": "input_audio_buffer.speech_started", "item_id": item_id}:
                self.announced.append(item_id)
            case {"type": "response.created", "response": response}:
                self.responses.append(response["id"])
                self.answering.add(response["id"])
            case {"type": "response.done", "response": response}:
                self.answering.remove(response["id"])
            case _:
                pass  # it changes nothing that is remembered


def one(names: list[str], number: int) -> str:
    """One of the names, now and then none of them."""
    return names[number % len(names)] if names and number % 7 else NOBODY


def about(doing: str, known: Known, number: int, **fields: Any) -> Event:
    """An event about an item that there is, that there was, or that there never was."""
    names = known.gone if number % 5 == 4 else known.order
    return {"type": f"conversation.item.{doing}", "item_id": one(names, number), **fields}


def created(known: Known, number: int) -> Event:
    """A line somewhere in the conversation; its id may be taken."""
    place = [{}, {"previous_item_id": "root"}, {"previous_item_id": one(known.order, number)}][number % 3]
    named = {"id": one(known.order + known.gone + known.announced, number)} if number % 4 == 3 else {}
    return typed("Hello.", ("user", "assistant", "system")[number % 3], **named) | place


def output(known: Known, number: int) -> Event:
    """What a call gave, if there was one."""
    item = {"type": "function_call_output", "call_id": one(known.calls, number), "output": "{}"}
    return {"type": "conversation.item.create", "item": item}


def aside(known: Known, number: int) -> Event:
    """An answer out of band, to an item or to all."""
    given = [{"type": "item_reference", "id": one(known.order, number)}] if number % 2 else []
    return {"type": "response.create", "response": {"conversation": "none", "input": given}}


def updated(known: Known, number: int) -> Event:
    """Some change of the session, or one that cannot be."""
    return (
        PUSH_TO_TALK,
        listen(),
        listen(interrupt_response=False),
        listen(create_response=False),
        listen(idle_timeout_ms=5000),
        update(output_modalities=["text"]),
        update(output_modalities=["audio"]),
        update(audio={"output": {"voice": ("ash", "echo")[number % 2]}}),
        update(max_output_tokens=(1, 8, "inf")[number % 3]),
        update(bogus=1),
    )[number % 10]


Step = Callable[[Known, int], Event | bytes]
STEPS: list[Step] = [
    created,
    output,
    aside,
    updated,
    lambda known, number: about("retrieve", known, number),
    lambda known, number: about("delete", known, number),
    lambda known, number: about("truncate", known, number, content_index=0, audio_end_ms=number * 37),
    lambda known, number: RESPOND,
    lambda known, number: RESPOND,
    lambda known, number: CANCEL,
    lambda known, number: CANCEL | {"response_id": one(known.responses, number)},
    lambda known, number: voice(80 + 8 * number),
    lambda known, number: silence(80 + 8 * number),
    lambda known, number: COMMIT,
    lambda known, number: CLEAR,
    lambda known, number: (b"{", b"[]", b'{"type": "nope"}', b'{"type": 7}')[number % 4],
]
ANSWERS = some.sampled_from(
    [
        [Say("Yes.")],
        [Say("One."), Say("Two."), Say("Three and four.")],
        [Call("f", {})],
        [Say("Wait."), 1.0, Call("f", {"a": 1}), Call("g", {})],
        [2.0, Say("Well.")],
        [Say("Oh."), EngineFailed("lost")],
    ]
)
SCRIPT = some.lists(
    some.tuples(some.sampled_from(STEPS), some.integers(0, 99), some.sampled_from([None, 0.0, 0.05, 0.5, 6.0])),
    min_size=1,
    max_size=25,
)


@asynccontextmanager
async def talking(engine: Engine) -> AsyncIterator[tuple[Client, Event]]:
    """A conversation with an engine that others use as well, and how it was greeted."""
    near, far = memory_legs()
    client = Client(near)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.converse, far, "gpt-realtime")
        yield client, await client.next("session.created")
        await near.close(1000, "bye")


async def play(client: Client, known: Known, script: list[tuple[Step, int, float | None]]) -> None:
    """Do what the script says. None for a pause: the next event comes in the same breath."""
    for step, number, pause_s in script:
        client.send(step(known, number))
        if pause_s is not None:
            known.learn(await client.pass_time(pause_s))
    client.send(listen(idle_timeout_ms=None, create_response=False), CLEAR)
    known.learn(await client.pass_time(QUIET_S))


async def check_closed(client: Client, known: Known) -> None:
    """Nothing is open, and the conversation has the items that were told, in the order that was told."""
    assert known.answering == set()
    for item_id in known.order:
        (answer,) = await client.ask({"type": "conversation.item.retrieve", "item_id": item_id})
        assert answer["type"] == "conversation.item.retrieved"
        assert answer["item"]["status"] != "in_progress"
    for item_id in set(known.gone) - set(known.order):
        (answer,) = await client.ask({"type": "conversation.item.retrieve", "item_id": item_id})
        assert answer["error"]["code"] == "item_retrieve_invalid_item_id"
    added = only(await client.ask(typed("The end.")), "conversation.item.added")
    assert added["previous_item_id"] == (known.order[-1] if known.order else None)
    assert only(await client.ask(CANCEL), "error")["error"]["code"] == "response_cancel_not_active"


async def check_fresh(engine: Engine, greeted: Event) -> None:
    """Another session of the same engine begins as the first one did, with nothing in it."""
    async with talking(engine) as (client, event):
        mine = {"id", "expires_at"}
        assert {name for name, value in event["session"].items() if value != greeted["session"][name]} <= mine
        added = only(await client.ask(typed("Hello.")), "conversation.item.added")
        assert added["previous_item_id"] is None
        client.send(RESPOND)
        events = await client.answered()
        assert only(events, "response.done")["response"]["status"] == "completed"
        assert every(events, "response.output_audio.delta")


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(SCRIPT, some.lists(ANSWERS, max_size=6))
def test_any_sequence_leaves_the_conversation_consistent(
    script: list[tuple[Step, int, float | None]], answers: list[Any]
) -> None:
    """All is closed, the items are those that were told, and the next session knows nothing of it."""

    async def scenario() -> None:
        brain = FakeBrain([*answers])
        engine = Engine(FakeSpeech(), always(brain), lambda: NOON)
        async with talking(engine) as (client, greeted):
            known = Known()
            await play(client, known, script)
            await check_closed(client, known)
        brain.script.clear()
        await check_fresh(engine, greeted)

    trio.run(scenario, clock=MockClock(autojump_threshold=0))
