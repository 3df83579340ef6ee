"""What steers an agent, as a value, and what the store keeps of it."""

import attrs
import msgspec
import pytest

from octi.errors import BadMessage, StoreFailed
from octi.extraction.composer import LayerName
from octi.extraction.profile import Evidence, Found
from octi.extraction.schema import DEFAULT_SCHEMA
from octi.records import Development, DevelopmentKind
from octi.steering.state import State, developed, read_state, schema_of
from octi.units import ItemId
from tests.steering.scenes import ME, NOW, PROMPT, body, record, turn

ANNA = {"first_name": Found("Anna", Evidence(ItemId("i0"), "I am Anna", NOW))}
HANNA = {"first_name": Found("Hanna", Evidence(ItemId("i2"), "no, Hanna", NOW + 2))}


def test_a_state_comes_back_from_what_is_kept() -> None:
    """The last of each kind counts."""
    first = State().saying({LayerName.BASE: PROMPT}).knowing(ANNA, DEFAULT_SCHEMA)
    second = first.knowing(HANNA, DEFAULT_SCHEMA)
    rows = developed(ME, State(), first, NOW) + developed(ME, first, second, NOW)
    assert [row.kind.value for row in rows] == ["profile", "instructions"] * 2
    assert read_state(rows, "another prompt") == second


def test_a_session_of_which_nothing_is_kept_has_the_base_prompt() -> None:
    """And an unknown user."""
    assert read_state([], PROMPT) == State().saying({LayerName.BASE: PROMPT})


def test_nothing_changed_is_nothing_kept() -> None:
    """The same said again."""
    state = State().knowing(ANNA, DEFAULT_SCHEMA)
    assert developed(ME, state, state.knowing(ANNA, DEFAULT_SCHEMA), NOW) == []


def test_a_correction_is_kept_with_both_utterances() -> None:
    """The value that it replaced, and the words for the one and for the other."""
    old = State().knowing(ANNA, DEFAULT_SCHEMA)
    profile, instructions = map(body, developed(ME, old, old.knowing(HANNA, DEFAULT_SCHEMA), NOW))
    assert profile["changes"] == [
        {
            "field": "first_name",
            "old": "Anna",
            "new": "Hanna",
            "item": "i2",
            "quote": "no, Hanna",
            "oldItem": "i0",
            "oldQuote": "I am Anna",
        }
    ]
    assert instructions["changed"] == ["profile"]
    assert '-- first_name: "Anna"\n+- first_name: "Hanna"' in str(instructions["diff"])


def test_a_first_value_replaces_nothing() -> None:
    """So there are no older words either."""
    profile, _ = map(body, developed(ME, State(), State().knowing(ANNA, DEFAULT_SCHEMA), NOW))
    (change,) = msgspec.convert(profile["changes"], list[dict[str, str | None]])
    assert (change["old"], change["oldItem"], change["oldQuote"]) == (None, None, None)


def test_a_renewed_state_tells_the_history_and_what_is_known() -> None:
    """Of an unknown user it says nothing."""
    turns = [turn(0, "I am Anna")]
    known = State().knowing(ANNA, DEFAULT_SCHEMA).saying({LayerName.PROFILE: ""}).renewed(turns, DEFAULT_SCHEMA)
    assert "User: I am Anna" in known.instructions.text
    assert '- first_name: "Anna"' in known.instructions.text
    assert "profile" not in State().renewed(turns, DEFAULT_SCHEMA).instructions.text


def test_a_layer_holds_what_a_store_can_hold() -> None:
    """So that what is told is what is kept."""
    assert State().saying({LayerName.NOTE: "a\0\ud800"}).instructions.text == "a\ufffd\ufffd"


def test_a_session_has_the_schema_that_it_was_made_with() -> None:
    """Or the default one."""
    assert schema_of(record()) == DEFAULT_SCHEMA
    assert schema_of(record(schema='{"properties":{"age":{"type":"integer"}}}')).fields[0].name == "age"


@pytest.mark.parametrize("schema", ["{", "[]", '{"properties":{}}'])
def test_what_is_no_schema_is_named(schema: str) -> None:
    """It should never have been kept."""
    with pytest.raises(BadMessage, match="schema"):
        schema_of(record(schema=schema))


@pytest.mark.parametrize("kind", [DevelopmentKind.PROFILE, DevelopmentKind.INSTRUCTIONS])
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"profile":3,"layers":3}'])
def test_a_development_that_octi_did_not_write_is_the_stores_fault(kind: DevelopmentKind, text: str) -> None:
    """Not the fault of whoever asks; and asking again does not help."""
    row = Development(session=ME, id="d", kind=kind, at=NOW, body=text)
    with pytest.raises(StoreFailed, match=f"the {kind} d of session me cannot be read") as caught:
        read_state([row], PROMPT)
    assert not caught.value.retryable


def test_a_gap_changes_nothing() -> None:
    """It is about the transcript."""
    rows = developed(ME, State(), State().knowing(ANNA, DEFAULT_SCHEMA), NOW)
    gap = attrs.evolve(rows[0], kind=DevelopmentKind.GAP, body="{}")
    assert read_state([*rows, gap], PROMPT) == read_state(rows, PROMPT)
