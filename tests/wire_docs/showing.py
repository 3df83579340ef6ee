"""A message of the wire as people read it: its fields, what they may hold, and an example. From its class alone."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import msgspec
from msgspec import inspect as types

Message = type[msgspec.Struct]


@attrs.frozen
class Row:
    """One field."""

    name: str
    kind: str
    required: bool
    meaning: str


def tag_of(message: Message) -> str:
    """What its `type` says."""
    return str(message.__struct_config__.tag)


def meaning_of(message: Message) -> str:
    """Its docstring, in one line."""
    return " ".join(inspect.cleandoc(message.__doc__ or "").split())


def meaning_of_error(kind: type[Exception]) -> str:
    """The first line of its docstring."""
    return (kind.__doc__ or "").strip().splitlines()[0]


def struct_info(message: Message) -> types.StructType:
    """What msgspec knows of it."""
    found = types.type_info(message)
    assert isinstance(found, types.StructType)
    return found


def rows(message: Message) -> Iterator[Row]:
    """Its fields, without the `type`."""
    for field in struct_info(message).fields:
        yield Row(field.encode_name, kind_of(field.type), field.required, said_of(field.type))


def said_of(kind: types.Type) -> str:
    """What is said of a field; with a choice of types, of the first of which anything is."""
    if isinstance(kind, types.Metadata):
        return str((kind.extra_json_schema or {}).get("description", "")) or said_of(kind.type)
    if isinstance(kind, types.UnionType):
        return next(filter(None, map(said_of, kind.types)), "")
    return ""


def kind_of(kind: types.Type) -> str:
    """What a field may hold, with its unit and its bounds."""
    match kind:
        case types.Metadata(type=inner, extra_json_schema=said):
            unit = (said or {}).get("x-unit")
            if (said or {}).get("contentEncoding"):
                return "base64"
            return f"{kind_of(inner)} ({unit})" if unit else kind_of(inner)
        case types.UnionType(types=choices):
            return " or ".join(dict.fromkeys(map(kind_of, choices)))
        case types.LiteralType(values=values):
            return " or ".join(f"`{msgspec.json.encode(value).decode()}`" for value in values)
        case types.StructType(cls=cls):
            return f"[{cls.__name__}](#{cls.__name__.lower()})"
        case types.ListType(item_type=inner):
            return f"list of {kind_of(inner)}" + _many(kind.min_length, kind.max_length)
        case types.StrType():
            return "text" + _bounds(kind.min_length, kind.max_length, "characters")
        case types.IntType():
            return "integer" + _bounds(kind.ge, kind.le)
        case types.FloatType():
            return "number" + _bounds(kind.ge, kind.le)
        case types.DictType():
            return "object" + _bounds(None, kind.max_length, "fields")
        case _:
            return PLAIN[type(kind)]


PLAIN: dict[type[types.Type], str] = {types.BoolType: "boolean", types.NoneType: "null", types.AnyType: "anything"}


def _bounds(least: float | None, most: float | None, what: str = "") -> str:
    if least is None and most is None:
        return ""
    said = f" {least:g} to {most:g}" if least is not None and most is not None else ""
    said = said or (f" from {least:g}" if least is not None else f" up to {most:g}")
    return f"{said} {what}".rstrip()


def _many(least: int | None, most: int | None) -> str:
    if least == most:
        return "" if least is None else f", exactly {least}"
    return "".join((f", at least {least}" if least else "", f", at most {most}" if most is not None else ""))


def parts_of(*messages: Message) -> Iterator[Message]:
    """The objects inside messages, each once, where it is first met."""
    seen: set[Message] = set(messages)
    waiting = [struct_info(message) for message in messages]
    while waiting:
        for found in inner_structs(waiting.pop(0)):
            if found.cls not in seen:
                seen.add(found.cls)
                waiting.append(found)
                yield found.cls


def inner_structs(info: types.StructType) -> Iterator[types.StructType]:
    """The objects that may stand in its fields."""
    for field in info.fields:
        yield from _structs_in(field.type)


def _structs_in(kind: types.Type) -> Iterator[types.StructType]:
    match kind:
        case types.StructType():
            yield kind
        case types.Metadata(type=inner) | types.ListType(item_type=inner):
            yield from _structs_in(inner)
        case types.UnionType(types=choices):
            for choice in choices:
                yield from _structs_in(choice)
        case _:
            pass


# Examples


def example(message: Message) -> dict[str, Any]:
    """One that its class takes: the fields that are required, and those of the others that bring an example."""
    return _of_struct(struct_info(message))


def _of_struct(info: types.StructType) -> dict[str, Any]:
    found: dict[str, Any] = {info.tag_field: info.tag} if info.tag_field else {}
    for field in info.fields:
        told = _told_example(field.type)
        if field.required:
            found[field.encode_name] = told[0] if told else _made(field.type)
        elif told and isinstance(field.type, types.Metadata):
            found[field.encode_name] = told[0]
    return found


def _told_example(kind: types.Type) -> list[Any]:
    if isinstance(kind, types.Metadata):
        return list((kind.extra_json_schema or {}).get("examples", ())) or _told_example(kind.type)
    if isinstance(kind, types.UnionType):
        return next(filter(None, map(_told_example, kind.types)), [])
    return []


def _made(kind: types.Type) -> Any:
    match kind:
        case types.Metadata(type=inner):
            return _made(inner)
        case types.UnionType(types=choices):
            return _made(choices[0])
        case types.LiteralType(values=values):
            return values[0]
        case types.StructType():
            return _of_struct(kind)
        case types.ListType(item_type=inner):
            told = _told_example(inner)
            return [told[0] if told else _made(inner)]
        case _:
            return MADE[type(kind)]()


MADE: dict[type[types.Type], Callable[[], Any]] = {
    types.StrType: lambda: "…",
    types.IntType: int,
    types.FloatType: float,
    types.BoolType: bool,
    types.DictType: dict,
    types.NoneType: lambda: None,
}
