"""The budgets of a session: whose accounts they are about, and how they are spoken of. Pure."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from octi.accounts import Account, Figure, Owner, Whose
from octi.budget_config import BudgetConfig
from octi.errors import BadConfig, OverBudget
from octi.guard.budgets import Allowance, BudgetRule
from octi.guard.rules import Rules
from octi.pricing.prices import Prices
from octi.spending.costs import has_price

SHARED = {"user_day": Whose.USER, "tenant_day": Whose.TENANT, "day": Whose.ALL}


class Budget(NamedTuple):
    """How much of a figure may be spent. `whose`: who shares it in a day; None: the session has it alone."""

    name: str  # user_day.money
    whose: Whose | None
    figure: Figure
    limit: Decimal

    def account(self, owner: Owner, day: str) -> Account | None:
        """Where a day's sum of it stands; None for what is the session's own."""
        match self.whose:
            case None:
                return None
            case Whose.USER:
                return Account(day, self.whose, owner.tenant, owner.user, self.figure)
            case Whose.TENANT:
                return Account(day, self.whose, owner.tenant, "", self.figure)
            case Whose.ALL:
                return Account(day, self.whose, "", "", self.figure)

    def spent(self, currency: str, to_midnight_s: float) -> OverBudget:
        """The error for one that is spent."""
        unit = {Figure.MONEY: currency, Figure.TOKENS: "tokens", Figure.AUDIO: "seconds of audio"}[self.figure]
        wait_s = None if self.whose is None else float(-(-to_midnight_s // 1))
        return OverBudget(self.name, f"{self.limit:f} {unit}", wait_s)


def budgets_in(rule: BudgetRule) -> tuple[Budget, ...]:
    """All that a rule sets."""
    return tuple(
        Budget(f"{span}.{figure}", SHARED.get(span), Figure(figure), limit) for span, figure, limit in rule.limits()
    )


def rule_from(config: BudgetConfig) -> BudgetRule:
    """What the settings say, for everybody."""
    return BudgetRule(
        session=Allowance(money=config.session or None),
        user_day=_allowance(config.user_day, config.tokens_user_day, config.audio_user_day),
        tenant_day=_allowance(config.tenant_day, config.tokens_tenant_day, config.audio_tenant_day),
        day=_allowance(config.day, config.tokens_day, config.audio_day),
        warn_at=config.warn_at,
    )


def _allowance(money: str, tokens: int, audio_seconds: int) -> Allowance:
    """A setting that nobody made is "", and no figure."""
    return Allowance(money=money or None, tokens=tokens or None, audio_seconds=audio_seconds or None)


def check_prices(rules: Rules, models: Iterable[str], prices: Prices) -> None:
    """Nothing that a budget of money is for may be free because nobody knows its price. Raises BadConfig."""
    every = [rules.default, *rules.tenant.values(), *rules.key.values()]
    if not any(budget.figure is Figure.MONEY for rule in every for budget in budgets_in(rule.budgets)):
        return
    unknown = [model for model in dict.fromkeys(models) if model and not has_price(model, prices)]
    if unknown:
        names = ", ".join(unknown)
        raise BadConfig([f"a budget of money needs the price of {names}: should be in the file that OCTI_PRICES names"])
