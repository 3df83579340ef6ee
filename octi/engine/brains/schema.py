"""What a function's JSON Schema says of its parameters. Schemas come from clients: nothing in them is trusted."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeGuard

import attrs

from octi.engine.brains.words import spaced, unaccented

EMPTY: Mapping[str, Any] = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "object": {},
    "null": None,
}


@attrs.frozen
class Param:
    """One parameter of a function. `schema` is its own part of the JSON Schema."""

    name: str
    schema: Mapping[str, Any]
    required: bool = False

    @property
    def hints(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(unaccented(spaced(self.name)).split())

    @property
    def kind(self) -> str:
        """Its JSON type; "choice" where the values are listed."""
        return "choice" if self.choices else _type(self.schema)

    @property
    def choices(self) -> Sequence[Any]:
        """The values it may take, where they are listed."""
        if "const" in self.schema:
            return [self.schema["const"]]
        listed = self.schema.get("enum")
        return listed if isinstance(listed, list) else []

    @property
    def format(self) -> str:
        """The schema's `format`; "" if there is none."""
        return str(self.schema.get("format") or "")

    @property
    def items(self) -> "Param":
        """What an array holds, as a parameter of the same name."""
        return Param(self.name, _resolved(self.schema.get("items")))


def params(parameters: Mapping[str, Any]) -> tuple[Param, ...]:
    """The parameters a schema declares, in its order."""
    properties, required = parameters.get("properties"), parameters.get("required")
    needed = required if isinstance(required, list) else []
    declared = properties if isinstance(properties, Mapping) else {}
    return tuple(Param(str(name), _resolved(schema), name in needed) for name, schema in declared.items())


def _resolved(schema: object) -> Mapping[str, Any]:
    """A schema, or the first of its alternatives that is not null."""
    if not isinstance(schema, Mapping):
        return {}
    for key in ("anyOf", "oneOf", "allOf"):
        options = schema.get(key)
        for option in options if isinstance(options, list) else []:
            if isinstance(option, Mapping) and option.get("type") != "null":
                return {**option, **{name: value for name, value in schema.items() if name != key}}
    return schema


def _type(schema: Mapping[str, Any]) -> str:
    declared = schema.get("type")
    kinds = declared if isinstance(declared, list) else [declared]
    known = [kind for kind in kinds if isinstance(kind, str) and kind in EMPTY]
    return next((kind for kind in known if kind != "null"), known[0] if known else "string")


def empty(param: Param) -> Any:
    """A value for what was not said and must be there: the schema's default, or the least its type allows."""
    if "default" in param.schema:
        return param.schema["default"]
    if param.choices:
        return param.choices[0]
    least = param.schema.get("minimum")
    if param.kind in ("integer", "number") and _is_number(least) and 0 < least < math.inf:
        return math.ceil(least)
    return EMPTY[param.kind]


def allows(param: Param, value: Fraction) -> bool:
    """Whether a number is of the parameter's type and within its bounds."""
    least, most = param.schema.get("minimum"), param.schema.get("maximum")
    whole = param.kind != "integer" or value.denominator == 1
    return whole and not (_is_number(least) and value < least) and not (_is_number(most) and value > most)


def _is_number(bound: object) -> TypeGuard[int | float]:
    return isinstance(bound, int | float) and not isinstance(bound, bool)
