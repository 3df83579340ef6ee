"""An event, held to its own class: every field that it needs, and none that the class does not know."""

from typing import Any

import msgspec

from octi.realtime.wire.answers import OF_ANSWERS
from octi.realtime.wire.client import CLIENT_EVENTS
from octi.realtime.wire.server import OF_SESSIONS

Json = dict[str, Any]
Message = type[msgspec.Struct]


def by_type(*messages: Message) -> dict[str, Message]:
    """Classes by what stands in `type`."""
    return {str(message.__struct_config__.tag): message for message in messages}


SERVER = by_type(*OF_SESSIONS, *OF_ANSWERS)
CLIENT = by_type(*CLIENT_EVENTS)


def check(value: Json, message: Message) -> None:
    """Nothing is missing, nothing is of another type, nothing is lost on the way through the class."""
    assert msgspec.to_builtins(msgspec.convert(value, message)) == value


def check_told(event: Json) -> None:
    """A server's event."""
    check(event, SERVER[event["type"]])


def check_asked(event: Json) -> None:
    """A client's event."""
    check(event, CLIENT[event["type"]])
