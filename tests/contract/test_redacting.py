"""What every store promises of rows that are redacted: what is taken out was never written."""

import attrs
import pytest

from octi.records import Row, Turn
from octi.store import open_store
from octi.units import SessionId
from tests.contract.test_store import make_session, make_turn

S = SessionId("s")


def whisper(row: Row) -> Row:
    return attrs.evolve(row, text=row.text.replace("secret", "[word]")) if isinstance(row, Turn) else row


@pytest.mark.parametrize("left", [False, True])
async def test_rows_are_redacted_before_they_are_written(url: str, left: bool) -> None:
    """Those that somebody waits for, and those that are left."""
    async with open_store(url, whisper) as store:
        rows: list[Row] = [make_session(), make_turn(0, "my secret")]
        if left:
            store.leave(rows)
        await store.save([make_session("other")] if left else rows)
        assert [turn.text for turn in await store.turns(S)] == ["my [word]"]
