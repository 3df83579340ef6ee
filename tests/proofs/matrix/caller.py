"""A client that speaks through either door, frame by frame, and notes all that it is told."""

from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import attrs
import msgspec
import trio
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from octi.websocket.handshake import ask, refusal_in
from tests.engine.wire import Event
from tests.proofs.matrix.wires import Wire
from tests.simulator.talking import RESPOND, output_of, typed, update

DROPPED = 1006  # the socket ended without a close
FIND_TABLE = {"type": "function", "name": "find_table", "parameters": {"type": "object"}}


@attrs.frozen(kw_only=True)
class Dialect:
    """How one door is spoken to, and what it says when."""

    door: str
    path: str
    ready: str
    hears: str  # the user speaks
    voice: str  # a piece of the agent's
    answered: str  # the agent's answer is whole

    def words(self, text: str) -> list[Event]:
        """A typed message that asks for an answer."""
        raise NotImplementedError

    def problem(self, event: Event) -> str | None:
        """What an error says; None: the message is none."""
        raise NotImplementedError


class Octi(Dialect):
    """The OCTI protocol."""

    def words(self, text: str) -> list[Event]:
        return [{"type": "user_text", "text": text}]

    def problem(self, event: Event) -> str | None:
        return str(event["message"]) if event["type"] == "error" else None


class Realtime(Dialect):
    """The Realtime API."""

    def words(self, text: str) -> list[Event]:
        return [typed(text), RESPOND]

    def problem(self, event: Event) -> str | None:
        if event["type"] == "error":
            return f"{event['error']['code']}: {event['error']['message']}"
        if event["type"] == "response.done" and event["response"]["status"] == "failed":
            return f"response.done: {event['response']['status_details']['error']['message']}"
        return None


OCTI = Octi(
    door="octi",
    path="/ws/realtime",
    ready="ready",
    hears="user_speech_started",
    voice="voice",
    answered="transcript",
)
REALTIME = Realtime(
    door="realtime",
    path="/v1/realtime",
    ready="session.created",
    hears="input_audio_buffer.speech_started",
    voice="response.output_audio.delta",
    answered="response.done",
)
DIALECTS = {dialect.door: dialect for dialect in (OCTI, REALTIME)}


@attrs.define(eq=False)
class Caller:
    """One call of a client's. `call` runs it, until its socket has ended."""

    dialect: Dialect
    wire: Wire
    path: str
    headers: Sequence[tuple[str, str]] = ()  # of its upgrade
    goodbye_s: float = 0.0  # how long it waits before it answers a close
    function_s: float = 2.0  # how long its own function takes
    status: int = 0  # of the answer to its upgrade
    close: int | None = None  # the code that it was closed with
    over: bool = False
    told: list[Event] = attrs.field(factory=list)
    _codec: ClientProtocol = attrs.field(init=False)
    _request: bytes = b""
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    def __attrs_post_init__(self) -> None:
        self._codec, self._request = ask(f"ws://octi{self.path}", self.headers, max_message_bytes=1 << 24)

    # Its life

    async def call(self, most: int | None = None) -> None:
        """Ask for the upgrade, with so many bytes of its head, and listen."""
        try:
            await self.wire.send_all(self._request[:most])
            while data := await self.wire.receive_some(65_536):
                self._codec.receive_data(data)
                await self._take()
            self._codec.receive_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # octi left, or the wire broke
        finally:
            self._end()

    async def _take(self) -> None:
        for event in self._codec.events_received():
            if isinstance(event, Frame):
                self._hear(event)
        if self._codec.state is State.OPEN and not self.status:
            self.status = 101
        if self._codec.close_rcvd is not None:
            await trio.sleep(self.goodbye_s)
        await self._flush()
        self._moved.unpark_all()

    def _hear(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.TEXT:
                self.told.append(msgspec.json.decode(frame.data))
            case Opcode.BINARY:
                self.told.append({"type": "voice"})
            case _:
                return
        self._answer_call(self.told[-1])

    def _answer_call(self, event: Event) -> None:
        """It has a function of its own, which takes a while."""
        items = event["response"]["output"] if event["type"] == "response.done" else []
        for item in items:
            if item.get("name") == FIND_TABLE["name"]:
                self.wire.outside.start_soon(self._run_function, item["call_id"])

    async def _run_function(self, call_id: str) -> None:
        await trio.sleep(self.function_s)
        await self.say(output_of(call_id, '{"tables": 1}'), RESPOND)

    async def _flush(self) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):  # who reads finds out
            for data in filter(None, self._codec.data_to_send()):
                await self.wire.send_all(data)

    def _end(self) -> None:
        refused = refusal_in(self._codec)
        if refused and refused[1]:
            self.status = refused[1]
        received = self._codec.close_rcvd
        self.close = int(received.code) if received else DROPPED if self.status == 101 else None
        self.over = True
        self._moved.unpark_all()

    # What it does

    async def say(self, *events: Event | bytes) -> None:
        """Send events as text, bytes as sound."""
        if self._codec.state is not State.OPEN:
            return
        for event in events:
            if isinstance(event, bytes):
                self._codec.send_binary(event)
            else:
                self._codec.send_text(msgspec.json.encode(event))
        await self._flush()

    async def type(self, text: str) -> None:
        """Type something that is to be answered."""
        await self.say(*self.dialect.words(text))

    async def speak(self, pcm: bytes) -> None:
        """Sound, in pieces as a microphone's."""
        for start in range(0, len(pcm), 9600):
            await self.say(sound(self.dialect, pcm[start : start + 9600]))

    async def offer_function(self) -> None:
        """Have the agent know its function."""
        await self.say(update(tools=[FIND_TABLE]))

    async def hang_up(self) -> None:
        """Leave, with a goodbye."""
        if self._codec.state is State.OPEN:
            self._codec.send_close(1000)
            await self._flush()

    # What it was told

    def count(self, kind: str) -> int:
        """How many messages of a kind."""
        return sum(event["type"] == kind for event in self.told)

    async def wait(self, kind: str, more_than: int = 0) -> bool:
        """Wait for a message of a kind; False: the socket ended before."""
        while self.count(kind) <= more_than and not self.over:
            await self._moved.park()
        return self.count(kind) > more_than

    def problems(self, since: int = 0) -> list[str]:
        """What errors said."""
        return [said for event in self.told[since:] if (said := self.dialect.problem(event)) is not None]


def sound(dialect: Dialect, pcm: bytes) -> Event | bytes:
    """Sound, as a door wants it."""
    if dialect is OCTI:
        return pcm
    return {"type": "input_audio_buffer.append", "audio": encoded(pcm)}


def encoded(pcm: bytes) -> Any:
    """As the Realtime API has sound."""
    return b64encode(pcm).decode()
