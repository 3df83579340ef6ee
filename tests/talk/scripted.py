"""Voice agents that follow a script, to be talked with: in both dialects, over trio-websocket."""

import base64
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import attrs
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

from octi.units import pcm_bytes
from octi.websocket.opener import Upgrade, websocket_over

VOICE = b"\0\x20" * (pcm_bytes(40) // 2)  # 40 ms of a loud noise
SILENT_PIECES = 5  # 200 ms end a turn
Script = Callable[[WebSocketConnection], Awaitable[None]]


def ignore(line: str) -> None:
    """Print nothing."""


def speech(duration_ms: int, then_silent_ms: int = 0) -> bytes:
    """A recording of somebody loud."""
    return b"\0\x20" * (pcm_bytes(duration_ms) // 2) + bytes(pcm_bytes(then_silent_ms))


@attrs.define
class Heard:
    """What an agent was sent: the messages but for sound, and how many pieces of sound were loud, in all and lately."""

    messages: list[Any] = attrs.field(factory=list)
    loud: int = 0
    pieces: int = 0
    silent: int = 0

    def take(self, message: str | bytes) -> bool:
        """Keep a message. True when it ends a turn: after speech comes silence long enough."""
        if isinstance(message, str):
            said = json.loads(message)
            if said["type"] != "input_audio_buffer.append":
                self.messages.append(said)
                return False
            message = base64.b64decode(said["audio"])
        voiced = any(message)
        self.loud += voiced
        self.pieces += voiced
        self.silent = 0 if voiced or not self.pieces else self.silent + 1
        return self.silent == SILENT_PIECES

    async def turn(self, socket: WebSocketConnection) -> None:
        """Listen until somebody has spoken and stopped."""
        while not self.take(await socket.get_message()):
            pass
        self.pieces = 0


async def say(socket: WebSocketConnection, *messages: object) -> None:
    """Send messages: bytes as they are, anything else as JSON."""
    for message in messages:
        await socket.send_message(message if isinstance(message, bytes) else json.dumps(message))


def octi_agent(heard: Heard, *answers: str, answer_ms: int = 120) -> Script:
    """Speaks the OCTI protocol: an answer to each turn, in a voice that lasts so long."""

    async def script(socket: WebSocketConnection) -> None:
        await say(socket, {"type": "ready"})
        for number, answer in enumerate(answers, 1):
            await heard.turn(socket)
            await say(socket, {"type": "user_speech_started"}, {"type": "user_transcript", "text": f"Turn {number}."})
            await say(
                socket, {"type": "transcript_delta", "text": answer}, speech(answer_ms), {"type": "bot_audio_end"}
            )
        await read_on(heard, socket)

    return script


def realtime_agent(heard: Heard, *answers: str, answer_ms: int = 120) -> Script:
    """Speaks the Realtime API: the same."""

    async def script(socket: WebSocketConnection) -> None:
        await say(socket, {"type": "session.created"})
        heard.take(await socket.get_message())
        await say(socket, {"type": "session.updated"})
        for number, answer in enumerate(answers, 1):
            await heard.turn(socket)
            await say(
                socket, {"type": "input_audio_buffer.speech_started"}, *realtime_answer(number, answer, answer_ms)
            )
        await read_on(heard, socket)

    return script


def realtime_answer(number: int, answer: str, answer_ms: int) -> list[object]:
    """The events of one spoken answer, the user's words behind it."""
    sound = {"type": "response.output_audio.delta", "item_id": f"item_{number}"}
    heard = {"type": "conversation.item.input_audio_transcription.completed", "transcript": f"Turn {number}."}
    return [
        {"type": "response.output_audio_transcript.delta", "delta": answer},
        {**sound, "delta": base64.b64encode(speech(answer_ms)).decode()},
        {"type": "response.done", "response": {"status": "completed"}},
        heard,
    ]


async def read_on(heard: Heard, socket: WebSocketConnection) -> None:
    """Listen until the client leaves."""
    while True:
        heard.take(await socket.get_message())


async def play(script: Script, socket: WebSocketConnection, codes: list[int]) -> None:
    """Follow a script until its end or the client's close, whose code is kept."""
    try:
        await script(socket)
    except ConnectionClosed as closed:
        codes.append(closed.reason.code if closed.reason else 1006)


def line_to(
    nursery: trio.Nursery, script: Script, codes: list[int] | None = None
) -> AbstractAsyncContextManager[WebSocketConnection]:
    """A client's socket to an agent in memory, where virtual time holds."""
    near, far = trio.testing.memory_stream_pair()
    nursery.start_soon(serve, script, far, codes if codes is not None else [])
    return websocket_over(near, "ws://agent/", Upgrade(), trio.current_time() + 1)


async def serve(script: Script, stream: trio.abc.Stream, codes: list[int]) -> None:
    """One client, on one stream."""
    async with trio.open_nursery() as reading:
        request = await wrap_server_stream(reading, stream)
        await play(script, await request.accept(), codes)
        reading.cancel_scope.cancel()
