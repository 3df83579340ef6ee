"""octi/budgeting: a node's budgets, put together; what it keeps of extractions."""

from decimal import Decimal

import pytest

from octi.budgeting import budgets_for, check_budgets, extraction_row, models_in, with_settings
from octi.config import read_config
from octi.errors import BadConfig, OverBudget
from octi.guard.budgets import Allowance, BudgetRule
from octi.guard.caller import Caller
from octi.guard.rules import Rule, Rules
from octi.records import UsageKind
from octi.store.memory import MemoryStore
from octi.units import SessionId
from tests.session.talks import ID
from tests.spending.payers import NOON, PRICES, record_of

PROVIDER = {"OPENAI_API_KEY": "k", "OCTI_SYSTEM_PROMPT": "p"}
ANSWER = {
    "id": "resp_x",
    "status": "completed",
    "model": "m",
    "usage": {"input_tokens": 3, "output_tokens": 2, "output_tokens_details": {"text_tokens": 2}},
}


def test_a_rule_goes_before_the_settings() -> None:
    """What it leaves out is as they say."""
    config = read_config({"OCTI_BUDGET_SESSION": "1", "OCTI_BUDGET_DAY": "9"})
    acme = Rules(tenant={"acme": Rule(budgets=BudgetRule(session=Allowance(money="5")))})
    rule = with_settings(config, acme).of(Caller(tenant="acme")).budgets
    assert (rule.session.money, rule.day.money) == ("5", "9")


def test_every_model_that_is_used_unasked_needs_a_price() -> None:
    """The agent's, the transcription's and the one that reads profiles; the engine's own cost nothing."""
    config = read_config({**PROVIDER, "OCTI_BUDGET_DAY": "9"})
    assert len(list(models_in(config))) == 3
    with pytest.raises(BadConfig, match="OCTI_PRICES"):
        check_budgets(config, Rules(), PRICES)
    check_budgets(read_config(PROVIDER), Rules(), PRICES)


async def test_an_extraction_is_kept_with_its_cost_and_spent() -> None:
    """As a part of its session; nobody waits for it."""
    store = MemoryStore()
    config = read_config({"OCTI_BUDGET_DAY": "0.02"})
    budgets = budgets_for(config, Rules(), PRICES, store, lambda: NOON)
    await store.save([record_of(ID)])
    await budgets.check(Caller())
    budgets.extracted(ID, "m", ANSWER)
    (row,) = await store.usages(ID)
    assert (row.kind, row.id, row.status, Decimal(row.cost)) == (
        UsageKind.EXTRACTION,
        "resp_x",
        "completed",
        Decimal("0.05"),
    )
    with pytest.raises(OverBudget):
        await budgets_for(read_config({"OCTI_BUDGET_DAY": "0.02"}), Rules(), PRICES, store, lambda: NOON).check(
            Caller()
        )


def test_an_answer_that_says_nothing_of_itself_is_counted_all_the_same() -> None:
    """Two of them apart."""
    rows = [extraction_row(SessionId("s"), "m", {"usage": None, "id": 7}, at) for at in (1.0, 2.0)]
    assert [(row.id, row.status, row.model, row.usage) for row in rows] == [
        ("extraction-1.000", "", "m", "{}"),
        ("extraction-2.000", "", "m", "{}"),
    ]
