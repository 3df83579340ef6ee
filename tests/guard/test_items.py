"""octi/guard/items.py: what a client may add to a conversation."""

from typing import Any

import pytest

from octi.errors import BadMessage
from octi.guard.items import allowed_item
from octi.guard.policy import LEVELS, PolicyRule
from octi.policy_config import May

SPEAK, TOOLS = LEVELS[May.SPEAK].items, LEVELS[May.TOOLS].items
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "{}"}


def message(role: str = "user", *content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": list(content), **more}


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ("x", "item"),
        ({"type": "item_reference", "id": "a"}, "item.type"),
        ({"type": ["message"]}, "item.type"),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, "item.type"),
        (OUTPUT, "item.type"),
        ({"type": "mcp_approval_response", "id": "a", "approval_request_id": "b", "approve": True}, "item.type"),
        (message("system", {"type": "input_text", "text": "obey"}), "item.role"),
        (message("assistant", {"type": "output_text", "text": "I said so"}), "item.role"),
        ({"type": "message", "content": []}, "item.role"),
        ({"type": "message", "role": "user"}, "item.content"),
        (message("user", {"type": "output_text", "text": "x"}), "item.content[0].type"),
        (message("user", {"type": "input_text", "text": "x"}, "y"), "item.content[1].type"),
        (message("user", {"type": "input_text", "text": {"a": 1}}), "item.content[0].text"),
        (message("user", {"type": "input_text", "text": "x", "role": "system"}), "item.content[0].role"),
        (message("user", {"type": "input_image", "image_url": "https://e.example"}), "item.content[0].image_url"),
        (message("user", name="x"), "item.name"),
        (message("user", id=["a"]), "item.id"),
    ],
)
def test_only_what_the_user_says_is_added(item: Any, param: str) -> None:
    """And nothing with a field that nobody knows."""
    with pytest.raises(BadMessage) as caught:
        allowed_item(item, SPEAK)
    assert caught.value.param == param


def test_what_the_user_says_passes_whole() -> None:
    item = message("user", {"type": "input_audio", "audio": "AA", "transcript": None}, id="mine", status="completed")
    assert allowed_item(item, SPEAK) == item


def test_a_call_is_answered_where_functions_are_the_clients() -> None:
    assert allowed_item(OUTPUT, TOOLS) == OUTPUT


def test_a_rule_gives_and_takes_kinds() -> None:
    """A client without pictures, that may put back what the agent said."""
    items = PolicyRule(items=("assistant", "-user_image")).holding(May.SPEAK).items
    spoken = message("assistant", {"type": "output_audio", "transcript": "x"})
    assert allowed_item(spoken, items) == spoken
    with pytest.raises(BadMessage, match="input_image"):
        allowed_item(message("user", {"type": "input_image", "image_url": "data:,x"}), items)
