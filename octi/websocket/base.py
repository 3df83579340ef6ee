"""A leg of a session, as the session sees it: whole messages in and out, whatever carries them."""

from collections.abc import Callable
from typing import Protocol

import attrs
import msgspec

from octi.errors import OctiError

BREATH = 16  # messages of one peer that are handled before the others have their turn


class Message(msgspec.Struct, frozen=True, gc=False):
    """One whole WebSocket message. `text` messages are UTF-8, checked. A struct: every frame is one."""

    data: bytes
    text: bool


Handle = Callable[[list[Message]], bool]
"""Handles messages, without waiting. True: no more of them now, for there is something to wait for."""


@attrs.frozen
class LegClosed(OctiError):
    """The peer is gone. `code` is its close code, 1006 if it left without one; `by_peer` is false if we failed it."""

    code: int
    reason: str
    by_peer: bool = True

    def __str__(self) -> str:
        return f"closed with {self.code}{': ' + self.reason if self.reason else ''}"


@attrs.frozen
class LegStalled(OctiError):
    """The peer takes nothing for `seconds`; or, if that is 0, less than it is sent: its outbox is full."""

    waiting_bytes: int
    seconds: float

    def __str__(self) -> str:
        if not self.seconds:
            return f"is too slow: {self.waiting_bytes} bytes are waiting"
        return f"took nothing for {self.seconds:g} s with {self.waiting_bytes} bytes waiting"


class Leg(Protocol):
    """One socket of a session. One task receives, one task writes, anybody may send: sending never waits.

    Whoever opened a leg closes it, when both its tasks have ended.
    """

    @property
    def heard_at(self) -> float:
        """When the peer was last heard (`trio.current_time`); a pong counts."""

    @property
    def dropped_bytes(self) -> int:
        """How much audio was taken out of the outbox unsent."""

    @property
    def waiting_bytes(self) -> int:
        """How much the peer has not taken yet."""

    async def receive(self) -> list[Message]:
        """The messages that have arrived, at least one. Raises LegClosed, after every message before the close.

        Raises LegStalled when what the peer is to be answered (pongs) is more than it takes.
        """

    async def pump(self, handle: Handle) -> None:
        """Have messages handled as they arrive, a few at a time, until the handler returns True.

        It may be called in another task, with the context of this one. Raises as `receive`, and what the handler
        raises; cancelled, after the handler.
        """

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        """Hand over one message, in order. `audio` may be dropped by `drop_audio`. Raises LegStalled.

        After the peer's close it does nothing: `receive` tells.
        """

    def drop_audio(self) -> None:
        """Take back the audio that was not begun to be sent."""

    def ping(self) -> None:
        """Ask for a sign of life."""

    @property
    def has_room(self) -> bool:
        """Is the outbox low enough to go on reading for it? Else `wait_room` waits."""

    async def wait_room(self) -> None:
        """Return when the outbox is low enough to go on reading for it."""

    async def write(self) -> None:
        """Send what the peer did not take at once, until the leg is closed. Raises LegStalled, LegClosed.

        May as well never return. Whoever is cancelled here may have cut a message: then `close` can say nothing more.
        """

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye within a deadline, or drop the peer; shielded, never raises. What was sent before goes first.

        A code that no peer may be sent (1005, 1006: what octi notes when there was none) goes out as 1011.
        """
