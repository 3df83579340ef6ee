"""A session cut at every step, over the whole stack in memory: nothing leaks, and nothing said is lost."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import attrs
import msgspec
import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError, WebSocketConnection, wrap_client_stream

from octi.simulator.reading import read_text
from octi.simulator.script import Script
from tests.cuts import Cut, cut_everywhere
from tests.providers import SPEECH, VOICE, net_to
from tests.streams import WindowStream
from tests.whole_stack import Stack

WINDOW = 8192  # less than a word's sound: frames come in pieces, and are cut in the middle
ENDS_WITHIN_S = 9.5  # two goodbyes of 2 s, and the recorder's budget of 5 s


@attrs.define(eq=False)
class Heard:
    """What a client was told before its socket ended."""

    messages: list[dict[str, Any]] = attrs.field(factory=list)

    def texts(self, kind: str) -> list[str]:
        """The words of one kind of message."""
        return [message["text"] for message in self.messages if message["type"] == kind]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of one kind."""
        return [message for message in self.messages if message["type"] == kind]


async def listen(socket: WebSocketConnection, heard: Heard) -> None:
    """Hear until the close."""
    while True:
        message = await socket.get_message()
        if isinstance(message, str):
            heard.messages.append(msgspec.json.decode(message))


Play = Callable[[WebSocketConnection], Awaitable[None]]


async def call(near: WindowStream, path: str, play: Play, heard: Heard) -> None:
    """A client with an unmodified library, until it is done or octi is gone."""
    try:
        async with trio.open_nursery() as client:
            with trio.move_on_after(30):
                socket = await wrap_client_stream(client, near, "octi", path)  # type: ignore[arg-type]  # any stream will do
                client.start_soon(listen, socket, heard)
                await play(socket)
                await socket.aclose()
            client.cancel_scope.cancel()
    except* (ConnectionClosed, ConnectionRejected, HandshakeError, trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    finally:
        near.close()


@cache
def played(scenario: str) -> Script:
    """A scenario, read once for all its runs."""
    return read_text(scenario)


@attrs.frozen
class Scene:
    """A conversation to be cut: who comes through which door, and what is played on both sides."""

    path: str
    client: Play
    provider: str  # its scenario
    ends_with: str  # uncut, the client hears so many of these
    times: int

    async def __call__(self, cut: Cut) -> None:
        async with net_to(played(self.provider), judge=not cut.n) as net, trio.open_nursery() as outside:
            net.window = WINDOW
            stack, heard = Stack(net.upstream()), Heard()
            near, far, connection = stack.connect(WINDOW)
            outside.start_soon(call, near, self.path, self.client, heard)
            async with cut:
                await connection.run()
            await wait_all_tasks_blocked()
            assert far.closed, "the client's socket is still open"
            assert all(stream.closed for stream in net.streams), "a provider's socket is still open"
            assert len(stack.live) == 0, "the session is still counted"
            with trio.fail_after(6):
                await net.wait_left()
            if not cut.n:
                assert [message["type"] for message in heard.messages].count(self.ends_with) == self.times
            await check_store(stack, heard)
            outside.cancel_scope.cancel()


async def check_store(stack: Stack, heard: Heard) -> None:
    """Every turn that the client was told of as complete is stored, once; every session is stored as ended."""
    for record in await stack.store.sessions():
        assert record.state.value == "ended", "the session was not stored as ended"
        turns = await stack.store.turns(record.id)
        assert [turn.position for turn in turns] == list(range(len(turns)))
        said = [turn.text for turn in turns]
        for words in heard.texts("user_transcript"):
            assert said.count(words) == 1, f"lost: {words}"
        for event in heard.events("conversation.item.input_audio_transcription.completed"):
            assert said.count(event["transcript"]) == 1, f"lost: {event['transcript']}"
        finished = heard.events("response.done") or heard.events("bot_audio_end")
        assert len([turn for turn in turns if turn.role.value == "assistant"]) >= len(finished), "an answer was lost"


ANSWERS_TWICE = """
[[turn]]
heard = "question 0"
say = "answer 0"

[[turn]]
heard = "question 1"
say = "answer 1"
"""
IS_INTERRUPTED = """
[[turn]]
heard = "question"
say = "one two three four"
latency = { pace = 1.0 }

[[turn]]
heard = "stop"
optional = true
"""
TYPES_BACK = """
[[turn]]
hear = "hello"
say = "typed back"
optional = true
"""


async def speaks_octi(socket: WebSocketConnection) -> None:
    """Audio in the OCTI protocol, twice, with pauses."""
    for _ in range(2):
        await socket.send_message(VOICE)
        await trio.sleep(0.5)


async def interrupts(socket: WebSocketConnection) -> None:
    """A question, and the beginning of another during the answer."""
    await socket.send_message(VOICE)
    await trio.sleep(0.5)
    await socket.send_message(SPEECH)
    await trio.sleep(0.5)


async def types_octi(socket: WebSocketConnection) -> None:
    """Typed messages, a reset, an interruption."""
    await socket.send_message('{"type":"start_conversation"}')
    await socket.send_message('{"type":"user_text","text":"hello"}')
    await trio.sleep(0.2)
    await socket.send_message('{"type":"interrupt","played_ms":10}')
    await socket.send_message('{"type":"reset_session"}')
    await trio.sleep(1.5)  # a leg lives a second at least


async def speaks_realtime(socket: WebSocketConnection) -> None:
    """The same audio as Realtime events."""
    for _ in range(2):
        await socket.send_message(msgspec.json.encode({"type": "input_audio_buffer.append", "audio": VOICE}).decode())
        await trio.sleep(0.5)


SCENES = {
    "octi, voice": Scene("/ws/realtime", speaks_octi, ANSWERS_TWICE, "transcript", 2),
    "octi, barge-in": Scene("/ws/realtime", interrupts, IS_INTERRUPTED, "interrupted", 1),
    "octi, typed, reset": Scene("/ws/realtime", types_octi, TYPES_BACK, "ready", 2),
    "realtime, voice": Scene("/v1/realtime?model=m", speaks_realtime, ANSWERS_TWICE, "response.done", 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_a_session_cut_anywhere_leaks_and_loses_nothing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Cancelled at every step, parked and resumed: both sockets closed, everything complete stored, nothing running."""
    report = cut_everywhere(SCENES[name], prompt=ENDS_WITHIN_S)
    with capsys.disabled():
        print(f"\n  cuts, {name}: {report}")  # noqa: T201  the number of steps tried is part of the proof
    assert report.steps > 50
