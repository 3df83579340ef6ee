"""A client's events: the same that the engine reads, with the same fields."""

from collections.abc import Iterator, Mapping

import msgspec
import pytest
from msgspec import inspect as types

from octi.engine import requests as ask
from octi.engine.transcribing import TYPES, TranscriptionChange
from octi.realtime.wire import change, client, responses
from octi.realtime.wire.items import InputItem, NewContent
from tests.realtime.wire.strictly import CLIENT, Message, by_type, check_asked
from tests.realtime.wire.talks import TALKS
from tests.wire import conversations as recorded

READ = by_type(*ask.Request.__args__)


def fields_of(message: Message) -> dict[str, types.Field]:
    found = types.type_info(message)
    assert isinstance(found, types.StructType)
    return {field.encode_name: field for field in found.fields}


def required(message: Message) -> set[str]:
    return {name for name, field in fields_of(message).items() if field.required}


def test_the_engine_reads_every_event_and_no_other() -> None:
    """By its type."""
    assert READ.keys() == CLIENT.keys()


@pytest.mark.parametrize("kind", CLIENT)
def test_the_engine_reads_the_fields_of_an_event(kind: str) -> None:
    """The same names, and the same of them are required."""
    assert fields_of(READ[kind]).keys() == fields_of(CLIENT[kind]).keys()
    assert required(READ[kind]) == required(CLIENT[kind])


def test_events_of_transcription_sessions_are_those_that_the_engine_takes_there() -> None:
    """By type."""
    assert {str(event.__struct_config__.tag) for event in client.IN_TRANSCRIPTION_SESSIONS} == set(TYPES)


# What stands inside. The engine checks the `type` where the wire has a class for each.


def shape_of(kind: types.Type, place: str) -> Iterator[str]:
    """Every place in a value, by the names that lead there; lists and choices lead on to the same."""
    match kind:
        case types.StructType():
            for field in kind.fields:
                yield f"{place}.{field.encode_name}"
                yield from shape_of(field.type, f"{place}.{field.encode_name}")
            if kind.tag_field:
                yield f"{place}.{kind.tag_field}"
        case types.Metadata(type=inner) | types.ListType(item_type=inner):
            yield from shape_of(inner, place)
        case types.UnionType(types=choices):
            for choice in choices:
                yield from shape_of(choice, place)
        case _:
            pass


def places(*messages: object) -> set[str]:
    return {place for message in messages for place in shape_of(types.type_info(message), "")}


def of_mcp(place: str) -> bool:
    """Is it about the provider's own calls of tools, which the engine makes none of?"""
    return not MCP.isdisjoint(place.split("."))


MCP = frozenset(
    {
        *("server_label", "server_url", "connector_id", "tunnel_id", "server_description", "authorization", "headers"),
        *("allowed_tools", "require_approval", "approval_request_id", "approve", "reason"),
    }
)
OPEN: Mapping[str, str] = {  # the engine takes any object here
    ".prompt.": "kept with the provider",
    ".reasoning.": "there is nothing to think with",
}


@pytest.mark.parametrize(
    ("read", "told"),
    [(ask.SessionChange, change.RealtimeChange), (TranscriptionChange, change.TranscriptionChange)],
)
def test_the_engine_takes_every_field_of_a_session(read: Message, told: Message) -> None:
    """And no other. `type` stands among the fields in one of the two, and is a tag in the other."""
    expected = {place for place in places(told) if not of_mcp(place) and not any(part in place for part in OPEN)}
    assert places(read) == expected


def test_the_engine_takes_every_field_of_a_response() -> None:
    """And no other."""
    told = {place for place in places(responses.ResponseWish) if not of_mcp(place) and not place.startswith(".input.")}
    read = {place for place in places(ask.ResponseWish) if not place.startswith(".input.")}
    assert read == {place for place in told if not any(part in place for part in OPEN)}


def test_the_engine_takes_every_field_of_an_item() -> None:
    """A picture itself is the provider's alone: the engine has no eyes."""
    assert places(ask.NewItem) == {place for place in places(InputItem) if not of_mcp(place)} - {".content.image_url"}
    assert places(ask.NewPart) == places(NewContent) - {".image_url"}


@pytest.mark.parametrize("name", recorded.NAMES)
def test_what_octi_asks_of_a_provider_is_as_its_class_says(name: str) -> None:
    """In the conversations that the relay is tested with."""
    for line in recorded.conversation(name):
        if line.sender == "client":
            check_asked(line.event)


def test_what_the_engine_refuses_is_refused_here() -> None:
    """An unknown field of a session, and a type that there is not; the events that it takes are taken."""
    with pytest.raises(msgspec.ValidationError, match="bogus"):
        check_asked({"type": "session.update", "session": {"type": "realtime", "bogus": 1}})
    with pytest.raises(msgspec.ValidationError):
        check_asked({"type": "session.update", "session": {}})
    asked = [step for name, talk in TALKS.items() for step in talk.steps if name != "errors" and isinstance(step, dict)]
    assert len(asked) > 30
    for event in asked:
        msgspec.convert(event, CLIENT[event["type"]])
