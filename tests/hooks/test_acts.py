"""octi/hooks/acts.py: what a provider is sent is what its protocol knows."""

import msgspec
import pytest

from octi.engine.requests import DeleteItem, NewItem
from octi.hooks import acts
from octi.realtime.event_ids import is_ours


def test_what_octi_sends_is_known_as_its_own() -> None:
    """A client is not told of its errors."""
    for step in (acts.delete("i"), acts.written(1, "user", "Hello.", "i"), acts.silence()):
        assert is_ours(msgspec.json.decode(step.data)["event_id"])


def test_an_item_is_deleted() -> None:
    """By its id."""
    assert msgspec.json.decode(acts.delete("i").data, type=DeleteItem).item_id == "i"


@pytest.mark.parametrize(("role", "kind"), [("user", "input_text"), ("assistant", "output_text")])
def test_a_message_stands_behind_the_one_that_it_replaces(role: str, kind: str) -> None:
    """Its id is octi's, and short enough for any provider."""
    event = msgspec.json.decode(acts.written(123_456, role, "Hello.", "i").data)
    item = msgspec.convert(event["item"], NewItem)
    assert (event["previous_item_id"], item.role, item.content[0].type) == ("i", role, kind)
    assert item.id is not None
    assert is_ours(item.id)
    assert len(item.id) <= 32
