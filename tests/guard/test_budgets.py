"""octi/guard/budgets: what the file of rules says of spending, and what a narrower rule leaves to a wider one."""

from decimal import Decimal

import msgspec
import pytest

from octi.guard.budgets import Allowance, BudgetRule
from octi.guard.caller import Caller
from octi.guard.rules import rules_in

FILE = """
[default.budgets]
warn_at = "0.8"
[default.budgets.session]
money = "1.00"
[default.budgets.user_day]
money = "5"
audio_seconds = 3600

[tenant.acme.budgets.user_day]
money = "7.50"

[key.tests.budgets.session]
money = "0"
"""


def test_a_narrower_rule_leaves_what_it_does_not_say() -> None:
    """Figure by figure; 0 is any amount, so a key may be free of what holds for all."""
    rules = rules_in("f", lambda _: FILE)
    acme = rules.of(Caller(tenant="acme")).budgets
    assert acme.user_day == Allowance(money="7.50", audio_seconds=3600)
    assert (acme.session.money, acme.warning) == ("1.00", Decimal("0.8"))
    tests = rules.of(Caller(tenant="acme", key="tests")).budgets
    assert list(tests.limits()) == [
        ("user_day", "money", Decimal("7.50")),
        ("user_day", "audio_seconds", Decimal(3600)),
    ]


def test_nothing_is_limited_by_itself() -> None:
    """Budgets are off; a warning is at nine tenths."""
    assert list(BudgetRule().limits()) == []
    assert BudgetRule().warning == Decimal("0.9")


@pytest.mark.parametrize("said", ["-1", "1e3", "1,5", "", "5 USD", "1.0000000001"])
def test_money_is_a_plain_decimal(said: str) -> None:
    """As text: a number of TOML would not be exact."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"session": {"money": said}}, BudgetRule)


@pytest.mark.parametrize("said", ["1.1", "2", "-0.5", "90%"])
def test_a_share_is_a_part_of_a_whole(said: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"warn_at": said}, BudgetRule)
