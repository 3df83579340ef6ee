"""What the instructions tell of the user."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.engine.brains.profile import Profile, is_first_name, profile_in
from octi.extraction.composer import profile_layer
from octi.extraction.profile import Evidence, Found, merged
from octi.extraction.profile import Profile as Extracted
from octi.extraction.schema import Value, read_schema
from octi.units import ItemId

SCHEMA = read_schema(
    {"properties": {name: {"type": "string"} for name in ("first_name", "last_name", "income", "email")}}
)


def layer(**values: Value) -> str:
    """The layer as octi's composer writes it."""
    evidence = Evidence(ItemId("i"), "words", None, unsure=True)
    found = {name: Found(value, evidence) for name, value in values.items()}
    return profile_layer(merged(Extracted(), found)[0], SCHEMA)


def test_what_the_composer_writes_is_understood() -> None:
    """Whatever stands around it; also where the value is not certain."""
    told = profile_in(f"You are Aria.\n\n{layer(first_name='Anna', email='a@b.org')}\n\n# The conversation so far")
    assert told == Profile(("last_name", "income"), "Anna")


def test_a_whole_profile_misses_nothing() -> None:
    """And an empty one everything."""
    assert profile_in(layer(first_name="A", last_name="B", income="C", email="D")) == Profile((), "A")
    assert profile_in(layer()) == Profile(("first_name", "last_name", "income", "email"))
    assert profile_in("") == Profile()


def test_the_newest_layer_counts() -> None:
    """Should there be several."""
    assert profile_in(f"{layer()}\n\n{layer(first_name='Anna', last_name='B')}") == Profile(("income", "email"), "Anna")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('- first_name: "Anna"', "Anna"),
        ('- Prénom: "Zoé"', "Zoé"),
        ('- given_name: "Anna\\n Maria"', "Anna Maria"),
        ('- first_name: "%s"' % ("a" * 99), None),
        ('- first_name: "123"', None),
        ('- first_name: "Anna', None),
        ("- first_name: 5", None),
        ('- last_name: "Smith"', None),
        ('He said - first_name: "Anna"', None),
    ],
)
def test_a_first_name_is_a_name(line: str, name: str | None) -> None:
    """On a line of its own, in JSON, of a length that can be one."""
    assert profile_in(line).first_name == name


@pytest.mark.parametrize(
    "text", ["Still missing: . Ask once", "Still missing:", "I am Still missing: a. Ask once", "missing"]
)
def test_other_words_miss_nothing(text: str) -> None:
    """Only the composer's own line does."""
    assert profile_in(text).missing == ()


def test_fields_of_first_names_are_known_in_both_languages() -> None:
    """However they are written."""
    assert [is_first_name(name) for name in ("firstName", "prénom", "FIRST_NAME", "name")] == [True, True, True, False]


@given(st.text() | st.text().map(lambda text: f'- first_name: "{text}\nStill missing: {text}. Ask once'))
def test_instructions_may_say_anything(text: str) -> None:
    """Nothing in them raises."""
    told = profile_in(text)
    assert all(told.missing)
    assert told.first_name is None or told.first_name.strip()
