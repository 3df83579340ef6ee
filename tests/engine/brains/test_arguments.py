"""Arguments, found in words."""

from datetime import datetime
from typing import Any

import pytest

from octi.engine.brains.arguments import fill, find_answer
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.schema import Param, params
from octi.engine.brains.utterance import utterance

FRIDAY = datetime(2026, 10, 2, 14, 5)  # noqa: DTZ001 -- the local time of day
STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
FLAG: dict[str, Any] = {"type": "boolean"}
STRINGS: dict[str, Any] = {"type": "array", "items": STRING}


def found_in(text: str, properties: dict[str, dict[str, Any]], *, required: bool = True) -> dict[str, Any]:
    """The arguments in a text that calls for the weather."""
    schema = {"properties": properties, "required": list(properties) if required else []}
    return fill(params(schema), utterance(text, frozenset({"weather"}), FRIDAY, ENGLISH))


@pytest.mark.parametrize(
    ("text", "properties", "values"),
    [
        ("for four people at eight", {"people": INTEGER, "time": STRING}, {"people": 4, "time": "eight"}),
        ("2 adults and three children", {"children": INTEGER, "adults": INTEGER}, {"children": 3, "adults": 2}),
        (
            "a large one with breakfast at minus five and a half degrees",
            {"degrees": {"type": "number"}, "breakfast": FLAG, "size": {"enum": ["small", "large"]}},
            {"degrees": -5.5, "breakfast": True, "size": "large"},
        ),
        ("tomorrow at noon", {"date": STRING | {"format": "date"}}, {"date": "2026-10-03"}),
        ("next tuesday at ten", {"when": STRING}, {"when": "next tuesday ten"}),
        ("what about Paris", {"city": STRING}, {"city": "Paris"}),
        ("to Rome from Milan", {"origin": STRING, "destination": STRING}, {"origin": "Milan", "destination": "Rome"}),
        ("my number is five five five one two", {"phone": STRING}, {"phone": "55512"}),
        ("order A4711", {"order_id": STRING}, {"order_id": "A4711"}),
        ("write to a.b@c.org", {"address": STRING | {"format": "email"}}, {"address": "a.b@c.org"}),
        ("milk, eggs and oat bread", {"items": STRINGS}, {"items": ["milk", "eggs", "oat bread"]}),
        ("3 and 5", {"rows": {"type": "array", "items": INTEGER}}, {"rows": [3, 5]}),
        ("to Anna saying I am late", {"to": STRING, "message": STRING}, {"to": "Anna", "message": "I am late"}),
        ("search for the refund policy please", {"query": STRING}, {"query": "the refund policy"}),
        ("my bike is gone", {"description": STRING}, {"description": "bike is gone"}),
        (
            "red, blue or red",
            {"colors": {"type": "array", "items": {"enum": ["blue", "red"]}}},
            {"colors": ["red", "blue", "red"]},
        ),
        ("tuesday", {"city": STRING}, {}),
        ("anything", {"options": {"type": "object"}}, {}),
    ],
)
def test_values_are_found(text: str, properties: dict[str, dict[str, Any]], values: dict[str, Any]) -> None:
    """Each by what its parameter's type, name and format call for, and each word for one of them only."""
    assert found_in(text, properties) == values


def test_the_rest_of_the_sentence_is_for_what_is_needed_only() -> None:
    """An optional string is left out rather than guessed."""
    assert found_in("weather paris", {"city": STRING}) == {"city": "paris"}
    assert found_in("weather paris", {"city": STRING}, required=False) == {}


@pytest.mark.parametrize(
    ("reply", "name", "schema", "value"),
    [
        ("yes please", "outdoor", FLAG, True),
        ("no", "outdoor", FLAG, False),
        ("Anna Smith", "name", STRING, "Anna Smith"),
        ("it's for will", "name", STRING, "it's for will"),
        ("in berlin please", "city", STRING, "berlin"),
        ("eight", "time", STRING, "eight"),
        ("tell her that I love her", "message", STRING, "tell her that I love her"),
        ("four of us", "people", INTEGER, 4),
        ("bread and milk", "items", STRINGS, ["bread", "milk"]),
    ],
)
def test_a_reply_is_read_as_what_was_asked_for(reply: str, name: str, schema: dict[str, Any], value: object) -> None:
    """Whatever was said is at least a string."""
    found = find_answer(Param(name, schema, required=True), utterance(reply, frozenset(), FRIDAY, ENGLISH))
    assert found is not None
    assert found.value == value


def test_a_day_is_no_part_of_a_needed_text() -> None:
    """A moment that may be left out is still found first."""
    schema = {"properties": {"task": STRING, "date": STRING}, "required": ["task"]}
    said = utterance("remind me to buy milk tomorrow", frozenset({"remind"}), FRIDAY, ENGLISH)
    assert fill(params(schema), said) == {"task": "buy milk", "date": "tomorrow"}
