"""What one session has spent, and may still: asked before each answer, told of each row of usage."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol

import attrs

from octi.accounts import Account, Amounts, Figure, Owner, added, figures_of
from octi.errors import BadModel, OverBudget
from octi.guard.caller import Caller
from octi.records import SessionRecord, UsageKind, UsageRecord
from octi.spending.budgets import Budget
from octi.spending.costs import first_guess, has_price, priced
from octi.spending.treasury import NOTHING, UNPRICED, Treasury
from octi.units import SessionId

MARGIN = Decimal("0.5")  # of an answer: a goodbye takes in as much as any, and gives less
GUESSED = Decimal("0.25")  # of a budget, at most, for a first answer
LAST_S = Decimal(10)  # of audio: who has no more of it left has time for a goodbye


class Standing(NamedTuple):
    """How a session stands with its budgets. The first of them that says so is told."""

    over: OverBudget | None = None  # nothing more may be begun
    last: OverBudget | None = None  # something is left, but not as much as another answer may take
    goodbye: bool = True  # enough for a short one
    warn: bool = False


class Purse(Protocol):
    """A session's. None of this waits but `refresh`."""

    @property
    def bounded(self) -> bool:
        """Is there any budget for it?"""

    @property
    def counts_audio(self) -> bool:
        """Is its audio to be counted?"""

    @property
    def away_answers(self) -> int:
        """How many answers it may have that the store was not told of."""

    def price(self, row: UsageRecord) -> UsageRecord:
        """The row with its cost."""

    def charge(self, row: UsageRecord) -> None:
        """A row is kept, perhaps in the place of an older one. Raises BadModel: it has no price, and needs one."""

    def recall(self, rows: Iterable[UsageRecord]) -> None:
        """An earlier life of the session kept these, and charged them."""

    def begin(self) -> OverBudget | None:
        """An answer begins, or is about to: why it must not."""

    def end(self) -> None:
        """No answer is under way any more."""

    def standing(self) -> Standing:
        """How the session stands now."""

    async def refresh(self) -> None:
        """See what others spent. Raises StoreFailed."""


class NoPurse:
    """Of a session that nobody counts for."""

    bounded = counts_audio = False
    away_answers = 0

    def price(self, row: UsageRecord) -> UsageRecord:
        """See `Purse.price`: it has none."""
        return row

    def charge(self, row: UsageRecord) -> None:
        """See `Purse.charge`."""

    def recall(self, rows: Iterable[UsageRecord]) -> None:
        """See `Purse.recall`."""

    def begin(self) -> OverBudget | None:
        """See `Purse.begin`: anything may begin."""
        return None

    def end(self) -> None:
        """See `Purse.end`."""

    def standing(self) -> Standing:
        """See `Purse.standing`."""
        return Standing()

    async def refresh(self) -> None:
        """See `Purse.refresh`."""


@attrs.define(eq=False)
class SessionPurse:
    """The port `Purse` over a node's treasury. `purse_for` makes it."""

    treasury: Treasury
    session: SessionId
    owner: Owner
    model: str
    budgets: tuple[Budget, ...]
    warn_at: Decimal
    _rows: dict[tuple[UsageKind, str], UsageRecord] = attrs.field(factory=dict, init=False)
    _own: dict[Figure, Decimal] = attrs.field(factory=dict, init=False)  # the session's sums
    _dearest: dict[Figure, Decimal] = attrs.field(factory=dict, init=False)  # of its answers
    _holding: Amounts = attrs.field(factory=dict, init=False)

    @property
    def bounded(self) -> bool:
        """See `Purse.bounded`."""
        return bool(self.budgets)

    @property
    def counts_audio(self) -> bool:
        """See `Purse.counts_audio`."""
        return any(budget.figure is Figure.AUDIO for budget in self.budgets)

    @property
    def away_answers(self) -> int:
        """See `Purse.away_answers`."""
        return self.treasury.away_answers

    def price(self, row: UsageRecord) -> UsageRecord:
        """See `Purse.price`."""
        return priced(row, self.model if row.kind is UsageKind.RESPONSE else "", self.treasury.prices)

    def charge(self, row: UsageRecord) -> None:
        """See `Purse.charge`."""
        before = self._put(row)
        if not self.budgets:
            return
        self.treasury.add(added(self.owner, before, row))
        if row.kind is UsageKind.RESPONSE and (figures := figures_of(row)):
            self.treasury.note(self.model, figures)
            for figure, amount in figures.items():
                self._dearest[figure] = max(self._dearest.get(figure, NOTHING), amount)
        self._check_price(row)

    def _check_price(self, row: UsageRecord) -> None:
        counts = any(budget.figure is Figure.MONEY for budget in self.budgets)
        model = row.model or self.model
        free = row.cost or row.usage == "{}" or row.kind is UsageKind.AUDIO
        if counts and not free and not has_price(model, self.treasury.prices):
            raise BadModel(UNPRICED.format(model))

    def recall(self, rows: Iterable[UsageRecord]) -> None:
        """See `Purse.recall`."""
        for row in rows:
            if (row.kind, row.id) not in self._rows:  # else it was charged in this life already
                self._put(row)

    def _put(self, row: UsageRecord) -> UsageRecord | None:
        """Count a row in the session's own sums; the one in whose place it is."""
        before = self._rows.get((row.kind, row.id))
        self._rows[row.kind, row.id] = row
        for sign, each in ((1, row), *([(-1, before)] if before else [])):
            for figure, amount in figures_of(each).items():
                self._own[figure] = self._own.get(figure, NOTHING) + sign * amount
        return before

    def begin(self) -> OverBudget | None:
        """See `Purse.begin`: with what others' answers under way may cost, the budget is not spent yet."""
        for budget, account in self._accounts():
            if self._spent(budget, account) + self._held(account) >= budget.limit:
                return self.treasury.over(budget)
        self.end()
        self._holding = {account: self._next(budget) for budget, account in self._accounts() if account}
        self.treasury.hold(self.session, self._holding)
        return None

    def end(self) -> None:
        """See `Purse.end`."""
        self.treasury.let_go(self.session, self._holding)
        self._holding = {}

    def standing(self) -> Standing:
        """See `Purse.standing`."""
        found = Standing()
        for budget, account in self._accounts():
            spent, next_one = self._spent(budget, account), self._likely.get(budget.figure, NOTHING)
            if spent >= budget.limit:
                return Standing(over=self.treasury.over(budget))
            left = budget.limit - spent
            if left < next_one:
                goodbye = found.goodbye and left - self._held(account) >= next_one * MARGIN
                found = found._replace(last=found.last or self.treasury.over(budget), goodbye=goodbye)
            found = found._replace(warn=found.warn or spent >= budget.limit * self.warn_at)
        return found

    async def refresh(self) -> None:
        """See `Purse.refresh`."""
        await self.treasury.refresh(account for _, account in self._accounts() if account)

    @property
    def _likely(self) -> Mapping[Figure, Decimal]:
        """What the session's next answer may take, by its answers so far."""
        return {**self._dearest, Figure.AUDIO: LAST_S}

    def _next(self, budget: Budget) -> Decimal:
        """What is to be set aside for an answer: of what nobody knows yet, no more than a part of the budget."""
        known = {**self.treasury.recent(self.model), **self._likely}
        if budget.figure in known:
            return known[budget.figure]
        guess = first_guess(self.model, self.treasury.prices).get(budget.figure, NOTHING)
        return min(guess, budget.limit * GUESSED)

    def _accounts(self) -> Iterator[tuple[Budget, Account | None]]:
        today = self.treasury.today
        yield from ((budget, budget.account(self.owner, today)) for budget in self.budgets)

    def _spent(self, budget: Budget, account: Account | None) -> Decimal:
        return self._own.get(budget.figure, NOTHING) if account is None else self.treasury.spent(account)

    def _held(self, account: Account | None) -> Decimal:
        return NOTHING if account is None else self.treasury.held_by_others(self.session, account)


def purse_for(treasury: Treasury, record: SessionRecord) -> Purse:
    """A session's purse. Nothing is read yet."""
    caller = Caller(tenant=record.tenant, key=record.key, user=record.user)
    rule = treasury.rules.of(caller).budgets
    owner, budgets = Owner(record.tenant, record.user), treasury.budgets_of(caller)
    return SessionPurse(treasury, record.id, owner, record.model, budgets, rule.warning)
