"""What was spent today on this node, as exactly as it knows: read from the store, and added to as sessions spend.

What the sessions of this process spend is added at once, and so is never counted late. What other octis on the same
store spend is seen when the accounts are read again. They only grow, so the higher of both sums is the nearer one: a
row that was added here and is read there counts once.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import attrs
import trio

from octi.accounts import Account, Amounts, Figure, Owner, day_of, figures_of, to_midnight
from octi.clock import Now
from octi.errors import BadModel, OverBudget
from octi.guard.caller import Caller
from octi.guard.rules import Rules
from octi.pricing.prices import Prices
from octi.records import SessionRecord
from octi.spending.budgets import Budget, budgets_in
from octi.spending.costs import has_price
from octi.store.base import Store
from octi.store.patience import answered
from octi.units import SessionId

NOTHING = Decimal(0)
FRESH_S = 5.0  # how old what was read may be
RECENT = 32  # answers of a model, of which the dearest is what the next may cost
UNPRICED = "The price of the model {!r} is not known here, and a budget of money needs it (OCTI_PRICES)."


@attrs.define(eq=False, kw_only=True)
class Treasury:
    """One node's. `away_answers`: how many answers a session may have that the store was not told of."""

    store: Store
    now: Now
    rules: Rules = attrs.field(factory=Rules)
    prices: Prices = attrs.field(factory=Prices)
    away_answers: int = 3
    clock: Callable[[], float] = trio.current_time
    _spent: dict[Account, Decimal] = attrs.field(factory=dict, init=False)
    _read_at: dict[Account, float] = attrs.field(factory=dict, init=False)
    _held: dict[Account, dict[SessionId, Decimal]] = attrs.field(factory=dict, init=False)
    _recent: dict[str, deque[Mapping[Figure, Decimal]]] = attrs.field(factory=dict, init=False)

    @property
    def today(self) -> str:
        """The day, in UTC."""
        return day_of(self.now())

    def budgets_of(self, caller: Caller) -> tuple[Budget, ...]:
        """Those that hold for a caller."""
        return budgets_in(self.rules.of(caller).budgets)

    def over(self, budget: Budget) -> OverBudget:
        """The error for a budget that is spent."""
        return budget.spent(self.prices.currency, to_midnight(self.now()))

    # Who wants to begin

    async def check(self, caller: Caller, model: str = "", session: SessionId | None = None) -> None:
        """May anything be spent for a caller, in a session that is taken up again if one is named?

        Raises OverBudget; BadModel where money is counted and the model has no price; StoreFailed.
        """
        budgets, owner = self.budgets_of(caller), Owner(caller.tenant, caller.user)
        if not budgets:
            return
        self.check_model(budgets, model)
        shared = [(budget, account) for budget in budgets if (account := budget.account(owner, self.today))]
        await self.refresh(account for _, account in shared)
        for budget, account in shared:
            if self.spent(account) >= budget.limit:
                raise self.over(budget)
        own = [budget for budget in budgets if budget.whose is None]
        if own and session is not None:
            await self._check_session(own, session)

    async def _check_session(self, budgets: Iterable[Budget], session: SessionId) -> None:
        rows = [figures_of(row) for row in await answered(self.store.usages(session))]
        for budget in budgets:
            if sum(row.get(budget.figure, NOTHING) for row in rows) >= budget.limit:
                raise self.over(budget)

    def check_model(self, budgets: Iterable[Budget], model: str) -> None:
        """Raises BadModel for one without a price, where that matters."""
        counts = any(budget.figure is Figure.MONEY for budget in budgets)
        if counts and model and not has_price(model, self.prices):
            raise BadModel(UNPRICED.format(model))

    async def check_session(self, record: SessionRecord) -> None:
        """The same for the session that a leg opens."""
        caller = Caller(tenant=record.tenant, key=record.key, user=record.user)
        await self.check(caller, record.model, record.id)

    # Accounts

    def spent(self, account: Account) -> Decimal:
        """What was spent, as far as it is known here."""
        return self._spent.get(account, NOTHING)

    def add(self, more: Amounts) -> None:
        """A session spends, or takes back what was too much."""
        for account, amount in more.items():
            self._spent[account] = self.spent(account) + amount

    async def refresh(self, accounts: Iterable[Account], *, fresh_s: float = FRESH_S) -> None:
        """Read what others spent, where that was not done just now. Raises StoreFailed."""
        self._turn_over()
        since = self.clock() - fresh_s
        asked = [account for account in accounts if self._read_at.get(account, -1.0) < max(since, 0.0)]
        if not asked:
            return
        began = self.clock()
        found = await answered(self.store.spendings(asked))
        for account, amount in found.items():
            self._spent[account] = max(self.spent(account), amount)
            self._read_at[account] = began

    def _turn_over(self) -> None:
        """Accounts of days before yesterday are of no use any more."""
        oldest = day_of(self.now() - 86_400)
        if any(account.day < oldest for account in self._spent):
            self._spent = {each: amount for each, amount in self._spent.items() if each.day >= oldest}
            self._read_at = {each: at for each, at in self._read_at.items() if each.day >= oldest}

    # What answers under way may come to

    def hold(self, session: SessionId, amounts: Amounts) -> None:
        """Set aside what a session's answer may cost, until it is known: others may not spend it."""
        for account, amount in amounts.items():
            self._held.setdefault(account, {})[session] = amount

    def let_go(self, session: SessionId, accounts: Iterable[Account]) -> None:
        """It is known now, or will never be."""
        for account in accounts:
            holders = self._held.get(account, {})
            holders.pop(session, None)
            if not holders:
                self._held.pop(account, None)

    def held_by_others(self, session: SessionId, account: Account) -> Decimal:
        """What is set aside for other sessions' answers."""
        holders = self._held.get(account, {})
        return sum((amount for holder, amount in holders.items() if holder != session), NOTHING)

    def note(self, model: str, figures: Mapping[Figure, Decimal]) -> None:
        """An answer of a model took so much."""
        self._recent.setdefault(model, deque(maxlen=RECENT)).append(figures)

    def recent(self, model: str) -> Mapping[Figure, Decimal]:
        """The most that an answer of a model took lately; nothing where there was none yet."""
        recent = self._recent.get(model, ())
        figures = (Figure.MONEY, Figure.TOKENS) if recent else ()
        return {figure: max(each.get(figure, NOTHING) for each in recent) for figure in figures}
