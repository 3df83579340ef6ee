"""One socket to the server that is checked: send, wait for an event, with a deadline on every wait."""

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import attrs
import msgspec
import trio
from trio_websocket import CloseReason, ConnectionClosed

from octi.conformance.rule import Tape
from octi.conformance.values import Broken, Event, expect
from octi.conformance.voice import appended
from octi.websocket.opener import Upgrade, UpgradeRefused, open_websocket

BEARER = "Authorization"
LARGEST = 64 << 20  # of what the server says; how much is right is a rule's affair
HANDSHAKE_S = 10.0
FULL = frozenset({429, 503})  # HTTP statuses of a server that has as many sessions as it may
AGAIN_S = 0.5
SLOWEST_BYTES_S = 1 << 20  # that a long message may go


class Socket(Protocol):
    """What of trio-websocket's connection is used."""

    @property
    def subprotocol(self) -> str | None:
        """The one that the server picked."""

    async def send_message(self, message: str | bytes) -> None:
        """Raises ConnectionClosed."""

    async def get_message(self) -> str | bytes:
        """Raises ConnectionClosed."""


class Dial(Protocol):
    """Opens a socket. Raises Unreachable, UpgradeRefused."""

    def __call__(
        self, url: str, upgrade: Upgrade, *, tls: ssl.SSLContext | None
    ) -> AbstractAsyncContextManager[Socket]:
        """See `websocket.opener.open_websocket`."""


@attrs.frozen
class Left(Broken):
    """The server closed the socket."""

    why: str
    event: Event | None = None
    code: int = 1006
    reason: str = ""


@attrs.define(eq=False)
class Wire:
    """One socket. `events`: all that came. What comes unasked waits until somebody reads."""

    socket: Socket
    patience_s: float
    events: list[Event] = attrs.field(factory=list)
    larger: int = 0
    _sent: int = 0

    async def send(self, *events: Event) -> None:
        """Send events. Raises Broken when the server takes nothing."""
        for event in events:
            await self.send_raw(msgspec.json.encode(event).decode())

    async def send_raw(self, message: str | bytes) -> None:
        """Send a text or a binary message. If the server has left, that is for whoever reads to find out."""
        try:
            with trio.fail_after(self.patience_s + len(message) / SLOWEST_BYTES_S):
                await self.socket.send_message(message)
        except trio.TooSlowError:
            raise Broken(f"the server took nothing for {self.patience_s:g} s", self.last) from None
        except ConnectionClosed:
            pass

    @property
    def last(self) -> Event | None:
        """The last event that came."""
        return self.events[-1] if self.events else None

    async def next(self) -> Event:
        """The next event. Raises Broken when none comes in time, or what is none; Left when the server closes."""
        with trio.move_on_after(self.patience_s):
            return await self._receive()
        raise Broken(f"nothing came within {self.patience_s:g} s", self.last)

    async def _receive(self) -> Event:
        """As `next`, as long as it takes."""
        try:
            message = await self.socket.get_message()
        except ConnectionClosed as closed:
            raise left(closed.reason, self.last) from None
        return self._read(message)

    def _read(self, message: str | bytes) -> Event:
        expect(isinstance(message, str), "the server sent a binary frame; there are text frames only", self.last)
        self.larger = max(self.larger, len(message))
        try:
            event = msgspec.json.decode(message)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Broken(f"the server sent what is not JSON: {error}", self.last) from None
        named = isinstance(event, dict) and isinstance(event.get("type"), str)
        expect(named, f"the server sent what is no event: {message[:80]!r}", self.last)
        self.events.append(event)
        found: Event = event
        return found

    async def until(self, *kinds: str, within_s: float | None = None) -> Event:
        """The next event of one of these types. Raises Broken when none comes in time, or an error does."""
        wanted, patience_s = " or ".join(f"`{kind}`" for kind in kinds), within_s or self.patience_s
        with trio.move_on_after(patience_s):
            while (event := await self._receive())["type"] not in kinds:
                expect(event["type"] != "error", f"an error came in place of {wanted}", event)
            return event
        raise Broken(f"no {wanted} came within {patience_s:g} s", self.last)

    async def ask(self, event: Event, *kinds: str) -> Event:
        """Send an event, and await one of these."""
        await self.send(event)
        return await self.until(*kinds)

    async def refused(self, event: Event) -> Event:
        """Send an event that must be refused: the `error` event."""
        return await self.refused_or(event)

    async def refused_or(self, event: Event, *kinds: str) -> Event:
        """Send an event that may be refused, or answered by one of these."""
        self._sent += 1
        await self.send({"event_id": f"check_{self._sent}", **event})
        return await self.until("error", *kinds)

    async def quiet(self) -> list[Event]:
        """What came of all that was sent, once the server has answered another question after it."""
        already = len(self.events)
        kind = self.events[0]["session"]["type"] if self.events[0]["type"] == "session.created" else "realtime"
        await self.send({"type": "session.update", "session": {"type": kind}})
        with trio.move_on_after(self.patience_s):
            while (await self._receive())["type"] != "session.updated":
                pass
            return self.events[already:-1]
        raise Broken(f"no `session.updated` came within {self.patience_s:g} s", self.last)

    async def closed(self) -> tuple[int, str]:
        """How the server closes the socket; what it says before is read. Raises Broken when it does not."""
        try:
            with trio.move_on_after(self.patience_s):
                while True:
                    await self._receive()
        except Left as end:
            return end.code, end.reason
        raise Broken("the server did not close the socket", self.last)

    async def speak(self, pcm: bytes) -> None:
        """Append sound to the input audio buffer, in pieces as a client's."""
        await self.send(*appended(pcm))


def left(reason: CloseReason | None, last: Event | None) -> Left:
    """What it means that a socket is closed."""
    if reason is None:
        return Left("the server cut the connection", last)
    said = f"{reason.code}{f': {reason.reason}' if reason.reason else ''}"
    return Left(f"the server closed the socket with {said}", last, reason.code, reason.reason or "")


@attrs.frozen(kw_only=True, eq=False)
class Server:
    """The server that is checked, and how to reach it. `tapes`: what every socket to it said."""

    url: str
    model: str
    key: str = attrs.field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    patience_s: float = 15.0
    transcription_model: str = "gpt-4o-mini-transcribe"
    dial: Dial = open_websocket
    tapes: list[Tape] = attrs.field(factory=list, repr=False)

    @asynccontextmanager
    async def door(
        self,
        query: Mapping[str, str | None] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
        key: str | None = None,
    ) -> AsyncIterator[Wire]:
        """A socket, about whose first words nothing is supposed. `query`: beside the model; None takes one away.

        key: another one than the server's; "": none.
        """
        bearer = self.key if key is None else key
        asked = {BEARER: f"Bearer {bearer}"} if bearer else {}
        upgrade = Upgrade(
            headers={**asked, **(headers or {})},
            subprotocols=subprotocols,
            connect_s=min(self.patience_s, HANDSHAKE_S),
            max_message_bytes=LARGEST,
        )
        address = with_query(self.url, {"model": self.model, **(query or {})})
        async with AsyncExitStack() as opened:
            wire = Wire(await self._socket(opened, address, upgrade), self.patience_s)
            try:
                yield wire
            except BaseException:
                self.tapes.append(tape_of(wire, whole=False))
                raise
            self.tapes.append(tape_of(wire, whole=settled(wire.events)))

    async def _socket(self, opened: AsyncExitStack, address: str, upgrade: Upgrade) -> Socket:
        """A socket, closed when `opened` is left. A server that is at its limit is asked again."""
        deadline = trio.current_time() + self.patience_s
        while True:
            try:
                return await opened.enter_async_context(self.dial(address, upgrade, tls=self.tls))
            except UpgradeRefused as refused:
                if refused.status not in FULL or trio.current_time() >= deadline:
                    raise
            await trio.sleep(AGAIN_S)

    @asynccontextmanager
    async def session(self, **settings: Any) -> AsyncIterator[Wire]:
        """A socket whose session is there, and has these settings; without any it writes, and nobody listens."""
        async with self.door() as wire:
            await wire.until("session.created")
            await wire.ask(update(**(settings or TYPED)), "session.updated")
            yield wire

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[Wire]:
        """A socket whose session is there, and is as the server has it."""
        async with self.door() as wire:
            await wire.until("session.created")
            yield wire

    @asynccontextmanager
    async def transcribing(self, **settings: Any) -> AsyncIterator[Wire]:
        """A socket whose session only transcribes."""
        async with self.door({"model": None, "intent": "transcription"}) as wire:
            await wire.until("session.created")
            audio = {"input": {"transcription": {"model": self.transcription_model}, **settings}}
            session = {"type": "transcription", "audio": audio}
            await wire.ask({"type": "session.update", "session": session}, "session.updated")
            yield wire


def update(**session: Any) -> Event:
    """A `session.update` of a realtime session."""
    return {"type": "session.update", "session": {"type": "realtime", **session}}


PUSH_TO_TALK: Mapping[str, Any] = {"input": {"turn_detection": None}}
TYPED: Mapping[str, Any] = {"output_modalities": ["text"], "audio": PUSH_TO_TALK}


def tape_of(wire: Wire, *, whole: bool) -> Tape:
    """What a socket said."""
    return Tape(events=tuple(wire.events), larger=wire.larger, whole=whole)


def settled(events: Sequence[Event]) -> bool:
    """Has every response that was begun come to its end?"""
    kinds = [event["type"] for event in events]
    return kinds.count("response.created") == kinds.count("response.done")


def with_query(url: str, query: Mapping[str, str | None]) -> str:
    """An address with these parts in its query, in place of those of the same names; None takes one away."""
    parts = urlsplit(url)
    kept = {name: value for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in query}
    said = {name: value for name, value in query.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode({**kept, **said})))
