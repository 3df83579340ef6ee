"""The words in which octi's routes are declared for `/openapi.json`. Pure."""

from collections.abc import Mapping
from typing import Any

import attrs

from octi.web import openapi_shapes as shapes

Json = Mapping[str, Any]
JSON = "application/json"
TEXT: Json = {"type": "string"}


@attrs.frozen
class Query:
    """A parameter of a query, or a header."""

    name: str
    meaning: str
    schema: Json = TEXT
    place: str = "query"


@attrs.frozen
class Answer:
    """One answer: JSON of a shape, something else by its content type, or nothing."""

    meaning: str
    shape: Any = None
    other: Mapping[str, Json] = attrs.field(factory=dict)  # by content type
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Body:
    """What a request brings. `shape` as JSON, `other` by its content type."""

    shape: Any = None
    other: Mapping[str, Json] = attrs.field(factory=dict)
    required: bool = False


@attrs.frozen(kw_only=True)
class Route:
    """One method at one path, as the application's own rules write it."""

    method: str
    path: str
    name: str
    says: str
    answers: Mapping[int, Answer]
    tag: str
    query: tuple[Query, ...] = ()
    body: Body | None = None
    failure: Any = shapes.Failure


def number(least: int, most: int, default: int) -> Json:
    """A whole number in a query, and what is meant where none is said."""
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


def one_of(*choices: str) -> Json:
    """One of some words."""
    return {"type": "string", "enum": list(choices)}
