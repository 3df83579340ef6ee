"""The client of one socket: comes in, says what its plan says, and leaves."""

import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from bench.soak.leaving import Leaver
from bench.soak.plan import Plan
from bench.soak.provider import words_for
from octi.websocket.opener import Unreachable, Upgrade, UpgradeRefused, websocket_over

GONE = (
    *(ConnectionClosed, Unreachable, UpgradeRefused, OSError),
    *(trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError),
)
READY_S = 4.0
ANSWER_S = 2.0
HANDSHAKE_S = 15.0
SMALL_BYTES = 4096  # what the kernel takes for a client that is about to stall
SPEECH = b"\xe8\x03" * 24 * 300


async def hold(plan: Plan, base: str, secret: str, chance: random.Random) -> bool:
    """One socket, from its beginning to its end, whichever that is; was it let in?"""
    door = "/v1/realtime" if plan.realtime else "/ws/realtime"
    url = base.replace("http", "ws", 1) + door + (f"?model={plan.model}" if plan.model else "")
    let_in = False
    try:
        async with opened(url, secret, small=plan.leaves == "stalls") as (stream, client):
            let_in = True
            with trio.move_on_after(plan.stays_s):
                await talk(plan, client)
            await Leaver(stream, client, plan.realtime, chance).leave(plan.leaves)
    except* GONE:
        pass  # octi ended it first, or our library was just answering it
    return let_in


@asynccontextmanager
async def opened(url: str, secret: str, *, small: bool) -> AsyncIterator[tuple[trio.SocketStream, WebSocketConnection]]:
    """A socket to an octi, and the stream below it."""
    parts = urlsplit(url)
    sock = trio.socket.socket()
    if small:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
    try:
        await sock.connect((parts.hostname, parts.port))
    except BaseException:
        sock.close()
        raise
    stream = trio.SocketStream(sock)
    offered = ("realtime", f"openai-insecure-api-key.{secret}") if secret else ("realtime",)
    deadline = trio.current_time() + HANDSHAKE_S
    async with websocket_over(stream, url, Upgrade(subprotocols=offered), deadline) as client:
        yield stream, client


async def talk(plan: Plan, client: WebSocketConnection) -> None:
    """Hello, perhaps aloud; then what is to go wrong; or a story that nobody will listen to."""
    await until(client, READY_S, "ready", "session.created")
    await say(plan, client, "Hello")
    await until(client, ANSWER_S, "bot_audio_end", "response.done")
    if plan.speaks:
        await speak(plan, client)
    if plan.leaves == "stalls":
        await say(plan, client, "Tell me a story")
        return
    if plan.trouble:
        await say(plan, client, words_for(plan.trouble))
        await until(client, ANSWER_S, "bot_audio_end", "response.done")
    await say(plan, client, "My name is Anna Berg and I earn 3000 euros. Goodbye")
    await until(client, ANSWER_S, "bot_audio_end", "response.done")


async def say(plan: Plan, client: WebSocketConnection, text: str) -> None:
    """Typed, as the door has it."""
    if not plan.realtime:
        await client.send_message(msgspec.json.encode({"type": "user_text", "text": text}).decode())
        return
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    for event in ({"type": "conversation.item.create", "item": item}, {"type": "response.create"}):
        await client.send_message(msgspec.json.encode(event).decode())


async def speak(plan: Plan, client: WebSocketConnection) -> None:
    """A word's length of sound."""
    if plan.realtime:
        await client.send_message(msgspec.json.encode({"type": "input_audio_buffer.append", "audio": SPEECH}).decode())
    else:
        await client.send_message(SPEECH)


async def until(client: WebSocketConnection, patience_s: float, *kinds: str) -> None:
    """The next message of one of these kinds, or none in time."""
    with trio.move_on_after(patience_s):
        while True:
            message = await client.get_message()
            if isinstance(message, str) and any(f'"type":"{kind}"' in message for kind in kinds):
                return
