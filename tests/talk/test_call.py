"""What a call's tasks do for each other: readiness, interruption, and every way it ends before its time."""

from typing import Any, cast

import pytest
import trio
import trio.testing
from trio_websocket import CloseReason, ConnectionClosed, WebSocketConnection

from octi.talk.call import STALL_S, Call, TalkFailed, hold
from octi.talk.dialect import AgentAudio, Interrupted, Octi, Realtime
from octi.talk.mic import Loudspeaker
from octi.units import Milliseconds
from tests.talk.scripted import Heard, Script, ignore, line_to, octi_agent, read_on, realtime_agent, say, speech


async def nothing(call: Call) -> None:
    pass


async def for_ever(call: Call) -> None:
    await trio.sleep_forever()


async def test_the_server_is_greeted_and_told_to_begin(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """Each dialect in its own way; then the work is done."""
    octi, realtime = Heard(), Heard()
    async with line_to(nursery, octi_agent(octi)) as socket:
        await hold(Call(socket, Octi(), ignore), nothing, 5.0)
    async with line_to(nursery, realtime_agent(realtime)) as socket:
        await hold(Call(socket, Realtime(), ignore), nothing, 5.0)
    assert [message["type"] for message in octi.messages] == ["start_conversation"]
    assert [message["type"] for message in realtime.messages] == ["session.update"]


async def test_a_server_that_is_never_ready_is_given_up(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """At the limit, with what it complained of."""

    async def script(socket: WebSocketConnection) -> None:
        await say(socket, {"type": "error", "message": "no provider"})
        await read_on(Heard(), socket)

    with pytest.raises(TalkFailed, match=r"not ready within 5 s .before that: no provider."):
        async with line_to(nursery, script) as socket:
            await hold(Call(socket, Octi(), ignore), nothing, 5.0)
    assert trio.current_time() == 5.0


async def test_a_server_that_says_it_is_ready_again_is_told_to_begin_again(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """As octi does after a reset, or when it has found its provider again."""
    heard = Heard()

    async def script(socket: WebSocketConnection) -> None:
        await say(socket, {"type": "ready"}, {"type": "ready"})
        await read_on(heard, socket)

    async def wait(call: Call) -> None:
        await trio.sleep(1)

    async with line_to(nursery, script) as socket:
        await hold(Call(socket, Octi(), ignore), wait, 5.0)
    assert [message["type"] for message in heard.messages] == ["start_conversation"] * 2


def leaves(code: int, reason: str | None) -> Script:
    async def script(socket: WebSocketConnection) -> None:
        await say(socket, {"type": "ready"}, {"type": "error", "message": "no more money"})
        await trio.sleep(2)
        await socket.aclose(code, reason)

    return script


async def test_a_server_that_leaves_ends_the_work(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """With its close code and reason, and its last complaint."""
    with pytest.raises(TalkFailed) as caught:
        async with line_to(nursery, leaves(1011, "gone wrong")) as socket:
            await hold(Call(socket, Octi(), ignore), for_ever, 5.0)
    assert str(caught.value) == "the server closed the conversation with 1011: gone wrong (before that: no more money)"
    assert trio.current_time() == 2.0


class Socket:
    """A socket that takes nothing, or says that it is closed."""

    def __init__(self, closed: bool = False) -> None:
        self.closed = closed

    async def send_message(self, message: str | bytes) -> None:
        if self.closed:
            raise ConnectionClosed(CloseReason(1006, None))
        await trio.sleep_forever()


def call_over(socket: Any, dialect: Octi | Realtime | None = None) -> Call:
    return Call(cast(WebSocketConnection, socket), dialect or Octi(), ignore)


async def test_a_server_that_takes_nothing_fails_the_call(autojump_clock: trio.testing.MockClock) -> None:
    """After ten seconds, for whatever was to be sent."""
    call = call_over(Socket())
    with call.scope:
        await call.send([b"sound"])
        await trio.sleep_forever()
    assert call.scope.cancelled_caught
    assert str(call.failure) == "the server took nothing for 10 s"
    assert trio.current_time() == STALL_S


async def test_sending_to_a_closed_socket_is_the_listeners_to_tell() -> None:
    """The listener knows code and reason."""
    call = call_over(Socket(closed=True))
    await call.send([b"sound"])
    assert call.failure is None


async def test_the_first_failure_counts() -> None:
    call = call_over(Socket())
    call.fail("this")
    call.fail("and that")
    assert str(call.failure) == "this"


class Sent:
    """A socket that keeps what it is sent."""

    def __init__(self) -> None:
        self.messages: list[str | bytes] = []

    async def send_message(self, message: str | bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.messages.append(message)


async def test_an_interrupted_agent_falls_silent_and_learns_how_much_was_heard(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """The loudspeaker is emptied, and the server told the milliseconds that were played."""
    socket, speaker = Sent(), Loudspeaker()
    call = call_over(socket, Realtime())
    call.speaker = speaker
    await call.take(AgentAudio(speech(1000), "item"))
    assert len(speaker.waiting) == len(speech(1000))
    await trio.sleep(0.25)
    await call.take(Interrupted())
    await call.take(AgentAudio(speech(1000), "item"))  # it was on its way
    assert len(speaker.waiting) == 0
    assert socket.messages == Realtime().cut("item", Milliseconds(250))


async def test_an_interruption_of_nothing_is_not_told() -> None:
    """The server hears us begin to speak at each turn; mostly the agent is silent then."""
    socket = Sent()
    await call_over(socket, Realtime()).take(Interrupted())
    assert socket.messages == []
