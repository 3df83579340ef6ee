"""octi/budget_config: the settings of what may be spent."""

import pytest

from octi.budget_config import money, share, words
from octi.config import read_config
from octi.errors import BadConfig


def test_all_budgets_are_off() -> None:
    """Nobody who set none has one."""
    budgets = read_config({}).budgets
    assert not any((budgets.session, budgets.user_day, budgets.tenant_day, budgets.day))
    assert not any((budgets.audio_user_day, budgets.audio_tenant_day, budgets.audio_day))
    assert not any((budgets.tokens_user_day, budgets.tokens_tenant_day, budgets.tokens_day))
    assert (budgets.warn_at, budgets.away_answers) == ("0.9", 3)


def test_amounts_are_kept_as_they_are_written() -> None:
    """No float comes between."""
    budgets = read_config({"OCTI_BUDGET_DAY": " 0.10 ", "OCTI_TOKENS_USER_DAY": "100000"}).budgets
    assert (budgets.day, budgets.tokens_user_day) == ("0.10", 100_000)


@pytest.mark.parametrize(("name", "said"), [("OCTI_BUDGET_DAY", "5 USD"), ("OCTI_BUDGET_WARN_AT", "90")])
def test_what_is_no_amount_is_said_so(name: str, said: str) -> None:
    with pytest.raises(BadConfig, match=name):
        read_config({name: said})


@pytest.mark.parametrize(("parse", "said"), [(money, "-1"), (money, "1e9"), (share, "1.5"), (words, "x" * 2001)])
def test_parsers_refuse_the_rest(parse: object, said: str) -> None:
    with pytest.raises(ValueError, match=r"an amount|a share|at most"):
        parse(said)  # type: ignore[operator]  # any of the three
