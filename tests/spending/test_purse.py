"""octi/spending/purse: what one session has spent, and how it stands. `tests/session/test_spending.py` has the rest."""

from decimal import Decimal
from typing import Any

import pytest

from octi.accounts import Account, Figure, Whose
from octi.errors import BadModel
from octi.records import UsageKind, UsageRecord
from octi.spending.purse import NoPurse, Purse, Standing, purse_for
from octi.spending.treasury import Treasury
from octi.store.memory import MemoryStore
from tests.contract.test_calls_and_usages import make_usage
from tests.spending.payers import DAY, NOON, allowed, record_of, treasury_of

ALL = Account(DAY, Whose.ALL, "", "", Figure.MONEY)


def spender(name: str = "s", treasury: Treasury | None = None, **tables: Any) -> tuple[Purse, Treasury]:
    treasury = treasury or treasury_of(allowed(**tables), MemoryStore())
    return purse_for(treasury, record_of(name)), treasury


def costing(cents: int, name: str = "r", **changes: Any) -> UsageRecord:
    usage = f'{{"output_token_details":{{"text_tokens":{cents}}}}}'
    return make_usage(name, usage=usage, cost=str(Decimal(cents) / 100), counted_at=NOON, **changes)


def test_a_row_that_is_told_again_is_charged_its_difference() -> None:
    """In the session's own sums and in the day's."""
    purse, treasury = spender(session={"money": "1.00"}, day={"money": "9"})
    purse.charge(costing(40))
    purse.charge(costing(50))
    assert treasury.spent(ALL) == Decimal("0.50")
    purse.charge(costing(50, "s"))
    assert purse.standing().over is not None


def test_what_an_earlier_life_kept_is_not_charged_again() -> None:
    """It counts for the session alone: the day knows of it."""
    purse, treasury = spender(session={"money": "1.00"}, day={"money": "9"})
    purse.charge(costing(30, "now"))
    purse.recall([costing(70, "before"), costing(30, "now")])
    assert treasury.spent(ALL) == Decimal("0.30")
    assert purse.standing().over is not None


def test_a_session_stands_well_then_is_warned_then_has_a_last_word_then_none() -> None:
    """By what its answers took so far."""
    purse, _ = spender(session={"money": "1.00"})
    assert purse.standing() == Standing()
    purse.charge(costing(4, "a"))
    assert purse.standing() == Standing()
    purse.charge(costing(87, "b", kind=UsageKind.TRANSCRIPTION))
    assert purse.standing().warn
    purse.charge(costing(7, "c"))
    standing = purse.standing()
    assert (standing.over, standing.goodbye) == (None, False)  # 2 cents, and an answer takes 7
    assert standing.last is not None
    purse.charge(costing(2, "d"))
    assert purse.standing().over is not None


def test_others_may_not_spend_what_is_set_aside() -> None:
    """Until the answer for which it was has ended."""
    one, treasury = spender("one", day={"money": "1.00"})
    other, _ = spender("other", treasury)
    one.charge(costing(60))
    assert one.begin() is None
    assert other.begin() is not None  # 60 cents spent, 60 set aside
    one.end()
    assert other.begin() is None


def test_an_answer_that_is_asked_for_and_then_begins_is_held_once() -> None:
    purse, treasury = spender(day={"money": "9.00"})
    purse.charge(costing(10))
    purse.begin()
    purse.begin()
    assert treasury.held_by_others(record_of("x").id, ALL) == Decimal("0.10")


def test_a_model_without_a_price_is_not_free() -> None:
    """Where there is a budget of money; a budget of tokens counts them all the same."""
    row = make_usage(usage='{"output_tokens":7}', model="unheard-of", counted_at=NOON)
    with pytest.raises(BadModel, match="unheard-of"):
        spender(day={"money": "1"})[0].charge(row)
    tokens, treasury = spender(day={"tokens": 7})
    tokens.charge(row)
    assert treasury.spent(ALL._replace(figure=Figure.TOKENS)) == 7


def test_only_who_has_a_budget_of_audio_counts_it() -> None:
    assert spender(day={"audio_seconds": 1})[0].counts_audio
    assert not spender(day={"money": "1"})[0].counts_audio


async def test_who_has_no_purse_may_anything() -> None:
    """And nothing gets a price."""
    purse: Purse = NoPurse()
    assert not purse.bounded
    assert purse.begin() is None
    assert purse.standing() == Standing()
    assert purse.price(costing(1)) == costing(1)
    await purse.refresh()


def test_without_a_budget_a_row_has_its_price_all_the_same() -> None:
    purse, _ = spender()
    assert (purse.bounded, purse.price(costing(3)).cost) == (False, "0.03")
