"""octi/store/tables.py: the schema and the records say the same."""

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from octi.records import Role, SessionRecord, Turn
from octi.store import tables
from octi.store.base import Change
from octi.units import ItemId, Milliseconds, SessionId

SESSION = SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=1.0)
TURN = Turn(
    session=SessionId("s"),
    item=ItemId("i"),
    position=0,
    role=Role.USER,
    text="oui",
    start_ms=Milliseconds(0),
    end_ms=Milliseconds(900),
)
DIALECTS = [sa.make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql")]
PAIRS = [(tables.sessions, SessionRecord), (tables.turns, Turn)]


@pytest.mark.parametrize(("table", "record"), PAIRS)
def test_a_table_has_the_fields_of_its_record(table: sa.Table, record: type[attrs.AttrsInstance]) -> None:
    """In the same order; a new field without a column fails here. The store's own columns come after them."""
    fields = [field.name for field in attrs.fields(record)]
    own = ["revision"] if table is tables.turns else []
    assert [column.name for column in table.columns] == [*fields, *own]


@pytest.mark.parametrize(("table", "record"), PAIRS)
def test_a_column_may_be_empty_where_the_field_may_be_none(table: sa.Table, record: type[attrs.AttrsInstance]) -> None:
    """And nowhere else."""
    optional = {field.name for field in attrs.fields(record) if "None" in str(field.type)}
    assert {column.name for column in table.columns if column.nullable} == optional


def test_a_session_survives_the_way_to_columns_and_back() -> None:
    """The ended one too."""
    ended = SESSION.end(at=2.0, by="client", reason="gone")
    assert tables.session_of(tables.columns_of(SESSION)) == SESSION
    assert tables.session_of(tables.columns_of(ended)) == ended


def test_a_turn_survives_the_way_to_columns_and_back() -> None:
    """With its role."""
    assert tables.turn_of(tables.columns_of(TURN)) == TURN


def test_a_turn_comes_with_its_revision_if_it_is_asked_for() -> None:
    """And without it otherwise: what was said does not depend on when it was stored."""
    row = {**tables.columns_of(TURN), "revision": 7}
    assert tables.change_of(row) == Change(7, TURN)
    assert tables.turn_of(row) == TURN


def test_enums_are_plain_text_in_columns() -> None:
    """A driver that treats enums in its own way never sees one."""
    assert type(tables.columns_of(SESSION)["state"]) is str
    assert type(tables.columns_of(TURN)["role"]) is str


def test_a_state_that_octi_does_not_know_is_an_error() -> None:
    """Not a session in a state of its own."""
    with pytest.raises(ValueError, match="asleep"):
        tables.session_of({**tables.columns_of(SESSION), "state": "asleep"})


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_the_schema_can_be_spelled_for_both_databases(dialect: sa.Dialect) -> None:
    """Nothing in it belongs to one of them."""
    for table in tables.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))


def test_numbers_are_wide_enough_on_postgresql() -> None:
    """64 bits for integers and times, as on SQLite."""
    spelled = {
        str(column.type.compile(DIALECTS[1])) for table in tables.metadata.sorted_tables for column in table.columns
    }
    assert spelled == {"TEXT", "DOUBLE PRECISION", "BIGINT", "BOOLEAN"}
