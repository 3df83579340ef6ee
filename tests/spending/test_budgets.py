"""octi/spending/budgets: which accounts a budget is about, and what is said when it is spent."""

from decimal import Decimal

import pytest

from octi.accounts import Account, Figure, Owner, Whose
from octi.config import read_config
from octi.errors import BadConfig
from octi.guard.rules import Rules
from octi.pricing.prices import FREE
from octi.spending.budgets import Budget, budgets_in, check_prices, rule_from
from tests.spending.payers import PRICES, allowed


def test_the_settings_are_a_rule_for_everybody() -> None:
    """Each in its table."""
    said = {
        "OCTI_BUDGET_SESSION": "1",
        "OCTI_BUDGET_USER_DAY": "2",
        "OCTI_BUDGET_TENANT_DAY": "3",
        "OCTI_BUDGET_DAY": "4",
        "OCTI_AUDIO_SECONDS_USER_DAY": "5",
        "OCTI_AUDIO_SECONDS_TENANT_DAY": "6",
        "OCTI_AUDIO_SECONDS_DAY": "7",
        "OCTI_TOKENS_USER_DAY": "8",
        "OCTI_TOKENS_TENANT_DAY": "9",
        "OCTI_TOKENS_DAY": "10",
        "OCTI_BUDGET_WARN_AT": "0.5",
    }
    rule = rule_from(read_config(said).budgets)
    assert {budget.name: int(budget.limit) for budget in budgets_in(rule)} == {
        "session.money": 1,
        "user_day.money": 2,
        "user_day.tokens": 8,
        "user_day.audio_seconds": 5,
        "tenant_day.money": 3,
        "tenant_day.tokens": 9,
        "tenant_day.audio_seconds": 6,
        "day.money": 4,
        "day.tokens": 10,
        "day.audio_seconds": 7,
    }
    assert rule.warning == Decimal("0.5")


@pytest.mark.parametrize(
    ("whose", "tenant", "user"), [(Whose.USER, "t", "u"), (Whose.TENANT, "t", ""), (Whose.ALL, "", "")]
)
def test_a_days_budget_is_an_account(whose: Whose, tenant: str, user: str) -> None:
    budget = Budget("x", whose, Figure.MONEY, Decimal(1))
    assert budget.account(Owner("t", "u"), "d") == Account("d", whose, tenant, user, "money")
    assert Budget("x", None, Figure.MONEY, Decimal(1)).account(Owner("t", "u"), "d") is None


def test_a_days_budget_comes_back_at_midnight() -> None:
    """A session's own does not. What is left of a second is a whole one."""
    day = Budget("user_day.tokens", Whose.USER, Figure.TOKENS, Decimal(1000)).spent("USD", 59.2)
    assert (day.budget, day.most, day.wait_s) == ("user_day.tokens", "1000 tokens", 60.0)
    own = Budget("session.money", None, Figure.MONEY, Decimal("1.50")).spent("EUR", 59.2)
    assert (own.most, own.wait_s) == ("1.50 EUR", None)


def test_a_budget_of_money_needs_prices() -> None:
    """octi does not start where something would be free only because nobody knows its price."""
    rules = allowed(session={"money": "1"})
    with pytest.raises(BadConfig, match="needs the price of x, y: should be in the file that OCTI_PRICES names"):
        check_prices(rules, ["m", "x", "", "y", "x"], PRICES)
    check_prices(rules, ["m"], PRICES)
    check_prices(rules, ["x"], FREE)
    check_prices(allowed(day={"tokens": 1}), ["x"], PRICES)
    check_prices(Rules(tenant={"a": rules.default}), ["m"], PRICES)
    with pytest.raises(BadConfig):
        check_prices(Rules(key={"a": rules.default}), ["x"], PRICES)
