"""Reads a provider's frames as events, in spite of what lesser providers write otherwise."""

from typing import Any, TypeVar

import msgspec

from octi.errors import BadMessage
from octi.nesting import tangle_in
from octi.realtime.events import AudioDelta, Known, Opaque, ServerEvent
from octi.realtime.session_settings import SessionSettings

T = TypeVar("T")

_known: msgspec.json.Decoder[Known] = msgspec.json.Decoder(Known)
_settings = msgspec.json.Decoder(SessionSettings)
_opaque = msgspec.json.Decoder(Opaque)
_SOUND = AudioDelta.__struct_config__.tag
_sound = msgspec.json.Decoder(AudioDelta)
_SOUND_HEAD = f'{{"type":"{_SOUND}",'.encode()  # as providers begin nearly all that they send
_KNOWN_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in Known.__args__)


def read_event(frame: bytes) -> ServerEvent:
    """Name one event of a provider's. Raises BadMessage if it is not an event, or not one of its own kind."""
    if frame.startswith(_SOUND_HEAD):
        try:
            return _sound.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass  # what is wrong with it is told below
    try:
        kind = _opaque.decode(frame)
        if kind.type != _SOUND and (tangle := tangle_in(frame)):
            raise BadMessage(f"not JSON: {tangle}", code="invalid_json")
        return _read(_known, frame) if kind.type in _KNOWN_TYPES else kind
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad_message(error) from None


def kind_of(event: ServerEvent) -> str:
    """An event's type, as the wire has it."""
    return event.type if isinstance(event, Opaque) else str(type(event).__struct_config__.tag)


def read_session(session: msgspec.Raw) -> SessionSettings:
    """The effective configuration, as far as octi depends on it. Raises BadMessage."""
    try:
        return _read(_settings, bytes(session))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad_message(error) from None


def _bad_message(error: Exception) -> BadMessage:
    if isinstance(error, msgspec.ValidationError):
        return BadMessage(str(error))
    return BadMessage(f"not JSON: {error}", code="invalid_json")


def _read(decoder: msgspec.json.Decoder[T], frame: bytes) -> T:
    try:
        return decoder.decode(frame)
    except msgspec.ValidationError:
        return msgspec.convert(_tidied(msgspec.json.decode(frame)), decoder.type, strict=False)


def _tidied(value: Any) -> Any:
    """The same, with what lesser providers write otherwise put right.

    A null for a field that has none means that it is not said (a response without a conversation is told by its null,
    so that one stays); milliseconds are whole; a code may be a number; an error may be a bare sentence.
    """
    match value:
        case {"type": "error", "error": str(message)}:
            return {"type": "error", "error": {"message": message}}
        case dict():
            return {name: _tidied_field(name, field) for name, field in value.items() if _keeps(name, field)}
        case list():
            return [_tidied(element) for element in value]
        case float():
            return int(value)
        case _:
            return value


def _keeps(name: str, field: Any) -> bool:
    return field is not None or name == "conversation_id"


def _tidied_field(name: str, field: Any) -> Any:
    return str(field) if name == "code" else _tidied(field)
