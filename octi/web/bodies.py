"""A request's body, read strictly where octi reads it: a mistake raises BadMessage that names the field and the remedy.

What octi does not read is ignored, as the origins did: the content type, fields of other names. A null is a field that
was left out.
"""

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from quart import request

from octi.errors import BadMessage
from octi.nesting import tangle_in

BOM = b"\xef\xbb\xbf"  # some libraries write it; Node's took it
NAMES: Mapping[str, str] = {
    "str": "a string",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "object": "an object",
    "array": "an array",
    "null": "null",
}
_EXPECTED = re.compile(r"Expected `(?P<types>[^`]+)`(?P<limit>[^,]*?)(?:, got `[^`]*`)?(?: - at `(?P<place>[^`]+)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`(?: - at `(?P<place>[^`]+)`)?")
_OTHER = re.compile(r"(?P<words>.*?)(?: - at `(?P<place>[^`]+)`)?", re.DOTALL)

Word = Annotated[str, msgspec.Meta(max_length=256)]  # a name of something: a model, a voice, a session
Text = Annotated[str, msgspec.Meta(max_length=32_000)]  # what an agent is told; providers take little more
T = TypeVar("T")


class Named(msgspec.Struct):
    """What the origins' routes take that speak of a session. Whatever is no text is taken as left out, as they did."""

    sessionId: object = None
    callId: object = None
    clientSecret: object = None  # octi's: the secret that made the call, where octi cannot know it


async def asked(shape: type[T]) -> T:
    """The request's body as `shape`; no body is `{}`. Raises BadMessage."""
    return read(await request.get_data(cache=False, as_text=False, parse_form_data=False), shape)


def read(body: bytes, shape: type[T], whole: str = "the body") -> T:
    """JSON as `shape`; nothing is `{}`. `whole`: what the JSON is called in a complaint about all of it.

    Raises BadMessage.
    """
    if tangle := tangle_in(body):
        raise BadMessage(f"{whole} is {tangle}", code="invalid_json")
    try:
        return msgspec.json.decode(body.removeprefix(BOM).strip() or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise complaint(str(error), whole) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"{whole} must be a JSON object: {error}", code="invalid_json") from None


def complaint(said: str, whole: str) -> BadMessage:
    """What msgspec found wrong, in the words of those who sent it."""
    if found := _EXPECTED.fullmatch(said):
        problem = f"must be {_kind(found['types'])}{_limit(found['limit'])}"
    elif found := _MISSING.fullmatch(said):
        inner = field_at(found["place"])
        return BadMessage("is required", f"{inner}.{found['name']}" if inner else found["name"])
    else:
        found = _OTHER.fullmatch(said)
        assert found is not None, "it takes anything"
        problem = found["words"]
    param = field_at(found["place"])
    return BadMessage(problem, param) if param else BadMessage(f"{whole} {problem}")


def field_at(place: str | None) -> str | None:
    """`$.session.tools[0]` as a field's name, without the `$`; None for the whole."""
    return (place or "").removeprefix("$").removeprefix(".") or None


def _kind(types: str) -> str:
    """`str | null` in words: what may be null may be left out as well."""
    kinds = [kind for kind in types.split(" | ") if kind != "null"]
    named = " or ".join(NAMES.get(kind, kind) for kind in kinds) or "null"
    return f"{named}, or left out" if len(kinds) < len(types.split(" | ")) and kinds else named


def _limit(said: str) -> str:
    """` of length <= 256`, ` >= 10`, in words."""
    if found := re.fullmatch(r" of length <= (\d+)", said):
        return f" of at most {found[1]} characters"
    if found := re.fullmatch(r" (>=|<=) (-?\d+)", said):
        return f", {'at least' if found[1] == '>=' else 'at most'} {found[2]}"
    return said


def text_in(value: object) -> str | None:
    """A text that says something; None for whatever else a client sent."""
    return value if isinstance(value, str) and value else None
