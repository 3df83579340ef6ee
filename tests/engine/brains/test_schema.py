"""What a schema says of its parameters."""

from fractions import Fraction
from typing import Any

import pytest

from octi.engine.brains.schema import Param, allows, empty, params


def test_parameters_are_read_in_their_order() -> None:
    """With their types; alternatives are read as their first that is not null."""
    schema = {
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": ["null", "string"]},
            "c": {"enum": ["x"]},
            "d": {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
            "e": {},
        },
        "required": ["b"],
    }
    assert [(p.name, p.kind, p.required) for p in params(schema)] == [
        ("a", "integer", False),
        ("b", "string", True),
        ("c", "choice", False),
        ("d", "boolean", False),
        ("e", "string", False),
    ]


@pytest.mark.parametrize("schema", [{}, {"properties": 5}, {"properties": [], "required": 7}, {"type": "string"}])
def test_nonsense_declares_nothing(schema: dict[str, Any]) -> None:
    """A schema that is none has no parameters."""
    assert params(schema) == ()


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, ""),
        ({"type": "integer", "minimum": 1.5}, 2),
        ({"type": "number", "minimum": float("inf")}, 0),
        ({"type": "boolean"}, False),
        ({"type": "array"}, []),
        ({"type": "object"}, {}),
        ({"type": "null"}, None),
        ({"type": "string", "default": "x"}, "x"),
        ({"enum": ["x", "y"]}, "x"),
        ({"type": "made up"}, ""),
    ],
)
def test_what_was_not_said_has_a_least_value(schema: dict[str, Any], value: object) -> None:
    """Its default, or the least that its type allows."""
    assert empty(Param("p", schema)) == value


def test_numbers_keep_to_their_bounds() -> None:
    """And whole ones to their type."""
    percent = Param("p", {"type": "integer", "minimum": 0, "maximum": 100})
    assert [allows(percent, Fraction(n)) for n in ("0", "100", "101", "-1", "1/2")] == [True, True, False, False, False]
