"""octi/store/tables.py: the schema and the records say the same."""

from typing import Any, get_args

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from octi.records import (
    Development,
    DevelopmentKind,
    Extraction,
    Role,
    SecretRecord,
    SessionRecord,
    SessionState,
    Turn,
)
from octi.store import tables
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
GAP = Development(session=SessionId("s"), id="d", kind=DevelopmentKind.GAP, at=1.0, body="{}")
SECRET = SecretRecord(digest="d", session=SessionId("s"), config="{}", created_at=1.0, expires_at=2.0)
DIALECTS = [sa.make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql")]
PAIRS = [
    (tables.sessions, SessionRecord),
    (tables.turns, Turn),
    (tables.developments, Development),
    (tables.secrets, SecretRecord),
]


@pytest.mark.parametrize(("table", "record"), PAIRS)
def test_a_table_has_the_fields_of_its_record(table: sa.Table, record: type[attrs.AttrsInstance]) -> None:
    """In the same order; a new field without a column fails here. The store's own columns come after them."""
    fields = [field.name for field in attrs.fields(record)]
    own = ["revision"] if table in {tables.turns, tables.developments} else []
    assert [column.name for column in table.columns] == [*fields, *own]


@pytest.mark.parametrize(("table", "record"), PAIRS)
def test_a_column_may_be_empty_where_the_field_may_be_none(table: sa.Table, record: type[attrs.AttrsInstance]) -> None:
    """And nowhere else."""
    optional = {field.name for field in attrs.fields(record) if type(None) in get_args(field.type)}
    assert {column.name for column in table.columns if column.nullable} == optional


def test_a_session_survives_the_way_to_columns_and_back() -> None:
    """The ended one too."""
    ended = SESSION.end(at=2.0, by="client", reason="gone")
    assert tables.session_of(tables.columns_of(SESSION)) == SESSION
    assert tables.session_of(tables.columns_of(ended)) == ended


def test_a_turn_survives_the_way_to_columns_and_back() -> None:
    """With its role."""
    assert tables.turn_of(tables.columns_of(TURN)) == TURN


def test_a_development_survives_the_way_to_columns_and_back() -> None:
    """With its kind."""
    assert tables.development_of(tables.columns_of(GAP)) == GAP


def test_a_secret_survives_the_way_to_columns_and_back() -> None:
    """Also one that names no session."""
    for secret in (SECRET, attrs.evolve(SECRET, session=None)):
        assert tables.secret_of(tables.columns_of(secret)) == secret


def test_a_revision_is_read_beside_its_row() -> None:
    """It is no part of it: what was said does not depend on when it was stored."""
    row = {**tables.columns_of(TURN), "revision": 7}
    assert (tables.revision_of(row), tables.turn_of(row)) == (7, TURN)
    row = {**tables.columns_of(GAP), "revision": 8}
    assert (tables.revision_of(row), tables.development_of(row)) == (8, GAP)


def test_enums_are_plain_text_in_columns() -> None:
    """A driver that treats enums in its own way never sees one."""
    values = [value for row in (SESSION, TURN, GAP, SECRET) for value in tables.columns_of(row).values()]
    assert {type(value) for value in values} == {str, int, float, bool, type(None)}


def test_a_word_that_octi_does_not_know_is_an_error() -> None:
    """Not a session in a state of its own."""
    with pytest.raises(ValueError, match="asleep"):
        tables.session_of({**tables.columns_of(SESSION), "state": "asleep"})
    with pytest.raises(ValueError, match="never"):
        tables.session_of({**tables.columns_of(SESSION), "extraction": "never"})
    with pytest.raises(ValueError, match="rumour"):
        tables.development_of({**tables.columns_of(GAP), "kind": "rumour"})


def test_words_come_back_as_enums() -> None:
    """Each with its own type."""
    kept = tables.session_of(tables.columns_of(SESSION))
    kinds = (type(kept.state), type(kept.extraction), type(tables.development_of(tables.columns_of(GAP)).kind))
    assert kinds == (SessionState, Extraction, DevelopmentKind)


def test_a_column_that_came_later_has_the_default_of_its_field() -> None:
    """What an older octi writes is what a newer one would have made."""
    fields = attrs.fields_dict(SessionRecord)
    spelled = {name: str(default.arg) for name, default in defaults(tables.sessions).items()}
    assert spelled.pop("resumable") == "false"
    assert spelled == {name: fields[name].default for name in spelled}
    assert list(defaults(tables.turns)) == ["revision"]


def defaults(table: sa.Table) -> dict[str, Any]:
    return {column.name: column.server_default for column in table.columns if column.server_default is not None}


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
