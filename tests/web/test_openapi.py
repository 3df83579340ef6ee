"""`/openapi.json`: OpenAPI 3.1 of every route, by itself and without a key."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from octi import __version__
from octi.web.openapi import document, tidied
from octi.web.openapi_routes import ROUTES
from tests.web.standins import StandIn

DOCUMENT = document()
OPERATIONS = [(path, method, told) for path, methods in DOCUMENT["paths"].items() for method, told in methods.items()]


def references(value: Any) -> Iterator[str]:
    """All of them, wherever they stand."""
    match value:
        case {"$ref": str(place)}:
            yield place
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)
        case _:
            pass


async def test_the_document_is_served() -> None:
    """As it is made, to pages of any origin."""
    answer = await StandIn().client.get("/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert await answer.get_json() == DOCUMENT


def test_the_document_is_of_this_version() -> None:
    """Of OpenAPI, and of octi."""
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["version"] == __version__


def test_every_declared_route_is_in_it() -> None:
    """At its path, under its name."""
    assert {told["operationId"] for _, _, told in OPERATIONS} == {route.name for route in ROUTES}
    assert len(OPERATIONS) == len(ROUTES)


@pytest.mark.parametrize(("path", "method", "told"), OPERATIONS, ids=[told["operationId"] for _, _, told in OPERATIONS])
def test_an_operation_has_what_the_standard_requires(path: str, method: str, told: dict[str, Any]) -> None:
    """Every name in the path is a parameter, names are told once, and every answer has a description."""
    named = [each["name"] for each in told["parameters"] if each["in"] == "path"]
    assert named == re.findall("{(.+?)}", path)
    assert all(each["required"] for each in told["parameters"] if each["in"] == "path")
    keys = [(each["in"], each["name"]) for each in told["parameters"]]
    assert len(set(keys)) == len(keys)
    assert "default" in told["responses"]
    assert all(answer["description"] for answer in told["responses"].values())
    assert method != "get" or "requestBody" not in told


def test_every_reference_leads_to_a_schema_and_every_schema_is_referred_to() -> None:
    """Within the document."""
    schemas = DOCUMENT["components"]["schemas"]
    assert set(references(DOCUMENT)) == {f"#/components/schemas/{name}" for name in schemas}


def test_a_description_is_prose() -> None:
    """Not indented as it stands in the source; a field of that name is left alone, and so is an example."""
    schema = {"description": "One.\n\n    Two.", "properties": {"description": {"type": "string"}}, "default": 1}
    assert tidied(schema) == {**schema, "description": "One.\n\nTwo."}
    assert tidied([{"discriminator": {"propertyName": "type"}}], discriminators=False) == [{}]


def test_an_operation_says_who_may_ask_for_it() -> None:
    """As the table of needs has it; and how whoever may not is answered."""
    told = {each["operationId"]: each for _, _, each in OPERATIONS}
    assert told["health"]["security"] == [{}]
    assert told["sessions"]["security"] == [{}, {"server_key": ["sessions"]}, {"login_token": ["sessions"]}]
    assert told["new_call"]["security"][-1] == {"client_secret": []}
    assert {"401", "403"} <= told["sessions"]["responses"].keys()
    assert "401" not in told["health"]["responses"]
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert {name for each in told.values() for way in each["security"] for name in way} == schemes.keys()
