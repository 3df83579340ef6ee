"""One leg's events, out and in."""

from contextlib import suppress

import msgspec
import trio
from trio.testing import wait_all_tasks_blocked

from octi.engine import requests as ask
from octi.engine.exchange import BREATH, Exchange
from octi.errors import BadMessage
from octi.websocket.base import LegClosed
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.engine.wire import Event

CLEAR = b'{"type": "input_audio_buffer.clear", "event_id": "mine"}'


async def told(leg: MemoryLeg) -> list[Event]:
    """What came by now."""
    return [msgspec.json.decode(message.data) for message in await leg.receive()]


async def serve(near: MemoryLeg, exchange: Exchange, done: list[ask.Request]) -> None:
    """Have all that was sent done, and leave."""

    async def do(request: ask.Request) -> None:
        done.append(request)

    await near.close(1000, "bye")
    with suppress(LegClosed):
        await exchange.serve(do)


async def test_events_are_numbered() -> None:
    """So that each has an id of its own."""
    near, far = memory_legs()
    exchange = Exchange(far)
    exchange.emit("one")
    exchange.emit("two", more=1)
    assert await told(near) == [
        {"type": "one", "event_id": "event_000001"},
        {"type": "two", "event_id": "event_000002", "more": 1},
    ]


async def test_requests_are_done_in_their_order() -> None:
    """However many come at once."""
    near, far = memory_legs()
    done: list[ask.Request] = []
    for number in range(3 * BREATH):
        near.send(msgspec.json.encode({"type": "conversation.item.retrieve", "item_id": str(number)}))
    await serve(near, Exchange(far), done)
    assert [request.item_id for request in done if isinstance(request, ask.RetrieveItem)] == [
        str(number) for number in range(3 * BREATH)
    ]


async def test_what_cannot_be_read_or_done_is_told() -> None:
    """By an error that names the client's event, if it has a name; a binary frame has none."""
    near, far = memory_legs()
    exchange = Exchange(far)
    near.send(CLEAR)
    near.send(b'{"type": "nope", "event_id": "odd"}')
    near.send(b"\x00", text=False)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_serve_wrong, exchange)
        await wait_all_tasks_blocked()
        errors = [event["error"] for event in await told(near)]
        nursery.cancel_scope.cancel()
    assert [(error["code"], error["event_id"]) for error in errors] == [
        ("invalid_value", "mine"),
        ("invalid_value", "odd"),
        ("invalid_event", None),
    ]


async def _serve_wrong(exchange: Exchange) -> None:
    async def refuse(request: ask.Request) -> None:
        raise BadMessage("not today", "type")

    await exchange.serve(refuse)


async def test_a_busy_client_leaves_room_for_others() -> None:
    """After so many requests somebody else has a turn."""
    near, far = memory_legs()
    turns: list[str] = []

    async def do(request: ask.Request) -> None:
        turns.append("ours")

    async def other() -> None:
        while turns.count("ours") < 2 * BREATH:
            turns.append("theirs")
            await trio.lowlevel.checkpoint()

    for _ in range(2 * BREATH):
        near.send(CLEAR)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Exchange(far).serve, do)
        nursery.start_soon(other)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    first, last = turns.index("ours"), len(turns) - turns[::-1].index("ours")
    assert "theirs" in turns[first:last]
