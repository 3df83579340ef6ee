"""The Realtime door: events pass as they came, in both directions, but for what is octi's own. Pure."""

import msgspec

from octi.error_replies import reply_to
from octi.errors import BadMessage, BadModel, CallOver, ClientFault, OctiError, ProviderFault
from octi.nesting import tangle_in
from octi.realtime.arbiter import Arbiter
from octi.realtime.event_ids import marked
from octi.realtime.events import AudioDelta, ErrorEvent, ServerEvent, SessionUpdated
from octi.realtime.own_calls import OwnCalls
from octi.realtime.reading import read_session
from octi.realtime.requests import instructions_in
from octi.realtime.sniff import audio_alone_in, audio_in
from octi.realtime.steps import Instructed, Steps, ToClient, ToProvider

CLIENTS, SERVERS = "invalid_request_error", "server_error"  # whose fault it was (protocol 4.3)
FAILED = 1011  # how a provider closes that has failed, and has said so
_NO_BINARY = "Expected a text WebSocket message; binary frames are not supported."  # the provider's own words


def error_event(
    message: str,
    code: str | None,
    *,
    event_id: str,
    kind: str = CLIENTS,
    param: str | None = None,
    about: str | None = None,
) -> bytes:
    """An `error` event as the provider writes it. `event_id` is the server's own, `about` the client's at fault."""
    body = {"type": kind, "code": code, "message": message, "param": param, "event_id": about}
    return msgspec.json.encode({"type": "error", "event_id": event_id, "error": body})


class RealtimeDoor:
    """Speaks the Realtime API with the client: nothing is translated. A lost provider ends the session.

    greets: the client is told of its session first; else it listens to a call, as the provider lets it: without a
    greeting, and without a word when the call is over.
    """

    name = "realtime"
    renews = False

    def __init__(self, arbiter: Arbiter | None = None, own: OwnCalls | None = None, *, greets: bool = True) -> None:
        self.arbiter = arbiter or Arbiter()
        self._own = own or OwnCalls()
        self._greets = greets
        self._last: ServerEvent | None = None  # of the provider's, if the client has it
        self._errors = 0
        self._wanted: str | None = None  # instructions that the client has asked for

    @property
    def wake_at(self) -> float | None:
        """When an answer that one of octi's own wants has waited long enough for the user."""
        return self.arbiter.wake_at

    def opened(self, session: msgspec.Raw) -> Steps:
        """The provider is configured: the client gets its `session.created`, with the configuration in force."""
        self.arbiter.opened(read_session(session))
        if not self._greets:
            return []
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
            if tangle := tangle_in(data):
                return [self._error(f"Invalid event: {tangle}.", "invalid_json")]
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
        if type(event) is AudioDelta:  # nearly every event is one
            self._last = None
            self.arbiter.agent_sound(event, now)
            return [ToClient(frame)]
        theirs = self._own.from_provider(frame, event)
        self._last = event if theirs is not None else None
        due = self.arbiter.from_provider(event, now)
        if isinstance(event, SessionUpdated) and self._wanted is not None:
            due = [*self._instructed(event.session.instructions), *due]
        return due if theirs is None else [ToClient(theirs), *due]

    def _instructed(self, in_force: str) -> Steps:
        """The client's own instructions count once they are in force: an update may be refused, whole."""
        wanted, self._wanted = self._wanted, None
        return [Instructed(wanted)] if wanted is not None and in_force in {wanted, ""} else []

    def cut(self, now: float) -> Steps:
        """See `Door.cut`. What the client has of the voice is its own to play, or not."""
        return self.arbiter.cancel()

    def wake(self, now: float) -> Steps:
        """An answer that waited for the user is asked for."""
        return self.arbiter.wake(now)

    def trouble(self, error: OctiError) -> Steps:
        """Tell the client what went wrong, unless the provider's last word has told it already."""
        if self._has(error):
            return []
        kind = CLIENTS if isinstance(error, ClientFault) else SERVERS
        match error:
            case BadMessage(problem=problem, param=param, code=code):
                return [self._error(problem, code, kind, param)]
            case _:
                return [self._error(str(error), reply_to(error).code, kind, getattr(error, "param", None))]

    def _has(self, error: OctiError) -> bool:
        """Does the client know? Of the end of a call it is told by the close, as the provider tells it."""
        if isinstance(error, CallOver):
            return not self._greets
        if not isinstance(self._last, ErrorEvent) or not isinstance(error, ProviderFault | BadModel):
            return False
        said = {self._last.error.message, self._last.error.code} - {None, ""}
        return getattr(error, "why", None) in said or getattr(error, "code", None) == FAILED

    def notice(self, text: str) -> Steps:
        """Nothing: unasked words would break strict clients."""
        return []

    def _error(self, message: str, code: str | None, kind: str = CLIENTS, param: str | None = None) -> ToClient:
        self._errors += 1
        return ToClient(error_event(message, code, kind=kind, param=param, event_id=f"event_octi_{self._errors}"))
