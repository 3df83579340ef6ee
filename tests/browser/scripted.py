"""An octi whose word on its socket is a test's: brings the page into any state at once, and keeps it there."""

from typing import Any

import attrs
import msgspec
from playwright.sync_api import Page, WebSocketRoute

RATE_HZ = 24_000
NO_MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException("Requested device not found", "NotFoundError");
};
"""


@attrs.define(eq=False)
class ScriptedOcti:
    """Whoever answers at `/ws/realtime`; all else is the real octi. `prepare` it before the page is opened."""

    answers: bool = True  # says `ready` to whoever comes
    closes: int | None = None  # or closes with this code
    sockets: list[WebSocketRoute] = attrs.field(factory=list)
    told: list[dict[str, Any]] = attrs.field(factory=list)

    def prepare(self, page: Page) -> None:
        page.route_web_socket("**/ws/realtime*", lambda socket: self._opened(socket))

    def _opened(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda message: self._heard(message))
        if self.closes is not None:
            socket.close(code=self.closes)
        elif self.answers:
            self.say("ready")

    def _heard(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.told.append(msgspec.json.decode(message))

    def say(self, kind: str, **fields: Any) -> None:
        """A message of octi's to the page."""
        self.sockets[-1].send(msgspec.json.encode({"type": kind, **fields}).decode())

    def speak(self, seconds: float) -> None:
        """The agent's voice: a low square wave."""
        half = b"\x00\x10" * 100 + b"\x00\xf0" * 100
        self.sockets[-1].send(half * int(seconds * RATE_HZ / 200))

    def close(self, code: int, reason: str = "") -> None:
        """As octi would."""
        self.sockets[-1].close(code=code, reason=reason)
