"""What every store promises of the accounts of days: what its rows of usage come to, exactly, and each once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from octi.accounts import Account, Amounts, Figure, Owner, Whose, accounts_of
from octi.errors import StoreFailed
from octi.records import UsageKind, UsageRecord
from octi.store import open_store
from octi.store.base import Forgetting, Store
from octi.store.memory import MemoryStore, open_memory
from octi.store.sqlite import open_sqlite
from octi.units import SessionId
from tests.contract.test_calls_and_usages import make_usage
from tests.contract.test_store import make_session

DAY, NEXT = "1970-01-02", "1970-01-03"
AT = 86_400.0 + 5
USAGE = '{"input_tokens":3,"output_tokens":4}'


def counted(name: str = "resp_1", cost: str = "0.10", **changes: Any) -> UsageRecord:
    return make_usage(name, **{"cost": cost, "usage": USAGE, "counted_at": AT, **changes})


def money(whose: Whose = Whose.ALL, tenant: str = "", user: str = "", day: str = DAY) -> Account:
    return Account(day, whose, tenant, user, Figure.MONEY)


async def spent(store: Store, account: Account) -> Decimal:
    return (await store.spendings([account]))[account]


async def test_a_row_is_charged_to_its_user_its_tenant_and_all(store: Store) -> None:
    """Money, and tokens; nobody else's account."""
    await store.save([attrs.evolve(make_session(), tenant="acme", user="ada"), counted(cost="0.123456789012")])
    for whose, tenant, user in ((Whose.USER, "acme", "ada"), (Whose.TENANT, "acme", ""), (Whose.ALL, "", "")):
        account = money(whose, tenant, user)
        assert await spent(store, account) == Decimal("0.123456789012")
        assert await spent(store, account._replace(figure=Figure.TOKENS)) == 7
        assert await spent(store, account._replace(figure=Figure.AUDIO)) == 0
    for other in (money(Whose.USER, "acme", "bob"), money(Whose.TENANT, ""), money(day=NEXT)):
        assert await spent(store, other) == 0


async def test_a_row_that_is_saved_again_counts_once(store: Store) -> None:
    """The same is nothing more; a revision adds the difference, and takes away what was too much."""
    await store.save([make_session(), counted(cost="0.10")])
    await store.save([counted(cost="0.10")])
    assert await spent(store, money()) == Decimal("0.10")
    await store.save([counted(cost="0.35"), counted(cost="0.30")])
    assert await spent(store, money()) == Decimal("0.30")
    await store.save([counted(cost="")])
    assert await spent(store, money()) == 0


async def test_rows_of_one_name_but_another_kind_or_session_count_apart(store: Store) -> None:
    other = counted(session=SessionId("other"), cost="1")
    words = counted(kind=UsageKind.TRANSCRIPTION, cost="0.01")
    await store.save([make_session(), make_session("other"), counted(), other, words])
    assert await spent(store, money()) == Decimal("1.11")


async def test_a_day_ends_at_midnight_utc(store: Store) -> None:
    """A row counts on the day on which octi first knew of it, and stays there when it is revised later."""
    await store.save([make_session(), counted("a", "1", counted_at=2 * 86_400 - 0.001)])
    await store.save([counted("b", "2", counted_at=2 * 86_400.0)])
    await store.save([counted("a", "1.5", counted_at=2 * 86_400 - 0.001)])
    assert (await spent(store, money()), await spent(store, money(day=NEXT))) == (Decimal("1.5"), Decimal(2))


async def test_seconds_of_audio_have_accounts_of_their_own(store: Store) -> None:
    """A day's row of a session grows; a transcription's seconds are no such audio."""
    row = counted(DAY, "", kind=UsageKind.AUDIO, usage='{"seconds":1.5}')
    words = counted(kind=UsageKind.TRANSCRIPTION, usage='{"seconds":9}', cost="")
    await store.save([make_session(), row, words])
    await store.save([attrs.evolve(row, usage='{"seconds":2.25}')])
    assert await spent(store, money()._replace(figure=Figure.AUDIO)) == Decimal("2.25")


async def test_what_was_spent_stays_spent_when_its_session_is_forgotten(store: Store) -> None:
    """Else whoever purges would have a new budget."""
    await store.save([make_session(), counted()])
    await store.forget(Forgetting(sessions=[SessionId("s")], live=True))
    assert await spent(store, money()) == Decimal("0.10")


async def test_accounts_of_long_ago_are_forgotten(store: Store) -> None:
    """When one of a later day is charged: no account of a user is kept for ever."""
    await store.save([make_session(), counted("a")])
    await store.save([counted("b", counted_at=AT + 40 * 86_400)])
    assert await spent(store, money()) == Decimal("0.10")
    await store.save([counted("c", counted_at=AT + 41 * 86_400)])
    assert await spent(store, money()) == 0


async def test_a_row_that_is_not_kept_is_not_charged(store: Store) -> None:
    """They are kept together, or not at all."""
    with pytest.raises(StoreFailed):
        await store.save([make_session(), counted(), counted(session=SessionId("nobody"))])
    assert await spent(store, money()) == 0


async def test_names_that_no_database_holds_are_one_account(store: Store) -> None:
    """As the session's own: NUL becomes U+FFFD in both."""
    await store.save([attrs.evolve(make_session(), tenant="a\0"), counted()])
    assert await spent(store, money(Whose.TENANT, "a\0")) == Decimal("0.10")


async def test_what_many_save_at_once_is_summed_exactly(store: Store) -> None:
    """Ten sessions, each with ten rows of a tenth of a cent, and of less than a float can hold."""

    async def spend(name: str) -> None:
        for number in range(10):
            await store.save([counted(f"r{number}", "0.001000000001", session=SessionId(name))])

    await store.save([make_session(str(name)) for name in range(10)])
    async with trio.open_nursery() as nursery:
        for name in range(10):
            nursery.start_soon(spend, str(name))
    assert await spent(store, money()) == Decimal("0.1000000001")


async def test_two_octis_on_one_store_add_to_one_sum(outliving: str) -> None:
    """Neither overwrites what the other has charged: an account that is charged is the one's or the other's."""
    async with open_store(outliving) as one, open_store(outliving) as other:
        await one.save([make_session("one"), make_session("other")])

        async def spend(store: Store, name: str) -> None:
            for number in range(20):
                await store.save([counted(f"r{number}", "0.01", session=SessionId(name))])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(spend, one, "one")
            nursery.start_soon(spend, other, "other")
        assert await spent(one, money()) == await spent(other, money()) == Decimal("0.40")


COSTS = some.decimals(0, 10, places=12).map(lambda cost: format(cost, "f")) | some.just("")
ROWS = some.builds(
    counted,
    name=some.sampled_from("abc"),
    cost=COSTS,
    kind=some.sampled_from([UsageKind.RESPONSE, UsageKind.TRANSCRIPTION]),
    session=some.sampled_from([SessionId("s"), SessionId("t")]),
    counted_at=some.sampled_from([AT, AT + 86_400]),
    usage=some.integers(0, 9).map(lambda tokens: msgspec.json.encode({"input_tokens": tokens}).decode()),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches=some.lists(some.lists(ROWS, min_size=1, max_size=4), max_size=6))
def test_any_order_of_rows_and_revisions_comes_to_the_sum_of_the_last(batches: list[list[UsageRecord]]) -> None:
    """Of each row as it stands; to the last digit, in memory and in a database."""
    assert trio.run(both, batches) == [expected(batches), expected(batches)]


async def both(batches: Sequence[Sequence[UsageRecord]]) -> list[Amounts]:
    async with open_memory() as memory, open_sqlite("sqlite://") as database:
        return [await after(store, batches) for store in (memory, database)]


OWNERS = {SessionId("s"): Owner("acme", "ada"), SessionId("t"): Owner("acme", "bob")}
ALL = sorted(
    {each for owner in OWNERS.values() for day in (DAY, NEXT) for each in accounts_of(owner, day, Figure.MONEY)}
)


async def after(store: Any, batches: Sequence[Sequence[UsageRecord]]) -> Amounts:
    for name, owner in OWNERS.items():
        await store.save([attrs.evolve(make_session(name), tenant=owner.tenant, user=owner.user)])
    for batch in batches:
        await store.save(batch)
    found: Amounts = await store.spendings(ALL)
    return found


def expected(batches: Sequence[Sequence[UsageRecord]]) -> Amounts:
    stands = {(row.session, row.kind, row.id): row for batch in batches for row in batch}
    sums = dict.fromkeys(ALL, Decimal(0))
    for row in stands.values():
        day = DAY if row.counted_at == AT else NEXT
        for account in accounts_of(OWNERS[row.session], day, Figure.MONEY):
            sums[account] += Decimal(row.cost or 0)
    return sums


async def test_the_reference_forgets_with_its_process() -> None:
    """As all that it keeps."""
    assert await spent(MemoryStore(), money()) == 0
