"""Holds back answers until what the user said was judged: what a client asks for, and voice detection's own. Pure.

Of voice detection the provider is asked not to answer by itself (`create_response`), and octi asks in its place. The
client is shown what it asked for: to it the answer comes by itself, only later.
"""

from typing import Any

import attrs
import msgspec

from octi.realtime.events import ErrorEvent, ItemDeleted, ServerEvent, SessionUpdated
from octi.realtime.requests import fields_of, read_request, with_fields
from octi.realtime.session_settings import SessionSettings
from octi.realtime.steps import Steps, ToProvider
from octi.upstream.base import update_for

EXPECTED_S = 5.0  # for the provider to take a turn that a client wrote or committed; then it is not waited for
MOST_HELD = 8  # requests for answers; more of them are answered with an error
HOLD = "octi_hold"  # the event id of octi's own update
TRIES = 100  # against somebody who would have the provider answer by itself, in one leg


class _NewItem(msgspec.Struct):
    type: Any = None
    role: Any = None


class _Creation(msgspec.Struct):
    item: _NewItem | None = None


_creation = msgspec.json.Decoder(_Creation)


@attrs.frozen
class Expected:
    """A turn that the client has sent, and the provider has not told of yet."""

    typed: bool
    event_id: str | None
    until: float


@attrs.define(eq=False)
class Gate:
    """One session's. Shut while something is unjudged, or about to be."""

    by_itself: bool = True  # would the client have voice detection answer?
    _expected: list[Expected] = attrs.field(factory=list)
    _unjudged: set[str] = attrs.field(factory=set)
    _held: list[bytes] = attrs.field(factory=list)
    _tries: int = 0
    _knows: bool = False  # whether the client would, of a leg or from itself

    @property
    def shut(self) -> bool:
        """May nothing be asked for now?"""
        return bool(self._expected or self._unjudged)

    @property
    def wake_at(self) -> float | None:
        """When `wake` wants to be called; None: not."""
        return min((expected.until for expected in self._expected), default=None)

    # The leg

    def opened(self, session: bytes) -> Steps:
        """A leg is configured so: it is to leave the answering to octi."""
        self.lost()
        detection = detection_in(session)
        if detection and not self._knows:
            self._knows, self.by_itself = True, detection.get("create_response") is not False
        return self._silence(session)

    def lost(self) -> None:
        """The leg is gone, with all that was asked for on it."""
        self._expected, self._held, self._tries = [], [], 0
        self._unjudged.clear()

    def _silence(self, session: bytes) -> Steps:
        """Ask the provider not to answer by itself, if it would."""
        detection = detection_in(session)
        if not detection or detection.get("create_response") is False or self._tries >= TRIES:
            return []
        self._tries += 1
        wanted = {"type": "realtime", "audio": {"input": {"turn_detection": {**detection, "create_response": False}}}}
        return [ToProvider(update_for(wanted, HOLD))]

    def shown(self, session: bytes) -> bytes:
        """A session as the client is shown it: answering by itself, if that was what the client wanted."""
        detection = detection_in(session)
        if not detection or not self.by_itself:
            return session
        return with_detection(session, {**detection, "create_response": True})

    # The client

    def from_client(self, step: ToProvider, now: float) -> tuple[Steps, list[ToProvider]]:
        """A client's event: what of it may go on; and what is refused, because too much is held."""
        wish = None if step.audio_bytes else read_request(step.data)
        match wish.type if wish else "":
            case "session.update":
                return [self._without_answers(step)], []
            case "input_audio_buffer.commit":
                self._expect(wish and wish.event_id, now, typed=False)
            case "conversation.item.create" if writes_as_user(step.data):
                self._expect(wish and wish.event_id, now, typed=True)
            case "response.create" if self.shut:
                if len(self._held) >= MOST_HELD:
                    return [], [step]
                self._held.append(step.data)
                return [], []
            case _:
                pass
        return [step], []

    def _expect(self, event_id: object, now: float, *, typed: bool) -> None:
        named = event_id if isinstance(event_id, str) else None
        self._expected.append(Expected(typed, named, now + EXPECTED_S))

    def _without_answers(self, step: ToProvider) -> ToProvider:
        """A client's update, in which the answering is left to octi."""
        try:
            session = fields_of(step.data).get("session", msgspec.Raw(b"{}"))
            detection = detection_in(session)
            if not detection:
                return step
            self.by_itself = bool(detection.get("create_response", self.by_itself))
            quiet = with_detection(session, {**detection, "create_response": False})
            return ToProvider(with_fields(step.data, {"session": msgspec.Raw(quiet)}))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return step  # the provider says what is wrong with it

    # The provider

    def fold(self, event: ServerEvent, frame: bytes) -> Steps:
        """A provider's event."""
        match event:
            case ItemDeleted(item_id=item):
                self._unjudged.discard(item)
            case ErrorEvent(error=error):
                self._refused(error.event_id)
            case SessionUpdated():
                return self._silence(fields_of(frame).get("session", msgspec.Raw(b"{}")))
            case _:
                pass
        return []

    def there(self, item: str, *, typed: bool, by_voice: bool) -> None:
        """The user said something, which is to be judged. by_voice: no client had to say that it is over."""
        self._unjudged.add(item)
        if expected := next((each for each in self._expected if each.typed == typed and not by_voice), None):
            self._expected.remove(expected)

    def _refused(self, event_id: str | None) -> None:
        """One that names nothing may be about any: about the oldest, as providers answer in order."""
        found = [each for each in self._expected if each.event_id == event_id]
        if found or event_id is None:
            self._expected = [each for each in self._expected if each is not (found or self._expected)[0]]

    # The verdicts

    def wake(self, now: float) -> None:
        """What was expected and did not come is not waited for."""
        self._expected = [each for each in self._expected if now < each.until]

    def judged(self, item: str) -> None:
        """This one is."""
        self._unjudged.discard(item)

    def take(self) -> list[bytes]:
        """The requests that were held back."""
        held, self._held = self._held, []
        return held


def detection_in(session: bytes) -> dict[str, Any]:
    """How a session object has turns detected; {} where it does not say, or the client says when a turn ends."""
    try:
        whole = msgspec.json.decode(session)
        detection = whole["audio"]["input"]["turn_detection"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError):
        return {}
    return detection if isinstance(detection, dict) else {}


def with_detection(session: bytes, detection: dict[str, Any]) -> bytes:
    """The same session with another turn detection, the other fields as they were written."""
    audio = fields_of(session)["audio"]
    listening = with_fields(fields_of(audio)["input"], {"turn_detection": detection})
    return with_fields(session, {"audio": msgspec.Raw(with_fields(audio, {"input": msgspec.Raw(listening)}))})


def as_wanted(settings: SessionSettings, *, by_itself: bool) -> SessionSettings:
    """The settings as they would be without a gate."""
    detection = settings.audio.input.turn_detection
    if detection is None:
        return settings
    replace = msgspec.structs.replace
    listening = replace(settings.audio.input, turn_detection=replace(detection, create_response=by_itself))
    return replace(settings, audio=replace(settings.audio, input=listening))


def writes_as_user(frame: bytes) -> bool:
    """Does a client put something into the conversation that the user says?"""
    try:
        item = _creation.decode(frame).item
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return item is not None and item.role == "user" and item.type in {"message", None}


class _Kept(msgspec.Struct, omit_defaults=True):
    metadata: dict[str, str] | None = None
    output_modalities: list[str] | None = None


def kept_of(frame: bytes) -> dict[str, Any]:
    """What a client asks of an answer that holds for what is said instead."""
    try:
        wish = msgspec.json.decode(fields_of(frame).get("response", msgspec.Raw(b"{}")), type=_Kept)
    except msgspec.DecodeError:
        return {}  # the provider would have refused it
    found: dict[str, Any] = msgspec.to_builtins(wish)
    return found


def event_id_of(frame: bytes) -> str | None:
    """What a client calls its event."""
    wish = read_request(frame)
    return wish.event_id if wish and isinstance(wish.event_id, str) else None


def is_in_band(frame: bytes) -> bool:
    """Is an answer that is asked for to be part of the conversation?"""
    wish = read_request(frame)
    return wish is None or wish.in_band
