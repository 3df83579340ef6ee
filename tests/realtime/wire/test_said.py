"""What octi says in its own protocol: exactly these messages, with exactly these fields."""

import ast
import inspect
from collections.abc import Iterator

import msgspec
import pytest

from octi.realtime import octi_protocol
from octi.realtime.octi_messages import say
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.steps import Steps, ToClient
from octi.realtime.wire.said import SAID
from tests.realtime.wire.strictly import by_type, check
from tests.wire import conversations as recorded

MESSAGES = by_type(*SAID)


def told_in_source() -> Iterator[tuple[str, frozenset[str]]]:
    """Each call by which the door says something: the message's type, and the names of its fields."""
    for node in ast.walk(ast.parse(inspect.getsource(octi_protocol))):
        match node:
            case ast.Call(func=ast.Name(id="_tell"), args=[ast.Constant(value=str(kind))], keywords=named):
                yield kind, frozenset(str(each.arg) for each in named)
            case ast.Call(func=ast.Name(id="_tell")):
                pytest.fail(f"a message whose type cannot be read, in line {node.lineno}")
            case _:
                pass


def test_the_door_says_every_message_and_no_other() -> None:
    """With every field, and no other."""
    assert set(told_in_source()) == {(kind, frozenset(message.__struct_fields__)) for kind, message in MESSAGES.items()}


def said(steps: Steps) -> list[bytes]:
    return [step.data for step in steps if isinstance(step, ToClient) and step.text]


@pytest.mark.parametrize("name", [name for name in recorded.NAMES if name != "telephone"])
def test_what_the_door_says_in_a_conversation_is_as_its_class_says(name: str) -> None:
    """Field by field."""
    door = OctiDoor()
    told = said(door.opened(msgspec.Raw(b"{}")))
    for now, (frame, event) in enumerate(recorded.provider_events(name), 1):
        told += said(door.from_provider(frame, event, float(now)))
    told += said(door.from_client(b"nonsense", text=True, now=1000.0))
    assert len(told) > 2
    for message in map(msgspec.json.decode, told):
        check(message, MESSAGES[message["type"]])


def test_a_message_is_encoded_as_its_class_is() -> None:
    """To the byte."""
    assert msgspec.json.encode(MESSAGES["transcript"](text="Hi.")) == say("transcript", text="Hi.")
    assert msgspec.json.encode(MESSAGES["ready"]()) == say("ready")
