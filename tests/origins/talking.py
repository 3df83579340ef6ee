"""How the tests speak to octi's sockets, and to the simulated provider: JSON and bytes, nothing that octi defines."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx2
import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from tests.origins.processes import Node

SOON_S = 15.0  # real time: nothing here takes half of it
BINARY = "binary"
OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
SAMPLE_HZ = 24_000

Json = dict[str, Any]


@attrs.define
class Talker:
    """A client's socket. `heard`: every message so far; a binary one is {"type": "binary", "data": …}."""

    socket: WebSocketConnection
    heard: list[Json] = attrs.field(factory=list)

    @property
    def kinds(self) -> list[str]:
        """The types of what was heard."""
        return [message["type"] for message in self.heard]

    def of(self, kind: str) -> list[Json]:
        """The messages of one type."""
        return [message for message in self.heard if message["type"] == kind]

    def forget(self) -> None:
        """What was heard so far."""
        self.heard.clear()

    async def send(self, *messages: bytes | str) -> None:
        """As they are."""
        for message in messages:
            await self.socket.send_message(message)

    async def say(self, kind: str, **fields: Any) -> None:
        """A JSON message."""
        await self.send(json.dumps({"type": kind, **fields}))

    async def next(self) -> Json:
        """The next message. Raises ConnectionClosed."""
        message = await self.socket.get_message()
        said: Json = {"type": BINARY, "data": message} if isinstance(message, bytes) else json.loads(message)
        self.heard.append(said)
        return said

    async def until(self, kind: str, where: Callable[[Json], bool] = lambda message: True) -> Json:
        """The next message of a type."""
        with trio.move_on_after(SOON_S):
            while True:
                message = await self.next()
                if message["type"] == kind and where(message):
                    return message
        raise AssertionError(f"no {kind} within {SOON_S:g} s, only {self.kinds}")

    async def close_code(self) -> int:
        """The code that the server closes with; until then it is listened to."""
        with trio.fail_after(SOON_S), pytest.raises(ConnectionClosed) as closed:
            await self._hear_all()
        reason = closed.value.reason
        assert reason
        return int(reason.code)

    async def _hear_all(self) -> None:
        while True:
            await self.next()

    async def quiet(self, seconds: float = 0.2) -> None:
        """Hear nothing for a while."""
        before = len(self.heard)
        with trio.move_on_after(seconds):
            await self._hear_all()
        assert self.kinds[before:] == []


@asynccontextmanager
async def talking(
    node: Node, path: str = "/ws/realtime", *, secret: str | None = None, offered: Sequence[str] = ()
) -> AsyncIterator[Talker]:
    """A socket of octi's. secret: as a bearer's. offered: sub-protocols. Raises ConnectionRejected."""
    headers = [(b"Authorization", f"Bearer {secret}".encode())] if secret else []
    host, _, port = node.base.removeprefix("http://").partition(":")
    with trio.fail_after(2 * SOON_S):
        stream = await trio.open_tcp_stream(host, int(port))
        try:
            async with trio.open_nursery() as reading:
                socket = await wrap_client_stream(
                    reading, stream, host, path, subprotocols=list(offered), extra_headers=headers
                )
                yield Talker(socket)
                await socket.aclose()
        except BaseExceptionGroup as group:
            raise alone(group) from None
        finally:
            await trio.aclose_forcefully(stream)


def alone(error: BaseException) -> BaseException:
    """What was raised in a nursery, if that is one thing."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


@asynccontextmanager
async def ready(node: Node, query: str = "", **options: Any) -> AsyncIterator[Talker]:
    """A socket of the OCTI protocol, from when it said so."""
    async with talking(node, f"/ws/realtime{query}", **options) as talker:
        assert (await talker.next()) == {"type": "ready"}
        talker.forget()
        yield talker


async def tell(node: Node, session: str, *lines: str) -> None:
    """Type some lines into a session's conversation, each when the one before is answered."""
    async with ready(node, f"?session={session}") as talker:
        for line in lines:
            await talker.say("user_text", text=line)
            await talker.until("bot_audio_end")


def noise(milliseconds: int) -> bytes:
    """Somebody loud."""
    return b"\x00\x20" * (milliseconds * SAMPLE_HZ // 1000)


def silence(milliseconds: int) -> bytes:
    """Nobody."""
    return bytes(2 * milliseconds * SAMPLE_HZ // 1000)


@attrs.frozen
class Provider:
    """The simulated provider, as its own clients and its journals see it."""

    base: str
    client: httpx2.AsyncClient

    async def requests(self, path: str = "") -> list[Json]:
        """What it was asked, oldest first; with a path: of that alone."""
        found = (await self.client.get(f"{self.base}/_simulator/requests")).json()
        return [each for each in found if path in {"", each["path"]}]

    async def call(self, secret: str, session: Json | None = None) -> str:
        """A browser makes a call with its secret; the call's id."""
        files: dict[str, Any] = {"sdp": (None, OFFER, "application/sdp")}
        if session:
            files["session"] = (None, json.dumps(session), "application/json")
        headers = {"Authorization": f"Bearer {secret}"}
        answer = await self.client.post(f"{self.base}/v1/realtime/calls", files=files, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    async def state(self, call: str) -> Json:
        """What became of a call."""
        calls: list[Json] = (await self.client.get(f"{self.base}/_simulator/calls")).json()
        return next(each for each in calls if each["id"] == call)

    async def wait(self, call: str, is_so: Callable[[Json], bool]) -> Json:
        """A call's state, as soon as something is so."""
        state: Json = {}
        with trio.move_on_after(SOON_S):
            while not is_so(state := await self.state(call)):  # noqa: ASYNC110  another process tells nobody
                await trio.sleep(0.02)
            return state
        raise AssertionError(f"not within {SOON_S:g} s; the call is {state}")
