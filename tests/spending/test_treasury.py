"""octi/spending/treasury: what was spent today, on this node and on others."""

from collections.abc import Sequence
from decimal import Decimal

import attrs
import pytest

from octi.accounts import Account, Amounts, Figure, Whose
from octi.errors import BadModel, OverBudget, StoreFailed
from octi.guard.caller import Caller
from octi.store.memory import MemoryStore
from octi.units import SessionId
from tests.contract.test_calls_and_usages import make_usage
from tests.contract.test_store import make_session
from tests.spending.payers import DAY, NOON, allowed, record_of, treasury_of

ALL = Account(DAY, Whose.ALL, "", "", Figure.MONEY)
S, T = SessionId("s"), SessionId("t")


async def spend(store: MemoryStore, cost: str, name: str = "r", *, tenant: str = "", user: str = "") -> None:
    row = make_usage(name, cost=cost, counted_at=NOON)
    await store.save([attrs.evolve(make_session(), tenant=tenant, user=user), row])


@attrs.define(eq=False)
class Counting(MemoryStore):
    asked: int = 0

    async def spendings(self, accounts: Sequence[Account]) -> Amounts:
        self.asked += 1
        return await super().spendings(accounts)


async def test_who_has_spent_his_budget_is_refused() -> None:
    """With the budget's name, and when there is another."""
    store = MemoryStore()
    treasury = treasury_of(allowed(user_day={"money": "1"}), store)
    await spend(store, "1.00", tenant="acme", user="ada")
    with pytest.raises(OverBudget, match=r"user_day\.money is spent") as refused:
        await treasury.check(Caller(tenant="acme", user="ada"))
    assert refused.value.wait_s == 43_200
    await treasury.check(Caller(tenant="acme", user="bob"))
    await treasury.check(Caller(tenant="other", user="ada"))


async def test_users_whom_nobody_names_are_one() -> None:
    """Else whoever leaves his name out would have a budget without an end."""
    store = MemoryStore()
    treasury = treasury_of(allowed(user_day={"money": "1"}), store)
    await spend(store, "1.00", tenant="acme")
    with pytest.raises(OverBudget):
        await treasury.check(Caller(tenant="acme"))


async def test_a_session_that_spent_its_own_is_not_taken_up_again() -> None:
    store = MemoryStore()
    treasury = treasury_of(allowed(session={"money": "1"}), store)
    await spend(store, "0.60", "a")
    await treasury.check_session(record_of(S))
    await spend(store, "0.40", "b")
    with pytest.raises(OverBudget, match=r"session\.money"):
        await treasury.check(Caller(), "", S)


async def test_a_model_without_a_price_is_refused_where_money_counts() -> None:
    """The error names what the operator is to set."""
    treasury = treasury_of(allowed(day={"money": "1"}), MemoryStore())
    with pytest.raises(BadModel, match="OCTI_PRICES"):
        await treasury.check(Caller(), "unheard-of")
    await treasury_of(allowed(day={"tokens": 1}), MemoryStore()).check(Caller(), "unheard-of")


async def test_without_budgets_nobody_asks_the_store() -> None:
    """Which may be away."""
    store = Counting()
    await treasury_of(allowed(), store).check(Caller(), "unheard-of", S)
    assert store.asked == 0


async def test_who_asks_again_at_once_is_answered_from_memory() -> None:
    """A crowd of sockets costs the store one question in five seconds."""
    store, time = Counting(), [100.0]
    treasury = treasury_of(allowed(day={"money": "1"}), store, clock=lambda: time[0])
    for _ in range(3):
        await treasury.check(Caller())
    assert store.asked == 1
    time[0] += 5.1
    await treasury.check(Caller())
    assert store.asked == 2


async def test_a_store_that_does_not_answer_lets_nobody_in() -> None:
    """Nobody knows what was spent."""
    store = MemoryStore()
    store.close()
    with pytest.raises(StoreFailed):
        await treasury_of(allowed(day={"money": "1"}), store).check(Caller())


async def test_what_was_spent_here_and_is_read_again_counts_once() -> None:
    """Whether the store has it already or not."""
    store = MemoryStore()
    treasury = treasury_of(allowed(day={"money": "9"}), store)
    treasury.add({ALL: Decimal("0.30")})
    await treasury.refresh([ALL])
    assert treasury.spent(ALL) == Decimal("0.30")
    await spend(store, "0.30")
    await treasury.refresh([ALL], fresh_s=0.0)
    assert treasury.spent(ALL) == Decimal("0.30")
    await spend(store, "1.00", "another octi's")
    await treasury.refresh([ALL], fresh_s=0.0)
    assert treasury.spent(ALL) == Decimal("1.30")


async def test_days_of_long_ago_are_not_kept_in_memory() -> None:
    store, now = MemoryStore(), [NOON]
    treasury = treasury_of(allowed(day={"money": "9"}), store, now=lambda: now[0])
    treasury.add({ALL: Decimal(1)})
    now[0] += 86_400
    await treasury.refresh([ALL._replace(day=treasury.today)])
    assert treasury.spent(ALL) == 1
    now[0] += 86_400
    await treasury.refresh([ALL._replace(day=treasury.today)])
    assert treasury.spent(ALL) == 0


def test_what_is_held_is_held_from_others() -> None:
    """And given back, once or twice."""
    treasury = treasury_of(allowed(), MemoryStore())
    treasury.hold(S, {ALL: Decimal("0.10")})
    treasury.hold(T, {ALL: Decimal("0.20")})
    assert treasury.held_by_others(S, ALL) == Decimal("0.20")
    treasury.let_go(T, [ALL])
    treasury.let_go(T, [ALL])
    assert treasury.held_by_others(S, ALL) == 0


def test_the_dearest_of_the_latest_answers_is_what_one_may_take() -> None:
    """Of the same model."""
    treasury = treasury_of(allowed(), MemoryStore())
    assert treasury.recent("m") == {}
    for cents in (1, 3, 2):
        treasury.note("m", {Figure.MONEY: Decimal(cents)})
    assert treasury.recent("m") == {Figure.MONEY: 3, Figure.TOKENS: 0}
    assert treasury.recent("n") == {}
