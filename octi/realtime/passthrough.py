"""The Realtime door: events pass as they came, in both directions. Pure."""

import msgspec

from octi.errors import OctiError, reply_to
from octi.realtime.events import ServerEvent
from octi.realtime.sniff import audio_in
from octi.realtime.steps import Steps, ToClient, ToProvider

_NO_BINARY = "Expected a text WebSocket message; binary frames are not supported."  # the provider's own words


def error_event(message: str, code: str | None, *, kind: str = "invalid_request_error", event_id: str) -> bytes:
    """An `error` event as the provider writes it. `event_id` is the server's own, of this event."""
    body = {"type": kind, "code": code, "message": message, "param": None, "event_id": None}
    return msgspec.json.encode({"type": "error", "event_id": event_id, "error": body})


class RealtimeDoor:
    """Speaks the Realtime API with the client: nothing is translated. A lost provider ends the session."""

    name = "realtime"
    renews = False
    wake_at: float | None = None

    def __init__(self) -> None:
        self._errors = 0

    def opened(self, session: msgspec.Raw) -> Steps:
        """The provider is configured: the client gets its `session.created`, with the configuration in force."""
        event = {"type": "session.created", "event_id": "event_octi_session", "session": session}
        return [ToClient(msgspec.json.encode(event))]

    def lost(self) -> None:
        """The leg is gone: the session ends, and says why."""

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        """A client's event, for the provider."""
        if not text:
            return [self._error(_NO_BINARY, "invalid_event")]
        return [ToProvider(data, audio_in(data) or 0)]

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        """A provider's event, for the client."""
        return [ToClient(frame)]

    def wake(self, now: float) -> Steps:
        """Never asked for."""
        return []

    def trouble(self, error: OctiError) -> Steps:
        """Tell the client what went wrong."""
        return [self._error(str(error), reply_to(error).code, "server_error")]

    def notice(self, text: str) -> Steps:
        """Nothing: unasked words would break strict clients."""
        return []

    def _error(self, message: str, code: str | None, kind: str = "invalid_request_error") -> ToClient:
        self._errors += 1
        return ToClient(error_event(message, code, kind=kind, event_id=f"event_octi_{self._errors}"))
