"""Items: the engine's are what their classes say; how they are read by the relay: `test_reading`."""

import msgspec
import pytest

from octi.engine.items import Entry, entry_from, user_voice
from octi.engine.requests import NewItem
from octi.realtime import events
from octi.realtime.wire import items
from tests.realtime.wire.strictly import Json, by_type, check

ITEMS = by_type(*items.AnyItem.__args__)


@pytest.mark.parametrize(
    "entry",
    [
        user_voice("item_1"),
        Entry("item_1", "function_call", call_id="call_1", name="f", arguments="{}"),
        Entry("item_1", "function_call_output", call_id="call_1", output=""),
        Entry("item_1", "message", "assistant", content=[{"type": "output_audio", "transcript": "Hi."}], audio_ms=5),
    ],
)
def test_the_engines_items_are_items(entry: Entry) -> None:
    """Of each kind."""
    check(entry.wire(), ITEMS[entry.type])


@pytest.mark.parametrize(
    "added",
    [
        items.TYPED,
        {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi."}]},
        {"type": "function_call", "name": "f", "arguments": "{}", "id": "item_mine"},
        {"type": "function_call_output", "call_id": "call_1", "output": ""},
    ],
)
def test_what_a_client_may_add_the_engine_takes(added: Json) -> None:
    """And tells it as an item."""
    assert msgspec.to_builtins(msgspec.convert(added, items.AddedItem)) == added
    check(entry_from(msgspec.convert(added, NewItem)).wire(), ITEMS[added["type"]])


def test_a_reference_is_added_to_no_conversation() -> None:
    """It stands only in a response's input."""
    reference = {"type": "item_reference", "id": "item_1"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(reference, items.AddedItem)
    assert msgspec.convert(reference, items.InputItem) == items.ItemReference("item_1")


def test_the_key_of_what_a_user_said_is_always_there() -> None:
    """Some clients break without it."""
    with pytest.raises(msgspec.ValidationError, match="transcript"):
        msgspec.convert({"type": "input_audio"}, items.Content)


def test_the_relay_reads_no_field_that_there_is_not() -> None:
    """In any kind of item or part."""
    known = {name for item in items.AnyItem.__args__ for name in item.__struct_fields__}
    parts = {name for part in items.Content.__args__ for name in part.__struct_fields__}
    assert set(events.Item.__struct_fields__) - {"type"} <= known
    assert set(events.Part.__struct_fields__) - {"type"} <= parts
