"""What operators are told of live sessions, and what of it is new to each of them."""

from typing import Any

import msgspec
import pytest

from octi.session.summary import Doing
from octi.units import SessionId
from octi.web.console_board import ENTERING, REMEMBERED, STATES, Board, Row, entering_row, row_of
from octi.web.pages import FOLDER
from tests.web.standins import session
from tests.web.test_census import summary_of

A, B, C = SessionId("a"), SessionId("b"), SessionId("c")


def row(name: str, **changes: Any) -> Row:
    return row_of(summary_of(session(name, tenant=changes.pop("tenant", "")), **changes), 100.0)


def events(told: bytes) -> list[tuple[str, Any]]:
    """Type and data of each."""
    blocks = [block.split("\n") for block in told.decode().split("\n\n") if block]
    return [(kind.removeprefix("event: "), msgspec.json.decode(data.removeprefix("data: "))) for kind, data in blocks]


def test_a_row_tells_who_since_when_by_which_door_and_how_it_goes() -> None:
    """Of the queues those in which something waits."""
    whose = {"user": "ana", "tenant": "acme", "key": "shop"}
    summary = summary_of(
        session("a", **whose), wait_s=0.8125, depths={"rows": 3, "client_bytes": 0, "turns": 3}, doing=Doing.SPEAKING
    )
    assert row_of(summary, 100.0) == {
        "id": "a",
        **whose,
        "peer": "192.0.2.7",
        "began": 98.0,
        "since": "1970-01-01T00:01:38.000Z",
        "door": "octi",
        "upstream": "u",
        "model": "m",
        "doing": "speaking",
        "turns": 3,
        "waitMs": 812,
        "responses": 1,
        "tokens": 40,
        "queues": {"rows": 3},
    }


def test_a_beginning_does_not_shift_with_the_clocks() -> None:
    """Two readings of it differ by a little; another life of the session began at another time."""
    first = row_of(summary_of(session("a"), lasted_s=2.0), 100.0)
    assert row_of(summary_of(session("a"), lasted_s=7.01), 105.0, first) == first
    assert row_of(summary_of(session("a"), lasted_s=1.0), 105.0, first)["began"] == 104.0


def test_who_comes_fresh_is_told_everything() -> None:
    """And nothing that is for the board alone."""
    board = Board()
    assert events(board.told(-1, None)) == [("sessions", {"sessions": []})]
    board.write({A: row("a"), B: entering_row(B)})
    ((kind, data),) = events(board.told(-1, None))
    assert kind == "sessions"
    assert [told["id"] for told in data["sessions"]] == ["a", "b"]
    assert data["sessions"][1] == {"id": "b", "doing": ENTERING}
    assert all("began" not in told for told in data["sessions"])


def test_who_knows_the_last_version_is_told_what_changed() -> None:
    """Of a row only what is new in it; of a new one everything; of one that has gone its name."""
    board = Board()
    board.write({A: row("a")})
    known = board.version
    board.write({A: row("a", turns=4, doing=Doing.THINKING), B: row("b")})
    ((kind, data),) = events(board.told(known, None))
    assert kind == "changes"
    assert data["changed"][0] == {"id": "a", "turns": 4, "doing": "thinking"}
    assert data["changed"][1]["door"] == "octi"
    assert data["gone"] == []
    known = board.version
    board.write({B: row("b")})
    assert events(board.told(known, None)) == [("changes", {"changed": [], "gone": ["a"]})]


def test_what_has_not_changed_is_not_told() -> None:
    """Nor is it another version."""
    board = Board()
    board.write({A: row("a")})
    known = board.version
    board.write({A: row("a")})
    assert (board.version, board.told(known, None)) == (known, b"")


def test_who_missed_a_few_changes_is_told_each() -> None:
    """In their order."""
    board = Board()
    board.write({A: row("a")})
    known = board.version
    for turns in (4, 5, 6):
        board.write({A: row("a", turns=turns)})
    assert [data["changed"][0]["turns"] for _, data in events(board.told(known, None))] == [4, 5, 6]


def test_who_was_away_for_long_is_told_everything() -> None:
    """What is remembered is bounded, however slow somebody reads."""
    board = Board()
    board.write({A: row("a")})
    known = board.version
    for turns in range(REMEMBERED + 1):
        board.write({A: row("a", turns=turns + 10)})
    ((kind, data),) = events(board.told(known, None))
    assert (kind, data["sessions"][0]["turns"]) == ("sessions", REMEMBERED + 10)


def test_a_tenants_operator_is_told_of_its_own_sessions_alone() -> None:
    """Whole, changed or gone; of one that only begins nobody knows whose it is."""
    board = Board()
    ours, theirs = row("a", tenant="acme"), row("b", tenant="other")
    board.write({A: ours, B: theirs, C: entering_row(C)})
    ((_, data),) = events(board.told(-1, "acme"))
    assert [told["id"] for told in data["sessions"]] == ["a"]
    known = board.version
    board.write(
        {A: row("a", tenant="acme"), B: row("b", tenant="other", turns=9), SessionId("c"): row("c", tenant="acme")}
    )
    ((_, data),) = events(board.told(known, "acme"))
    assert [told["id"] for told in data["changed"]] == ["c"]
    assert data["changed"][0]["since"], "all of it, for it was not told before"
    known = board.version
    board.write({A: ours, C: row("c", tenant="acme")})
    assert board.told(known, "acme") == b""
    assert events(board.told(known, None)) == [("changes", {"changed": [], "gone": ["b"]})]


def test_what_is_told_is_made_once_for_all() -> None:
    """However many look."""
    board = Board()
    board.write({A: row("a")})
    known = board.version
    board.write({A: row("a", turns=5)})
    assert board.told(-1, None) is board.told(-1, None)
    assert board._steps[-1].told(None) is board._steps[-1].told(None)
    assert board.told(known, None) == board._steps[-1].told(None)


@pytest.mark.parametrize("state", STATES)
def test_the_page_has_words_for_every_state(state: str) -> None:
    """In both languages."""
    for language in ("english", "french"):
        assert f"  doing_{state}: " in (FOLDER / f"console/{language}.js").read_text(encoding="utf-8")
