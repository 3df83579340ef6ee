"""`/openapi.json`: octi's HTTP routes for programs, as OpenAPI 3.1, from the table of `octi.web.openapi_routes`."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from quart import Blueprint, Response
from quart.typing import ResponseReturnValue

from octi import __version__
from octi.services import Services
from octi.web.cors import allow_browsers
from octi.web.needs import EVERYBODY, Need, need_of
from octi.web.openapi_routes import ROUTES
from octi.web.openapi_terms import JSON, Answer, Body, Query, Route

Document = dict[str, Any]
SCHEMAS = "#/components/schemas/{name}"
KEY, TOKEN, SECRET = "server_key", "login_token", "client_secret"
SCHEMES = {
    KEY: "A server key, as `octi keys new` makes it. What it must be allowed stands beside it: its scopes.",
    TOKEN: "A token (JWT) of the operator's own login, with these scopes.",
    SECRET: "A client secret.",
}
ABOUT = (
    "A self-hosted gateway for voice agents. Who may ask what is in docs/access.md. A body is JSON whatever "
    "its `Content-Type` says; a null is a field left out, and unknown fields are ignored. `HEAD` is answered where "
    "`GET` is. octi's WebSockets, `/ws/realtime` and `/v1/realtime`, are in docs/wire.md and docs/asyncapi.yaml."
)
_PARAMETER = re.compile("<(?:path:)?([a-z_]+)>")


def openapi_pages(services: Services) -> Blueprint:
    """`/openapi.json`. Pages of any origin may read it: there is no secret in it."""
    pages = Blueprint("openapi", __name__)
    allow_browsers(pages)

    @pages.get("/openapi.json")
    async def openapi() -> ResponseReturnValue:
        return Response(msgspec.json.encode(document()), content_type=JSON)

    return pages


def document(routes: Sequence[Route] = ROUTES) -> Document:
    """The whole of it."""
    paths: dict[str, Document] = {}
    shapes = list(dict.fromkeys(shape for route in routes for shape in shapes_of(route)))
    written, components = msgspec.json.schema_components(shapes, ref_template=SCHEMAS)
    schemas = dict(zip(shapes, map(tidied, written), strict=True))
    for route in routes:
        path = _PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "octi", "version": __version__, "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": {name: tidied(schema) for name, schema in sorted(components.items())},
            "securitySchemes": {
                name: {"type": "http", "scheme": "bearer", "description": says} for name, says in SCHEMES.items()
            },
        },
    }


def shapes_of(route: Route) -> Iterator[Any]:
    """Everything of which a route needs the schema."""
    yield route.failure
    yield from (answer.shape for answer in route.answers.values() if answer.shape)
    if route.body and route.body.shape:
        yield route.body.shape


def operation(route: Route, schemas: Mapping[Any, Document]) -> Document:
    """One method at one path."""
    named = [Query(name, "Which.", place="path") for name in _PARAMETER.findall(route.path)]
    told: Document = {
        "operationId": route.name,
        "summary": route.says,
        "tags": [route.tag],
        "parameters": [parameter(each) for each in (*named, *route.query)],
    }
    if route.body:
        told["requestBody"] = body_of(route.body, schemas)
    need = need_of(route.method, route.path) or EVERYBODY
    told["security"] = security(need)
    answers = {str(status): answer for status, answer in route.answers.items()}
    answers |= {status: answer for status, answer in refusals(need, route.failure).items() if status not in answers}
    answers["default"] = Answer("Something went wrong.", route.failure)
    return {**told, "responses": {status: response(answer, schemas) for status, answer in answers.items()}}


def security(need: Need) -> list[Document]:
    """What whoever asks may prove himself with; {}: nothing is needed, everywhere or where octi asks nobody."""
    if need.scope is None:
        return [Document()]
    keyed: list[Document] = [Document(), {KEY: [need.scope.value]}, {TOKEN: [need.scope.value]}]
    return [*keyed, {SECRET: []}] if need.secret else keyed


def refusals(need: Need, failure: Any) -> Mapping[str, Answer]:
    """What is answered to whoever may not."""
    if need.scope is None:
        return {}
    told = {"WWW-Authenticate": "What is wanted."}
    return {
        "401": Answer("What was brought opens nothing, or nothing was brought.", failure, headers=told),
        "403": Answer(f"It has not the scope `{need.scope}`; or a page of this origin may not.", failure),
    }


def parameter(query: Query) -> Document:
    """A parameter of a path, a query or a header."""
    return {
        "name": query.name,
        "in": query.place,
        "required": query.place == "path",
        "description": query.meaning,
        "schema": dict(query.schema),
    }


def body_of(body: Body, schemas: Mapping[Any, Document]) -> Document:
    """What a request brings."""
    return {"required": body.required, "content": content(body, schemas)}


def response(answer: Answer, schemas: Mapping[Any, Document]) -> Document:
    """One answer."""
    told: Document = {"description": answer.meaning}
    if answer.headers:
        text = {"type": "string"}
        told["headers"] = {name: {"description": said, "schema": text} for name, said in answer.headers.items()}
    if found := content(answer, schemas):
        told["content"] = found
    return told


def content(said: Answer | Body, schemas: Mapping[Any, Document]) -> Document:
    """What is in a body, by its content type."""
    told: Document = {kind: {"schema": dict(schema)} for kind, schema in said.other.items()}
    return {JSON: {"schema": schemas[said.shape]}, **told} if said.shape else told


def tidied(schema: Any, *, discriminators: bool = True) -> Any:
    """A schema with its descriptions as prose, not indented as here. AsyncAPI has discriminators of another kind."""
    match schema:
        case dict():
            return {
                name: inspect.cleandoc(value)
                if name == "description" and isinstance(value, str)
                else tidied(value, discriminators=discriminators)
                for name, value in schema.items()
                if discriminators or name != "discriminator"
            }
        case list():
            return [tidied(each, discriminators=discriminators) for each in schema]
        case _:
            return schema
