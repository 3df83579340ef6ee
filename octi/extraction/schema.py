"""What is wanted of a conversation: fields with types, from a JSON Schema, and the provider's strict form of it."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import attrs

from octi.errors import BadMessage

Value = str | int | float | bool | tuple[str, ...]
JsonObject = dict[str, object]

MOST_FIELDS = 32
MOST_CHOICES = 64
LONGEST_CHOICE = 80  # characters
LONGEST_DESCRIPTION = 1000
LONGEST_TEXT = 2000
LARGEST_NUMBER = 2.0**53  # past it a double, and so every JSON reader, loses units
FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
FORMATS = ("date", "email")  # of strings; the provider's strict mode takes more, the embedded extractor no others
ANNOTATIONS = {"title", "default", "examples", "$schema", "$id", "$comment", "nullable"}  # they constrain nothing


class Kind(StrEnum):
    """The types a field can have, by their names in JSON Schema."""

    TEXT = "string"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "boolean"
    LIST = "array"


@attrs.frozen(kw_only=True)
class Field:
    """One thing to find out. It may stay unknown. `choices` are a text's values, or those of a list's items."""

    name: str
    kind: Kind
    description: str = ""
    choices: tuple[str, ...] = ()
    format: str = ""

    def fitting(self, value: object) -> Value | None:
        """The value as this field keeps it, or None if it is not one: wrong type, empty, too large, no choice."""
        match self.kind:
            case Kind.TEXT:
                return self._text(value)
            case Kind.FLAG:
                return value if isinstance(value, bool) else None
            case Kind.INTEGER | Kind.NUMBER:
                return self._number(value)
            case Kind.LIST:
                return self._list(value)

    def strict(self) -> JsonObject:
        """The field in the form that the provider's strict mode takes: null is always allowed."""
        schema: JsonObject = {"type": [self.kind.value, "null"]}
        if self.kind is Kind.LIST:
            schema["items"] = {"type": "string"} | ({"enum": list(self.choices)} if self.choices else {})
        elif self.choices:
            schema["enum"] = [*self.choices, None]
        noted = {"description": self.description, "format": self.format}
        return schema | {key: text for key, text in noted.items() if text}

    def _text(self, value: object) -> str | None:
        text = value.strip() if isinstance(value, str) else ""
        fits = text in self.choices if self.choices else 0 < len(text) <= LONGEST_TEXT
        return text if fits else None

    def _number(self, value: object) -> int | float | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_NUMBER:
            return None
        whole = math.floor(value)
        return whole if whole == value else value if self.kind is Kind.NUMBER else None

    def _list(self, value: object) -> tuple[str, ...] | None:
        if not isinstance(value, list | tuple) or len(value) > MOST_CHOICES:
            return None
        texts = [self._text(item) for item in value]
        return tuple(text for text in texts if text) or None if all(texts) else None


@attrs.frozen
class ProfileSchema:
    """The fields of a profile, in their order."""

    fields: tuple[Field, ...]

    def strict(self) -> JsonObject:
        """JSON Schema in strict form: nothing additional, everything required, null where nothing is known."""
        return strict_object({field.name: field.strict() for field in self.fields})


def strict_object(properties: Mapping[str, JsonObject]) -> JsonObject:
    """An object's schema in strict form."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


DEFAULT_SCHEMA = ProfileSchema((
    Field(name="first_name", kind=Kind.TEXT, description="The user's first name."),
    Field(name="last_name", kind=Kind.TEXT, description="The user's last name."),
    Field(name="income", kind=Kind.NUMBER, description="The user's income per month, as a number."),
))  # fmt: skip


def read_schema(value: object, param: str = "schema") -> ProfileSchema:
    """An operator's JSON Schema. `param` is its name in what the operator sent.

    Taken: an object whose properties are strings, with `enum` or a `format` of date or email, integers, numbers,
    booleans, and arrays of strings. `required` and nullability say nothing here: every field may stay unknown.

    Raises BadMessage that names the field at fault.
    """
    schema = _object(value, param)
    _only(schema, {"type", "properties", "required", "additionalProperties", "description"}, param)
    if schema.get("type", "object") != "object":
        raise BadMessage("must be the schema of an object", f"{param}.type")
    properties = _object(schema.get("properties"), f"{param}.properties")
    if not 1 <= len(properties) <= MOST_FIELDS:
        raise BadMessage(f"must have 1 to {MOST_FIELDS} properties, not {len(properties)}", f"{param}.properties")
    return ProfileSchema(tuple(_fields(properties, f"{param}.properties")))


def _fields(properties: Mapping[str, object], param: str) -> Iterator[Field]:
    for name, value in properties.items():
        place = f"{param}.{name[:64]}"
        if not FIELD_NAME.fullmatch(name):
            raise BadMessage("a name has 1 to 64 letters, digits, _ and -, and begins with no digit", place)
        yield _field(name, _object(value, place), place)


def _field(name: str, schema: Mapping[str, object], param: str) -> Field:
    schema = _without_null(schema, param)
    _only(schema, {"type", "description", "enum", "items", "format"}, param)
    kind = _kind(schema, param)
    items = _items(schema, param) if kind is Kind.LIST else schema
    if "enum" in items and kind not in {Kind.TEXT, Kind.LIST}:
        raise BadMessage("only strings and items of arrays have choices", f"{param}.enum")
    return Field(
        name=name,
        kind=kind,
        description=_text(schema.get("description", ""), LONGEST_DESCRIPTION, f"{param}.description"),
        choices=_choices(items["enum"], f"{param}.enum") if "enum" in items else (),
        format=_format(schema, kind, param),
    )


def _without_null(schema: Mapping[str, object], param: str) -> Mapping[str, object]:
    """`anyOf: [{…}, {"type": "null"}]`, as many libraries write what may be null, as the one schema that it means."""
    if "anyOf" not in schema:
        return schema
    ways = _sequence(schema["anyOf"], f"{param}.anyOf")
    real = [way for way in ways if way != {"type": "null"}]
    if len(real) != 1:
        raise BadMessage("must be one schema, or one and null", f"{param}.anyOf")
    outer = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**outer, **_object(real[0], f"{param}.anyOf")}


def _kind(schema: Mapping[str, object], param: str) -> Kind:
    said = schema.get("type", "string" if "enum" in schema else None)
    kinds = [kind for kind in said if kind != "null"] if isinstance(said, list | tuple) else [said]
    if len(kinds) != 1 or not isinstance(kinds[0], str) or kinds[0] not in list(Kind):
        raise BadMessage(f"must be one of {', '.join(Kind)}, or one of them and null", f"{param}.type")
    return Kind(kinds[0])


def _items(schema: Mapping[str, object], param: str) -> Mapping[str, object]:
    items = _object(schema.get("items"), f"{param}.items")
    _only(items, {"type", "enum", "description"}, f"{param}.items")
    if items.get("type", "string") != "string":
        raise BadMessage("must be string: other lists are not kept", f"{param}.items.type")
    return items


def _choices(value: object, param: str) -> tuple[str, ...]:
    said = [choice for choice in _sequence(value, param) if choice is not None]
    choices = tuple(_text(choice, LONGEST_CHOICE, param) for choice in said)
    if not 1 <= len(choices) <= MOST_CHOICES or len(set(choices)) < len(choices) or "" in choices:
        raise BadMessage(f"must be 1 to {MOST_CHOICES} different strings, none of them empty", param)
    if any(choice != choice.strip() for choice in choices):
        raise BadMessage("must have no space around a choice", param)
    return choices


def _format(schema: Mapping[str, object], kind: Kind, param: str) -> str:
    said = schema.get("format", "")
    if said and (said not in FORMATS or kind is not Kind.TEXT or "enum" in schema):
        raise BadMessage(f"must be one of {', '.join(FORMATS)}, of a string without choices", f"{param}.format")
    return str(said or "")


def _only(schema: Mapping[str, object], known: set[str], param: str) -> None:
    for keyword in schema:
        if keyword not in known | ANNOTATIONS:
            raise BadMessage("this keyword is not supported here", f"{param}.{keyword[:64]}")


def _object(value: object, param: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise BadMessage("must be an object", param, "invalid_type")
    return value


def _sequence(value: object, param: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise BadMessage("must be an array", param, "invalid_type")
    return value


def _text(value: object, longest: int, param: str) -> str:
    if not isinstance(value, str):
        raise BadMessage("must be a string", param, "invalid_type")
    if len(value) > longest:
        raise BadMessage(f"must have at most {longest} characters", param, "string_above_max_length")
    return value
