"""octi/accounts: which accounts a row of usage counts in, and what it adds. `tests/contract` has the stores."""

from decimal import Decimal

import pytest

from octi.accounts import (
    Account,
    Figure,
    Owner,
    Whose,
    added,
    day_of,
    figures_of,
    forgotten_before,
    summed,
    to_midnight,
    written,
)
from octi.records import UsageKind
from tests.contract.test_calls_and_usages import make_usage

NOON = 1_795_348_800.0  # 2026-11-22, 12:00 UTC


def test_a_day_is_one_of_utc() -> None:
    """Wherever the machine stands."""
    assert (day_of(NOON), to_midnight(NOON)) == ("2026-11-22", 12 * 3600)
    assert day_of(NOON + to_midnight(NOON)) == "2026-11-23"


def test_midnight_is_a_whole_day_away_at_midnight() -> None:
    assert to_midnight(NOON + 12 * 3600) == 86_400


def test_accounts_are_kept_for_forty_days() -> None:
    assert forgotten_before("2026-11-22") == "2026-10-13"


@pytest.mark.parametrize("kind", [UsageKind.RESPONSE, UsageKind.TRANSCRIPTION, UsageKind.EXTRACTION])
def test_what_a_provider_bills_counts_as_money_and_tokens(kind: UsageKind) -> None:
    """Cached tokens are tokens, and a part of the input."""
    usage = '{"input_tokens":100,"output_tokens":20,"input_token_details":{"cached_tokens":60}}'
    assert figures_of(make_usage(kind=kind, usage=usage, cost="0.5")) == {
        Figure.MONEY: Decimal("0.5"),
        Figure.TOKENS: 120,
    }


def test_what_has_no_price_and_no_tokens_counts_for_nothing() -> None:
    assert figures_of(make_usage()) == {}
    assert figures_of(make_usage(usage="no json")) == {}


def test_a_row_in_the_place_of_another_adds_the_difference() -> None:
    """On its own day, in three accounts."""
    old, new = (make_usage(cost=cost, counted_at=NOON) for cost in ("0.30", "0.20"))
    accounts = [
        Account("2026-11-22", Whose.USER, "t", "u", Figure.MONEY),
        Account("2026-11-22", Whose.TENANT, "t", "", Figure.MONEY),
        Account("2026-11-22", Whose.ALL, "", "", Figure.MONEY),
    ]
    assert added(Owner("t", "u"), old, new) == dict.fromkeys(accounts, Decimal("-0.10"))
    assert added(Owner("t", "u"), new, new) == {}


def test_sums_leave_out_what_comes_to_nothing() -> None:
    account = Account("d", Whose.ALL, "", "", Figure.MONEY)
    assert summed([({account: Decimal(1)}, 1), ({account: Decimal("1.0")}, -1)]) == {}


@pytest.mark.parametrize(("amount", "text"), [("1E-9", "0.000000001"), ("1.50", "1.5"), ("1E+2", "100"), ("-0.0", "0")])
def test_an_amount_is_written_without_an_exponent(amount: str, text: str) -> None:
    assert written(Decimal(amount)) == text
