"""A validation error in the provider's words."""

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from octi.engine.complaints import complaint, error_body, unsupported
from octi.errors import BadMessage


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    rate: Literal[24000] = 24000


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["good"]
    format: Inner | None = None
    count: Annotated[int, Meta(ge=2)] = 2
    name: Annotated[str, Meta(max_length=3)] = ""


def complained(text: str, root: str = "session") -> tuple[str | None, str, str]:
    """What is complained of: field, code, words."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(text, type=Outer)
    found = complaint(caught.value, root, ["good"])
    return found.param, found.code, found.problem


@pytest.mark.parametrize(
    ("text", "param", "code", "words"),
    [
        ("{}", "session.type", "missing_required_parameter", "Missing required parameter: 'session.type'."),
        (
            '{"type":"good","format":{"bogus":1}}',
            "session.format.bogus",
            "unknown_parameter",
            "Unknown parameter: 'session.format.bogus'.",
        ),
        (
            '{"type":"good","format":{"rate":16000}}',
            "session.format.rate",
            "integer_below_min_value",
            "Invalid value: 16000.",
        ),
        ('{"type":"good","count":"x"}', "session.count", "invalid_type", "Invalid type for 'session.count'."),
    ],
)
def test_the_field_is_named_with_the_providers_code(text: str, param: str, code: str, words: str) -> None:
    """A client's developer finds the mistake without reading octi's code."""
    found = complained(text)
    assert found[:2] == (param, code)
    assert found[2].startswith(words)


@pytest.mark.parametrize(
    ("text", "code", "bound"),
    [
        ('{"type":"good","count":1}', "integer_below_min_value", ">= 2"),
        ('{"type":"good","name":"four"}', "string_above_max_length", "<= 3"),
    ],
)
def test_a_bound_is_named(text: str, code: str, bound: str) -> None:
    """And which way it was missed."""
    _, found, words = complained(text)
    assert found == code
    assert bound in words


def test_an_unknown_type_is_answered_with_the_known_ones() -> None:
    """As the provider lists them."""
    assert complained('{"type":"bad"}', "")[2] == "Invalid value: 'bad'. Supported values are: good."
    assert unsupported("'x'", ["a", "b"]) == "Invalid value: 'x'. Supported values are: a, b."


def test_what_a_client_named_at_length_is_told_in_short() -> None:
    """Both ends of it: there the words are, and what would be right."""
    body = error_body(BadMessage(unsupported("x" * 10_000_000, ["a", "b"]), "y" * 10_000_000), "mine")
    assert body["message"].startswith("Invalid value: xxx")
    assert body["message"].endswith("Supported values are: a, b.")
    assert (len(body["message"]), len(body["param"])) == (512, 512)
    assert error_body(BadMessage("short", None))["param"] is None
