"""What a Realtime client's frame asks for, as far as octi has a say in it. Audio, which is nearly all, is not read."""

from collections.abc import Mapping
from typing import Any

import msgspec

from octi.realtime.steps import ToProvider

_APPEND = b'{"type":"input_audio_buffer.append","audio":"'


class ResponseWish(msgspec.Struct, frozen=True):
    """What a `response.create` says of the answer."""

    conversation: Any = None


class SessionWish(msgspec.Struct, frozen=True):
    """What a `session.update` says of the session; UNSET: nothing."""

    instructions: Any = msgspec.UNSET
    tools: Any = msgspec.UNSET


class Request(msgspec.Struct, frozen=True):
    """A client's event. What is Any is as the client wrote it."""

    type: str = ""
    event_id: Any = None
    response_id: Any = None
    item_id: Any = None
    audio_end_ms: Any = None
    response: ResponseWish | None = None
    session: SessionWish | None = None

    @property
    def in_band(self) -> bool:
        """Is the answer part of the conversation?"""
        return self.response is None or self.response.conversation != "none"


_request = msgspec.json.Decoder(Request)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_request(frame: bytes) -> Request | None:
    """A client's event; None for plain audio, and for what a provider would refuse anyway."""
    if frame.startswith(_APPEND):
        return None
    try:
        return _request.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def instructions_in(frame: bytes) -> str | None:
    """The instructions that a client's `session.update` sets; None: it sets none."""
    request = read_request(frame)
    if request is None or request.type != "session.update" or request.session is None:
        return None
    match request.session.instructions:
        case str(text):
            return text
        case None:
            return ""  # taken back
        case _:
            return None


def with_fields(data: bytes | msgspec.Raw, fields: Mapping[str, Any]) -> bytes:
    """A JSON object with some of its fields replaced, the others as they were written. Raises msgspec.DecodeError."""
    return msgspec.json.encode({**fields_of(data), **fields})


def fields_of(data: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """A JSON object's fields, unread. Raises msgspec.DecodeError."""
    return _fields.decode(data)


def request(kind: str, **fields: Any) -> ToProvider:
    """An event of octi's own for the provider."""
    return ToProvider(msgspec.json.encode({"type": kind, **fields}))
