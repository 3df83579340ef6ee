"""Playing one side of a leg to somebody who does as they did then, or otherwise. In memory, on virtual time."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import attrs
import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.cassette.format import Goodbye
from octi.cassette.playing import How, Played, Player
from octi.cassette.steps import Step
from octi.websocket.base import LegClosed, Message
from octi.websocket.memory import MemoryLeg, memory_legs

Other = Callable[[MemoryLeg], Awaitable[None]]


def event(kind: str, **fields: Any) -> Message:
    return Message(msgspec.json.encode({"type": kind, **fields}), True)


def ours(at: float, kind: str) -> Step:
    return Step(at, True, event(kind))


def theirs(at: float, kind: str, **fields: Any) -> Step:
    return Step(at, False, event(kind, **fields))


TALK = [
    ours(0, "session.created"),
    theirs(0.5, "session.update", n=1),
    theirs(1, "input_audio_buffer.append"),
    theirs(2, "input_audio_buffer.append"),
    ours(3, "response.done"),
    Step(4, False, close=Goodbye(1000)),
]


async def played(other: Other, steps: Sequence[Step] = TALK, **how: Any) -> Played:
    near, far = memory_legs()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(other, far)
        result = await played_to(near, steps, How(**how))
    return result


async def played_to(leg: MemoryLeg, steps: Sequence[Step], how: How) -> Played:
    result = Played("leg")
    goodbye = await Player(leg, steps, how, result).play()
    await leg.close(goodbye.code, goodbye.reason)
    return result


@attrs.frozen
class Says:
    """Somebody who says this, hears so many messages, and leaves."""

    messages: Sequence[Message]
    hears: int = 2

    async def __call__(self, leg: MemoryLeg) -> None:
        for message in self.messages:
            leg.send(message.data, text=message.text)
        heard = 0
        while heard < self.hears:
            heard += len(await leg.receive())
        await leg.close(1000, "done")


UPDATE, APPEND = event("session.update", n=1), event("input_audio_buffer.append")
SAME = Says([UPDATE, APPEND, APPEND])


async def test_who_does_the_same_passes(autojump_clock: MockClock) -> None:
    """In the recording's own time, from when they did it."""
    began = trio.current_time()
    result = await played(SAME)
    assert (result.passed, result.sent, result.matched, result.differences) == (True, 2, 3, [])
    assert trio.current_time() - began == 1  # from their last message to our answer; theirs came at once


@pytest.mark.parametrize(("speed", "lasts"), [(2.0, 0.5), (0.5, 2.0), (0.0, 0.0)])
async def test_it_plays_at_any_speed(speed: float, lasts: float, autojump_clock: MockClock) -> None:
    """Or without any pause."""
    began = trio.current_time()
    assert (await played(SAME, speed=speed)).passed
    assert trio.current_time() - began == lasts


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (Says([event("session.update", n=2), APPEND, APPEND]), "after 1 messages: session.update: n is 2 (was 1)"),
        (Says([APPEND, UPDATE, APPEND]), "input_audio_buffer.append came: should be session.update"),
        (Says([UPDATE, APPEND, APPEND, UPDATE]), "session.update came: they should have left"),
        (Says([], hears=0), "should have sent session.update and 0 more"),
        (Says([UPDATE, APPEND], hears=1), "before they were told everything"),
        (Says([UPDATE], hears=3), "nothing came within 30 s: should be input_audio_buffer.append"),
        (Says([UPDATE, APPEND, APPEND], hears=3), "they did not leave within 30 s"),
    ],
)
async def test_who_does_otherwise_does_not_pass(other: Says, says: str, autojump_clock: MockClock) -> None:
    """And is told in what."""

    async def until_closed(leg: MemoryLeg) -> None:
        with suppress(LegClosed):  # we leave who does not
            await other(leg)

    result = await played(until_closed)
    assert not result.passed
    assert says in result.differences[0]


async def test_types_may_be_enough(autojump_clock: MockClock) -> None:
    """Others may come between, and sound in any number of pieces."""
    other = Says([event("x"), event("session.update", n=2), event("y"), APPEND])
    result = await played(other, strict=False)
    assert (result.passed, result.matched, result.extra) == (True, 2, 2)


async def test_by_types_order_does_not_matter_and_nobody_waits_for_pieces(autojump_clock: MockClock) -> None:
    """Servers tell the words before or behind the answer's beginning, and in as many pieces as they like."""
    steps = [theirs(0, "words.delta"), theirs(1, "answer"), theirs(2, "words"), ours(3, "thanks")]
    result = await played(Says([event("words"), event("answer")], hears=1), steps, strict=False)
    assert (result.passed, result.matched, result.extra) == (True, 2, 0)


async def test_ids_that_they_give_are_theirs(autojump_clock: MockClock) -> None:
    """What we say names them; what they have given no id for is sent as it was, and told of."""

    def given(name: str) -> Message:
        return event("response.created", response={"id": name})

    heard: list[Message] = []

    async def other(leg: MemoryLeg) -> None:
        leg.send(given("new").data)
        while len(heard) < 2:
            heard.extend(await leg.receive())
        await leg.close(1000, "done")

    cancels = [Step(1, True, event("response.cancel", response_id=name)) for name in ("old", "older")]
    steps = [
        Step(0, False, given("old")),
        *cancels,
        Step(2, False, given("older")),
        Step(3, False, close=Goodbye(1000)),
    ]
    result = await played(other, steps, strict=False)
    assert [msgspec.json.decode(message.data)["response_id"] for message in heard] == ["new", "older"]
    assert "response.cancel is about older, and they have given nothing like it" in result.differences[0]


async def test_the_next_answer_waits_for_sound_again(autojump_clock: MockClock) -> None:
    """Pieces belong to one turn."""
    steps = [theirs(0, "x.append"), theirs(0, "x.append"), ours(0, "response.done"), theirs(0, "x.append")]

    async def other(leg: MemoryLeg) -> None:
        leg.send(event("x.append").data)
        await leg.receive()
        await trio.sleep(0.5)
        leg.send(event("x.append").data)

    assert (await played(other, steps, strict=False, patience_s=1)).passed
    assert not (await played(Says([event("x.append")], hears=1), [*steps, theirs(1, "z")], strict=False)).passed


async def test_we_leave_as_then(autojump_clock: MockClock) -> None:
    """With the code and the reason of the recording; or, where it was cut off, saying so."""
    for steps, said in (
        ([Step(0, True, close=Goodbye(4001, "no"))], (4001, "no")),
        ([], (1000, "the cassette is over")),
    ):
        closed: list[LegClosed] = []

        async def other(leg: MemoryLeg, closed: list[LegClosed] = closed) -> None:
            try:
                await leg.receive()
            except LegClosed as error:
                closed.append(error)

        assert (await played(other, steps)).passed
        assert [(each.code, each.reason) for each in closed] == [said]


async def test_who_takes_nothing_is_left(autojump_clock: MockClock) -> None:
    """And does not pass."""
    near, _ = memory_legs(bound=1)
    steps = [ours(0, "session.created")] * 3
    assert "they take nothing" in (await played_to(near, steps, How())).differences[0]


async def test_nobody_waits_for_who_has_left(autojump_clock: MockClock) -> None:
    """However long the recorded pause was: the report comes at once."""

    async def leaves(leg: MemoryLeg) -> None:
        await trio.sleep(2)
        await leg.close(1000, "bye")

    result = await played(leaves, [ours(0, "session.created"), ours(3000, "response.done")])
    assert trio.current_time() < 10
    assert [why.partition(": ")[2] for why in result.differences] == [
        "they left (closed with 1000: bye) before they were told everything"
    ]
