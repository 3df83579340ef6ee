"""The schemas that an operator may give, and the provider's strict form of them."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.errors import BadMessage
from octi.extraction.schema import DEFAULT_SCHEMA, FIELD_NAME, Field, Kind, ProfileSchema, read_schema

NAMES = st.from_regex(FIELD_NAME, fullmatch=True)
TEXTS = st.text("abc é", min_size=1, max_size=12).filter(lambda text: text == text.strip())
CHOICES = st.lists(TEXTS, min_size=1, max_size=4, unique=True).map(tuple)
FIELDS = st.one_of(
    st.builds(Field, name=NAMES, kind=st.sampled_from(Kind), description=st.text(max_size=20)),
    st.builds(Field, name=NAMES, kind=st.sampled_from([Kind.TEXT, Kind.LIST]), choices=CHOICES),
    st.builds(Field, name=NAMES, kind=st.just(Kind.TEXT), format=st.sampled_from(["date", "email"])),
)
SCHEMAS = st.lists(FIELDS, min_size=1, max_size=5, unique_by=lambda field: field.name).map(tuple).map(ProfileSchema)


def of(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties}


def test_without_a_schema_it_is_the_origins() -> None:
    """Names, and an income by the month."""
    assert {field.name: field.kind.value for field in DEFAULT_SCHEMA.fields} == {
        "first_name": "string",
        "last_name": "string",
        "income": "number",
    }
    assert "month" in DEFAULT_SCHEMA.fields[2].description


def test_the_strict_form_requires_everything_and_lets_everything_be_null() -> None:
    """As the provider's strict mode wants it."""
    schema = read_schema(
        of(
            age={"type": "integer"},
            plan={"type": "string", "enum": ["a", "b"]},
            tags={"type": "array", "items": {"type": "string", "enum": ["x"]}, "description": "Tags."},
            born={"type": "string", "format": "date"},
        )
    )
    assert schema.strict() == {
        "type": "object",
        "properties": {
            "age": {"type": ["integer", "null"]},
            "plan": {"type": ["string", "null"], "enum": ["a", "b", None]},
            "tags": {
                "type": ["array", "null"],
                "items": {"type": "string", "enum": ["x"]},
                "description": "Tags.",
            },
            "born": {"type": ["string", "null"], "format": "date"},
        },
        "required": ["age", "plan", "tags", "born"],
        "additionalProperties": False,
    }


@given(SCHEMAS)
def test_the_strict_form_reads_as_the_same_schema(schema: ProfileSchema) -> None:
    assert read_schema(schema.strict()) == schema


@pytest.mark.parametrize(
    "written",
    [
        {"type": "string"},
        {"type": ["string", "null"]},
        {"type": ["null", "string"], "title": "Name", "default": None},
        {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Name"},
    ],
)
def test_what_may_be_null_can_be_written_in_the_usual_ways(written: object) -> None:
    """By hand, and as libraries generate it."""
    assert read_schema(of(name=written)).fields == (Field(name="name", kind=Kind.TEXT),)


@pytest.mark.parametrize(
    ("schema", "param"),
    [
        (None, "schema"),
        ([], "schema"),
        ({"type": "array"}, "schema.type"),
        ({"type": "object"}, "schema.properties"),
        (of(), "schema.properties"),
        (of(**{f"f{at}": {"type": "string"} for at in range(33)}), "schema.properties"),
        ({**of(a={"type": "string"}), "patternProperties": {}}, "schema.patternProperties"),
        (of(**{"1st": {"type": "string"}}), "schema.properties.1st"),
        (of(a="string"), "schema.properties.a"),
        (of(a={}), "schema.properties.a.type"),
        (of(a={"type": "object"}), "schema.properties.a.type"),
        (of(a={"type": ["string", "number"]}), "schema.properties.a.type"),
        (of(a={"type": {}}), "schema.properties.a.type"),
        (of(a={"type": "null"}), "schema.properties.a.type"),
        (of(a={"type": "string", "pattern": "x"}), "schema.properties.a.pattern"),
        (of(a={"type": "string", "format": "uuid"}), "schema.properties.a.format"),
        (of(a={"type": "string", "format": ["date"]}), "schema.properties.a.format"),
        (of(a={"type": "integer", "format": "date"}), "schema.properties.a.format"),
        (of(a={"type": "string", "enum": []}), "schema.properties.a.enum"),
        (of(a={"type": "string", "enum": ["x", "x"]}), "schema.properties.a.enum"),
        (of(a={"type": "string", "enum": [" x"]}), "schema.properties.a.enum"),
        (of(a={"type": "string", "enum": [1]}), "schema.properties.a.enum"),
        (of(a={"type": "string", "enum": "x"}), "schema.properties.a.enum"),
        (of(a={"type": "string", "enum": [f"c{at}" for at in range(65)]}), "schema.properties.a.enum"),
        (of(a={"type": "number", "enum": ["x"]}), "schema.properties.a.enum"),
        (of(a={"type": "array"}), "schema.properties.a.items"),
        (of(a={"type": "array", "items": {"type": "number"}}), "schema.properties.a.items.type"),
        (of(a={"type": "string", "description": "x" * 1001}), "schema.properties.a.description"),
        (of(a={"type": "string", "description": 1}), "schema.properties.a.description"),
        (of(a={"anyOf": [{"type": "string"}, {"type": "number"}]}), "schema.properties.a.anyOf"),
        (of(a={"anyOf": {}}), "schema.properties.a.anyOf"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(schema: object, param: str) -> None:
    """The operator reads which field, and what about it."""
    with pytest.raises(BadMessage) as refused:
        read_schema(schema)
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (Field(name="f", kind=Kind.TEXT), " Anna ", "Anna"),
        (Field(name="f", kind=Kind.TEXT), "  ", None),
        (Field(name="f", kind=Kind.TEXT), 3, None),
        (Field(name="f", kind=Kind.TEXT), "x" * 2001, None),
        (Field(name="f", kind=Kind.TEXT, choices=("a",)), "a", "a"),
        (Field(name="f", kind=Kind.TEXT, choices=("a",)), "b", None),
        (Field(name="f", kind=Kind.NUMBER), 3000.0, 3000),
        (Field(name="f", kind=Kind.NUMBER), 3000.5, 3000.5),
        (Field(name="f", kind=Kind.NUMBER), True, None),
        (Field(name="f", kind=Kind.NUMBER), math.inf, None),
        (Field(name="f", kind=Kind.NUMBER), math.nan, None),
        (Field(name="f", kind=Kind.NUMBER), 1e300, None),
        (Field(name="f", kind=Kind.INTEGER), 3.0, 3),
        (Field(name="f", kind=Kind.INTEGER), 3.5, None),
        (Field(name="f", kind=Kind.FLAG), False, False),
        (Field(name="f", kind=Kind.FLAG), 0, None),
        (Field(name="f", kind=Kind.LIST), ["a", "b "], ("a", "b")),
        (Field(name="f", kind=Kind.LIST), [], None),
        (Field(name="f", kind=Kind.LIST), ["a", 1], None),
        (Field(name="f", kind=Kind.LIST), "a", None),
        (Field(name="f", kind=Kind.LIST, choices=("a",)), ["b"], None),
    ],
)
def test_a_value_is_kept_as_its_field_keeps_it_or_not_at_all(field: Field, value: object, kept: object) -> None:
    """An integral number is an integer, so that JSON shows 3000."""
    fitting = field.fitting(value)
    assert fitting == kept
    assert type(fitting) is type(kept)


@given(FIELDS, st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_what_fits_once_fits_again(field: Field, value: object) -> None:
    """Any value is judged, none raises."""
    fitting = field.fitting(value)
    assert fitting is None or field.fitting(fitting) == fitting


def test_a_schema_is_read_from_any_mapping() -> None:
    """It need not be a dict."""
    schema: Mapping[str, object] = of(a={"type": "boolean"})
    assert read_schema(schema, "profile_schema").fields[0].kind is Kind.FLAG
