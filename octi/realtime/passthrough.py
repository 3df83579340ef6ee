"""The Realtime door: events pass as they came, in both directions, but for what is octi's own. Pure."""

import msgspec

from octi.error_replies import reply_to
from octi.errors import BadMessage, ClientFault, OctiError
from octi.realtime.arbiter import Arbiter
from octi.realtime.event_ids import marked
from octi.realtime.events import ServerEvent, SessionUpdated
from octi.realtime.own_calls import OwnCalls
from octi.realtime.reading import read_session
from octi.realtime.requests import instructions_in
from octi.realtime.sniff import audio_alone_in, audio_in
from octi.realtime.steps import Instructed, Steps, ToClient, ToProvider

CLIENTS, SERVERS = "invalid_request_error", "server_error"  # whose fault it was (protocol 4.3)
_NO_BINARY = "Expected a text WebSocket message; binary frames are not supported."  # the provider's own words


def error_event(
    message: str, code: str | None, *, event_id: str, kind: str = CLIENTS, param: str | None = None
) -> bytes:
    """An `error` event as the provider writes it. `event_id` is the server's own, of this event."""
    body = {"type": kind, "code": code, "message": message, "param": param, "event_id": None}
    return msgspec.json.encode({"type": "error", "event_id": event_id, "error": body})


class RealtimeDoor:
    """Speaks the Realtime API with the client: nothing is translated. A lost provider ends the session."""

    name = "realtime"
    renews = False

    def __init__(self, arbiter: Arbiter | None = None, own: OwnCalls | None = None) -> None:
        self.arbiter = arbiter or Arbiter()
        self._own = own or OwnCalls()
        self._errors = 0
        self._wanted: str | None = None  # instructions that the client has asked for

    @property
    def wake_at(self) -> float | None:
        """When an answer that one of octi's own wants has waited long enough for the user."""
        return self.arbiter.wake_at

    def opened(self, session: msgspec.Raw) -> Steps:
        """The provider is configured: the client gets its `session.created`, with the configuration in force."""
        self.arbiter.opened(read_session(session))
        event = {"type": "session.created", "event_id": "event_octi_session", "session": self._own.session(session)}
        return [ToClient(msgspec.json.encode(event))]

    def lost(self) -> None:
        """The leg is gone: the session ends, and says why."""
        self.arbiter.lost()

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        """A client's event, for the provider."""
        if not text:
            return [self._error(_NO_BINARY, "invalid_event")]
        if (size := audio_alone_in(data)) is None:
            data = marked(data)
            size = audio_in(data)
        if size is None:
            instructions = instructions_in(data)
            self._wanted = self._wanted if instructions is None else instructions
            return [ToProvider(self.arbiter.from_client(self._own.from_client(data)))]
        self.arbiter.user_sound(now)
        return [ToProvider(data, size)]

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        """A provider's event, for the client, unless it is about octi's own; and what waited for it."""
        theirs = self._own.from_provider(frame, event)
        due = self.arbiter.from_provider(event, now)
        if isinstance(event, SessionUpdated) and self._wanted is not None:
            due = [*self._instructed(event.session.instructions), *due]
        return due if theirs is None else [ToClient(theirs), *due]

    def _instructed(self, in_force: str) -> Steps:
        """The client's own instructions count once they are in force: an update may be refused, whole."""
        wanted, self._wanted = self._wanted, None
        return [Instructed(wanted)] if wanted is not None and in_force in {wanted, ""} else []

    def wake(self, now: float) -> Steps:
        """An answer that waited for the user is asked for."""
        return self.arbiter.wake(now)

    def trouble(self, error: OctiError) -> Steps:
        """Tell the client what went wrong."""
        kind = CLIENTS if isinstance(error, ClientFault) else SERVERS
        match error:
            case BadMessage(problem=problem, param=param, code=code):
                return [self._error(problem, code, kind, param)]
            case _:
                return [self._error(str(error), reply_to(error).code, kind, getattr(error, "param", None))]

    def notice(self, text: str) -> Steps:
        """Nothing: unasked words would break strict clients."""
        return []

    def _error(self, message: str, code: str | None, kind: str = CLIENTS, param: str | None = None) -> ToClient:
        self._errors += 1
        return ToClient(error_event(message, code, kind=kind, param=param, event_id=f"event_octi_{self._errors}"))
