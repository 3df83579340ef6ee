"""What new findings make of a profile."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.errors import BadMessage
from octi.extraction.profile import Change, Evidence, Found, Known, Profile, merged, profile_json, read_profile
from octi.extraction.schema import DEFAULT_SCHEMA, Value
from octi.units import ItemId

VALUES: st.SearchStrategy[Value] = st.one_of(
    st.text(max_size=3),
    st.booleans(),
    st.integers(0, 3),
    st.floats(0, 3),
    st.lists(st.text(max_size=2), max_size=2).map(tuple),
)
EVIDENCE = st.builds(
    Evidence,
    item=st.sampled_from("abc").map(ItemId),
    quote=st.text(max_size=5),
    at=st.none() | st.floats(0, 9),
    unsure=st.booleans(),
)
FOUND = st.dictionaries(st.sampled_from("xyz"), st.none() | st.builds(Found, VALUES, EVIDENCE))


def seen(value: Value, item: str = "item_1", *, unsure: bool = False) -> Found:
    return Found(value, Evidence(ItemId(item), f"words with {value}", 10.0, unsure))


def known(*findings: Found) -> Profile:
    profile = Profile()
    for found in findings:
        profile, _ = merged(profile, {"name": found})
    return profile


def test_the_first_finding_is_known_with_its_words() -> None:
    """Nothing was replaced."""
    profile, changes = merged(Profile(), {"name": seen("Anna"), "income": None})
    assert profile.known == {"name": Known("Anna", seen("Anna").evidence)}
    assert changes == (Change("name", None, profile.known["name"]),)


def test_nothing_found_never_overwrites() -> None:
    """Silence takes nothing back."""
    profile = known(seen("Anna"))
    assert merged(profile, {"name": None}) == (profile, ())
    assert merged(profile, {}) == (profile, ())


def test_an_equal_value_keeps_its_first_evidence() -> None:
    """Saying it again changes nothing."""
    profile = known(seen("Anna", "item_1"))
    assert merged(profile, {"name": seen("Anna", "item_2")}) == (profile, ())


def test_a_correction_replaces_and_remembers() -> None:
    """The new words, and the value that was there."""
    profile, changes = merged(known(seen("Anna", "item_1")), {"name": seen("Hannah", "item_2")})
    assert profile.known["name"] == Known("Hannah", seen("Hannah", "item_2").evidence, replaced="Anna")
    assert changes[0].is_of_value
    assert changes[0].old == Known("Anna", seen("Anna", "item_1").evidence)


def test_what_is_unsure_does_not_replace_what_is_sure() -> None:
    """But it does replace what is no surer."""
    assert known(seen("Anna"), seen("Tired", unsure=True)).known["name"].value == "Anna"
    assert known(seen("Anna", unsure=True), seen("Bert", unsure=True)).known["name"].value == "Bert"


def test_sure_words_for_an_unsure_value_become_its_evidence() -> None:
    """The value stays, and the change says so."""
    profile, changes = merged(known(seen("Anna", "item_1", unsure=True)), {"name": seen("Anna", "item_2")})
    assert profile.known["name"] == Known("Anna", seen("Anna", "item_2").evidence)
    assert [change.is_of_value for change in changes] == [False]


def test_true_is_not_one() -> None:
    """As Python would have it."""
    assert known(seen(1), seen(True)).known["name"].replaced == 1
    assert known(seen(3000), seen(3000.0)).known["name"].replaced is None


def test_values_are_all_fields_of_the_schema() -> None:
    """As the origin answers them: null where nothing is known."""
    profile, _ = merged(Profile(), {"first_name": seen("Anna"), "income": seen(3000), "other": seen("x")})
    assert profile.values(DEFAULT_SCHEMA) == {"first_name": "Anna", "last_name": None, "income": 3000}


@given(FOUND, FOUND)
def test_merging_twice_is_merging_once(before: dict[str, Found | None], found: dict[str, Found | None]) -> None:
    profile, _ = merged(Profile(), before)
    once, changes = merged(profile, found)
    assert merged(once, found) == (once, ())
    assert bool(changes) == (once != profile)


@given(FOUND, FOUND)
def test_nothing_known_is_forgotten(before: dict[str, Found | None], found: dict[str, Found | None]) -> None:
    profile, _ = merged(Profile(), before)
    assert profile.known.keys() <= merged(profile, found)[0].known.keys()


@given(FOUND, FOUND)
def test_a_profile_comes_back_from_json(before: dict[str, Found | None], found: dict[str, Found | None]) -> None:
    profile, _ = merged(merged(Profile(), before)[0], found)
    assert read_profile(json.loads(json.dumps(profile_json(profile)))) == profile


@pytest.mark.parametrize("value", [None, [], {"name": {}}, {"name": {"value": {}, "evidence": None}}])
def test_what_is_no_profile_is_refused(value: object) -> None:
    """With the place."""
    with pytest.raises(BadMessage):
        read_profile(value)
