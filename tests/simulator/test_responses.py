"""The Responses API's stand-in, against octi's own request and its own reading of the answer."""

import json
from typing import Any

import pytest

from octi.errors import BadMessage
from octi.extraction.prompt import Extracted, extraction_request, read_answer
from octi.extraction.schema import DEFAULT_SCHEMA, Field, Kind, ProfileSchema
from octi.records import Role, Turn
from octi.simulator.ids import Ids
from octi.simulator.responses import PLAIN, respond
from octi.units import ItemId, Milliseconds, SessionId


def turn(item: str, text: str, role: Role = Role.USER) -> Turn:
    return Turn(
        session=SessionId("s"),
        item=ItemId(item),
        position=0,
        role=role,
        text=text,
        start_ms=Milliseconds(0),
        end_ms=Milliseconds(0),
    )


TURNS = [
    turn("i1", "What is your name?", Role.ASSISTANT),
    turn("i2", "My name is Anna Berg."),
    turn("i3", "I earn 3000 euros a month."),
    turn("i4", "Sorry, that was wrong. I earn 3200 euros a month."),
]


def extract(schema: ProfileSchema, turns: list[Turn]) -> Extracted:
    answer = respond(extraction_request(schema, turns, model="m"), Ids(), 1000.0)
    assert (answer["object"], answer["status"], answer["model"]) == ("response", "completed", "m")
    assert answer["usage"]["total_tokens"] == answer["usage"]["input_tokens"] + answer["usage"]["output_tokens"]
    outcome = read_answer(json.dumps(answer).encode(), schema, turns)
    assert isinstance(outcome, Extracted)
    return outcome


def test_octis_request_is_answered_in_the_shape_that_it_asks_for() -> None:
    """With the last word, and the turn that it was said in."""
    outcome = extract(DEFAULT_SCHEMA, TURNS)
    assert outcome.dropped == ()
    values = {name: (found.value, found.evidence.item) for name, found in outcome.found.items()}
    assert values == {"first_name": ("Anna", "i2"), "last_name": ("Berg", "i2"), "income": (3200, "i4")}


def test_a_schema_of_the_operators_own_is_understood() -> None:
    """Choices and flags as well; what was not said is null."""
    schema = ProfileSchema((
        Field(name="email", kind=Kind.TEXT, format="email"),
        Field(name="contact_by", kind=Kind.TEXT, choices=("phone", "letter"), description="How to contact the user"),
    ))  # fmt: skip
    outcome = extract(schema, [turn("i1", "My e-mail address is anna@example.org.")])
    assert {name: found.value for name, found in outcome.found.items()} == {"email": "anna@example.org"}


@pytest.mark.parametrize(
    "request_",
    [
        {"input": "Hello"},
        {"input": [{"role": "user", "content": "Hello"}], "text": {"format": {"type": "text"}}},
        {
            "input": "x",
            "text": {"format": {"type": "json_schema", "schema": {"properties": {"a": {"type": "string"}}}}},
        },
        {"input": [{"type": "item_reference", "id": "i"}, 3]},
    ],
)
def test_other_requests_get_a_plain_answer(request_: dict[str, Any]) -> None:
    """That says what this is."""
    answer = respond(request_, Ids(), 1000.0)
    assert answer["output"][0]["content"][0]["text"] == PLAIN


@pytest.mark.parametrize(
    ("request_", "param"), [({}, "input"), ([], "input"), ({"input": "x", "stream": True}, "stream")]
)
def test_what_is_no_request_is_refused(request_: object, param: str) -> None:
    """With the field at fault."""
    with pytest.raises(BadMessage) as raised:
        respond(request_, Ids(), 0.0)
    assert raised.value.param == param
